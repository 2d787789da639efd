"""Where a mark takes effect in Flask-RESTX."""

from __future__ import annotations

from tests.lint.positions.flask import is_effective
from tests.lint.positions.recorder import Snippet

__all__ = ["SNIPPETS", "is_effective"]

PRELUDE = """\
from flask import Flask
from flask_restx import Api, Namespace, Resource, fields
from recorder import money_moving

app = Flask(__name__)
api = Api(app)
ns = Namespace("wallet")
model = ns.model("Paid", {"paid": fields.Boolean})
"""

TABLE = (
    (
        "on post",
        True,
        """

@ns.route("/pay")
class Pay(Resource):
    @money_moving
    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
""",
    ),
    (
        "above expect",
        True,
        """

@ns.route("/pay")
class Pay(Resource):
    @money_moving
    @ns.expect(model)
    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
""",
    ),
    (
        "below expect and marshal_with",
        True,
        """

@ns.route("/pay")
class Pay(Resource):
    @ns.expect(model)
    @ns.marshal_with(model)
    @money_moving
    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
""",
    ),
    (
        "on get only",
        False,
        """

@ns.route("/pay")
class Pay(Resource):
    @money_moving
    def get(self):
        return {}

    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
""",
    ),
    (
        "method_decorators",
        True,
        """

@ns.route("/pay")
class Pay(Resource):
    method_decorators = [money_moving]

    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
""",
    ),
    (
        "decorators of the view",
        True,
        """

@ns.route("/pay")
class Pay(Resource):
    decorators = [money_moving]

    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
""",
    ),
    (
        "decorators of the view, set after registration",
        False,
        """

@ns.route("/pay")
class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
Pay.decorators = [money_moving]
""",
    ),
    (
        "method_decorators, set after registration",
        True,
        """

@ns.route("/pay")
class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
Pay.method_decorators = [money_moving]
""",
    ),
    (
        "rebound after registration",
        False,
        """

@ns.route("/pay")
class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_namespace(ns, path="/v1")
post = money_moving(Pay.post)
""",
    ),
    (
        "decorators of the namespace",
        True,
        """

guarded = Namespace("guarded", decorators=[money_moving])


@guarded.route("/pay")
class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_namespace(guarded, path="/v1")
""",
    ),
    (
        "decorators of the api",
        True,
        """

api.decorators.append(money_moving)


@api.route("/pay")
class Pay(Resource):
    def post(self):
        return {"paid": True}
""",
    ),
    (
        "class that inherits its handler",
        True,
        """

class Money(Resource):
    def post(self):
        return {"paid": True}


@ns.route("/pay")
@money_moving
class Pay(Money):
    pass


api.add_namespace(ns, path="/v1")
""",
    ),
    (
        "inherited marked post",
        True,
        """

class Money(Resource):
    @money_moving
    def post(self):
        return {"paid": True}


@ns.route("/pay")
@ns.route("/pay-again")
class Pay(Money):
    pass


api.add_namespace(ns, path="/v1")
""",
    ),
)

# Flask runs them, and the runtime finds no marked handler there: each request is refused.
NOT_TAKEN = {"method_decorators", "method_decorators, set after registration"}
SNIPPETS = tuple(
    Snippet(name, PRELUDE + body, effective, name in NOT_TAKEN) for name, effective, body in TABLE
)

REFUSED = (
    (
        "method decorators by verb, which it does not know",
        """
@api.route("/pay")
class Pay(Resource):
    method_decorators = {"post": [money_moving]}

    def post(self):
        return {"paid": True}
""",
        AssertionError,
        "Internal Server Error",
    ),
)
