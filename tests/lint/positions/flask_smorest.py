"""Where a mark takes effect in flask-smorest."""

from __future__ import annotations

from tests.lint.positions.flask import is_effective
from tests.lint.positions.recorder import Snippet

__all__ = ["SNIPPETS", "is_effective"]

PRELUDE = """\
from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from recorder import money_moving

app = Flask(__name__)
app.config.update(API_TITLE="wallet", API_VERSION="v1", OPENAPI_VERSION="3.0.3")
api = Api(app)
blp = Blueprint("wallet", __name__)
"""

TABLE = (
    (
        "method: on post",
        True,
        """

@blp.route("/pay")
class Pay(MethodView):
    @money_moving
    def post(self):
        return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "method: above response",
        True,
        """

@blp.route("/pay")
class Pay(MethodView):
    @money_moving
    @blp.response(200)
    def post(self):
        return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "method: below response",
        True,
        """

@blp.route("/pay")
class Pay(MethodView):
    @blp.response(200)
    @money_moving
    def post(self):
        return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "method: on get only",
        False,
        """

@blp.route("/pay")
class Pay(MethodView):
    @money_moving
    def get(self):
        return {}

    def post(self):
        return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "decorators of the view",
        True,
        """

@blp.route("/pay")
class Pay(MethodView):
    decorators = [money_moving]

    def post(self):
        return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "decorators of the view, set after registration",
        False,
        """

@blp.route("/pay")
class Pay(MethodView):
    def post(self):
        return {"paid": True}


api.register_blueprint(blp)
Pay.decorators = [money_moving]
""",
    ),
    (
        "function: below",
        True,
        """

@blp.route("/pay", methods=["POST"])
@money_moving
@blp.response(200)
def pay():
    return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "function: below response",
        True,
        """

@blp.post("/pay")
@blp.response(200)
@money_moving
def pay():
    return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "function: above",
        False,
        """

@money_moving
@blp.route("/pay", methods=["POST"])
@blp.response(200)
def pay():
    return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "function: between two routes",
        False,
        """

@blp.post("/pay")
@money_moving
@blp.post("/pay-again")
def pay():
    return {"paid": True}


api.register_blueprint(blp)
""",
    ),
    (
        "class that inherits its handler",
        True,
        """

class Money(MethodView):
    def post(self):
        return {"paid": True}


@blp.route("/pay")
@money_moving
class Pay(Money):
    pass


api.register_blueprint(blp)
""",
    ),
    (
        "class given to add_url_rule",
        True,
        """

class Pay(MethodView):
    decorators = [money_moving]

    def post(self):
        return {"paid": True}


blp.add_url_rule("/pay", view_func=Pay)
api.register_blueprint(blp)
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)
