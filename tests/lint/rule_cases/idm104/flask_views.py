from flask import Blueprint, g
from idem_runtime import Idempotency, money_moving

idem = Idempotency("postgresql://…", principal=lambda request: "alice")
blueprint = Blueprint("wallet", __name__)


def finish():
    g.idem_connection.commit()


@blueprint.post("/wallet/a")
@money_moving
def commits():  # want IDM104
    g.idem_connection.commit()


@blueprint.post("/wallet/b")
@money_moving
def commits_further_on():  # want IDM104
    finish()


@blueprint.post("/wallet/c")
@money_moving
def commits_something_else():
    g.idem_connection.execute("select 1")
    g.audit.commit()
