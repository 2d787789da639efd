from flask import current_app
from werkzeug.local import LocalProxy

here = LocalProxy(lambda: current_app)


def init_app(app):
    with app.app_context():

        @current_app.post("/wallet/current")
        def current():
            return {}

        here.add_url_rule("/wallet/here", view_func=proxied, methods=["POST"])


def proxied():
    return {}
