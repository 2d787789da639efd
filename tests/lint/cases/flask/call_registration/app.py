from flask import Flask

from wallet import deferred, endpoints, registrar, views
from wallet.urls import register

app = Flask(__name__)
register(app)
registrar.install(app)
endpoints.install(app)
app.register_blueprint(deferred.section)

app.add_url_rule("/wallet/ping", "ping", views.ping)
app.add_url_rule("/wallet/positional", "positional", views.positional, None, methods=["POST"])
app.route("/wallet/called", methods=["POST"])(views.called)
app.post("/wallet/called-post")(views.called_post)
