"""Flask: the same rule, by parameters and by ``flask.g``."""

from app import services
from app.db import idem, pool
from flask import Blueprint, g
from flask.views import MethodView
from idem_runtime import money_moving

blueprint = Blueprint("payments", __name__)


@blueprint.post("/a")
@money_moving
def by_a_pool():  # want IDM106
    with pool.connection() as db:
        db.execute("select 1")
    return ""


@blueprint.post("/b")
@money_moving
def by_a_parameter(db=idem.lent):
    return ""


@blueprint.post("/c")
@money_moving
def by_g():
    g.idem_connection.execute("select 1")
    return ""


class Payment(MethodView):
    @money_moving
    def post(self):
        return self.move()

    def move(self):
        idem.sync_connection()
        return ""


class Refund(MethodView):
    @money_moving
    def post(self):  # want IDM106
        return self.move()

    def move(self):
        services.pay(1)
        return ""


class Shared(MethodView):
    def move(self):
        idem.sync_connection()
        return ""


class Inherits(Shared):
    @money_moving
    def post(self):
        return self.move()


blueprint.add_url_rule("/payment", view_func=Payment.as_view("payment"))
blueprint.add_url_rule("/refund", view_func=Refund.as_view("refund"))
blueprint.add_url_rule("/inherits", view_func=Inherits.as_view("inherits"))
