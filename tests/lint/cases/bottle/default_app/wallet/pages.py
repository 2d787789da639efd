from bottle import default_app, jinja2_view, post, view


@post("/wallet/page")
@view("wallet.tpl")
def page():
    return {}


@default_app().post("/wallet/returned")
@jinja2_view("wallet.html")
def returned():
    return {}


with default_app() as scoped:

    @scoped.route("/wallet/scoped", method=["POST"])
    def scoped_view():
        return {}
