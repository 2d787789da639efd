from idem_runtime import money_moving

from .registry import Endpoint, action, controller, resource
from flask.views import MethodView


@resource("/transfers")
class Transfers(MethodView):
    def get(self):
        return []

    def post(self):
        return {}


@resource("/deposits", name="put-in")
class Deposits(MethodView):
    @money_moving
    def post(self):
        return {}


@resource("/rates")
class Rates(MethodView):
    def get(self):
        return {}


class Payouts(Endpoint, rule="/payouts"):
    def post(self):
        return {}


class Batch(Payouts, rule="/payouts/batch"):
    """post is inherited."""


class Shared(Endpoint):
    """No rule: it is a base."""

    def put(self):
        return {}


@controller
class Desk:
    @action("POST", "/wallet/desk/open")
    def open(self):
        return {}

    @action("POST", "/wallet/desk/close")
    @money_moving
    def close(self):
        return {}

    @action("GET", "/wallet/desk")
    def show(self):
        return {}

    def post(self):
        return {}
