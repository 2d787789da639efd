"""Where a mark takes effect in Flask-RESTful."""

from __future__ import annotations

from tests.lint.positions.flask import is_effective
from tests.lint.positions.recorder import Snippet

__all__ = ["SNIPPETS", "is_effective"]

PRELUDE = """\
from flask import Flask
from flask_restful import Api, Resource, fields, marshal_with
from recorder import money_moving

app = Flask(__name__)
api = Api(app)
"""

TABLE = (
    (
        "on post",
        True,
        """

class Pay(Resource):
    @money_moving
    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "below marshal_with",
        True,
        """

class Pay(Resource):
    @marshal_with({"paid": fields.Boolean})
    @money_moving
    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "above marshal_with",
        True,
        """

class Pay(Resource):
    @money_moving
    @marshal_with({"paid": fields.Boolean})
    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "on get only",
        False,
        """

class Pay(Resource):
    @money_moving
    def get(self):
        return {}

    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "method_decorators, a list",
        True,
        """

class Pay(Resource):
    method_decorators = [money_moving]

    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "method_decorators, by verb",
        True,
        """

class Pay(Resource):
    method_decorators = {"post": [money_moving]}

    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "method_decorators, by the verb in capitals",
        False,
        """

class Pay(Resource):
    method_decorators = {"POST": [money_moving]}

    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "method_decorators, by another verb",
        False,
        """

class Pay(Resource):
    method_decorators = {"get": [money_moving]}

    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "method_decorators, set after registration",
        True,
        """

class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
Pay.method_decorators = [money_moving]
""",
    ),
    (
        "decorators of the view",
        True,
        """

class Pay(Resource):
    decorators = [money_moving]

    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "decorators of the view, set after registration",
        False,
        """

class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
Pay.decorators = [money_moving]
""",
    ),
    (
        "post replaced after registration",
        True,
        """

class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
Pay.post = money_moving(Pay.post)
""",
    ),
    (
        "rebound after registration",
        False,
        """

class Pay(Resource):
    def post(self):
        return {"paid": True}


api.add_resource(Pay, "/pay")
post = money_moving(Pay.post)
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


class Pay(Money):
    pass


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "class that inherits its handler",
        True,
        """

class Money(Resource):
    def post(self):
        return {"paid": True}


@money_moving
class Pay(Money):
    pass


api.add_resource(Pay, "/pay")
""",
    ),
    (
        "inherited method_decorators",
        True,
        """

class Money(Resource):
    method_decorators = [money_moving]


@api.resource("/pay", "/pay-again")
class Pay(Money):
    def post(self):
        return {"paid": True}
""",
    ),
    (
        "decorators of the api",
        True,
        """

guarded = Api(app, decorators=[money_moving])


class Pay(Resource):
    def post(self):
        return {"paid": True}


guarded.add_resource(Pay, "/pay")
""",
    ),
)

# Flask runs them, and the runtime finds no marked handler there: each request is refused.
NOT_TAKEN = {
    "method_decorators, a list",
    "method_decorators, by verb",
    "method_decorators, set after registration",
    "inherited method_decorators",
}
SNIPPETS = tuple(
    Snippet(name, PRELUDE + body, effective, name in NOT_TAKEN) for name, effective, body in TABLE
)
