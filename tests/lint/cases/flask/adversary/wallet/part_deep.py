from flask import Blueprint


class Deep:
    class Routes:
        section = Blueprint("deep", __name__, url_prefix="/wallet/deep")


sections = {"deep": Deep.Routes.section}
stack = [Deep.Routes.section]


@Deep.Routes.section.post("/attribute")
def attribute():
    return {}


@sections["deep"].post("/item")
def item():
    return {}


@stack[0].route("/index", methods=["POST"])
def index():
    return {}


def section():
    return Deep.Routes.section


@section().post("/returned")
def returned():
    return {}


def init_app(app):
    app.register_blueprint(section())
