import flask_restful as rest
from flask import Blueprint

from idem_runtime import money_moving

bp = Blueprint("restful", __name__)
resources = rest.Api()


class MoneyResource(rest.Resource):
    """The project's base: subclasses say what is booked."""

    method_decorators = [money_moving]

    def post(self, **where):
        return self.book(**where), 201

    def book(self, **where):
        raise LookupError(where)


class Creates:
    def post(self):
        return {}, 201


@resources.resource("/payouts", "/payouts/batch")
class Payouts(MoneyResource):
    def book(self, **where):
        return where


@resources.resource("/fees")
class Fees(Creates, rest.Resource):
    def get(self):
        return []


@resources.resource("/rates")
class Rates(rest.Resource):
    def get(self):
        return {}


@bp.post("/plain")
def plain():
    return {}


resources.init_app(bp)
