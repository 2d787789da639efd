from flask import Blueprint

from idem_runtime import money_moving, not_money_moving

app = Blueprint("pages", __name__)
api = app


@app.post("/transfers", endpoint="transfers")
def post():
    return {}


@app.post("/deposits", endpoint="deposits")
@money_moving
def post():  # noqa: F811
    return {}


@app.get("/rates", endpoint="rates")
def post():  # noqa: F811
    return {}


@app.post("/searches", endpoint="searches")
@not_money_moving(reason="a search")
def post():  # noqa: F811
    return {}


@api.route("/a", endpoint="a")
@api.route("/b", endpoint="b", methods=["PUT"])
@api.route("/c", endpoint="c", methods=["POST"])
def stacked():
    return {}


@api.post("/d")
@api.post("/e")
def twice():
    return {}


@api.post("/f", endpoint="f")
@money_moving
@api.get("/g", endpoint="g")
def between():
    return {}


@api.route("/h")
@api.route("/i", methods=["PUT", "DELETE"])
def no_post():
    return {}


def route(rule):
    """Hides what a reader expects of the name."""
    return api.get(rule)


@route("/j")
def looks_like_a_route():
    return {}


class post_box:
    @staticmethod
    @app.post("/k")
    def collect():
        return {}

    class inner:
        @app.route("/l", methods=["POST"])
        def deliver():
            return {}


@app.cli.command("post")
def post_from_the_shell():
    return None


@app.app_errorhandler(405)
def wrong_method(error):
    return {}, 405


@app.before_request
@app.after_app_request
def passes(response=None):
    return response


@app.route("/m", methods=["POST"])  # fmt: skip
def unusual(): return {}
