from flask import Blueprint

from idem_runtime import money_moving

from .decorators import (
    Cached,
    Limited,
    compose,
    endpoint,
    log,
    money_endpoint,
    read_shaped,
    safe_money,
    timed,
)

bp = Blueprint("composed", __name__)
command = compose(bp.post("/stacked"), log, money_moving)


@money_endpoint(bp, "/transfers")
def transfer():
    return {}


@endpoint(bp, "/deposits")
def deposit():
    return {}


@endpoint(bp, "/deposits/marked")
@safe_money
def marked_deposit():
    return {}


@endpoint(bp, "/rates", methods=["GET"])
def rates():
    return {}


@bp.post("/withdrawals")
@safe_money
def withdraw():
    return {}


@bp.post("/reports")
@read_shaped
def report():
    return {}


@bp.route("/logged", methods=["POST"])
@log
def logged_only():
    return {}


@bp.route("/many", methods=["POST"])
@log
@timed(
    seconds=3,
)
@Limited(per_minute=10)  # the partner's limit
@money_moving
def many():
    return {}


@bp.post("/cached")
@Cached
def cached():
    return {}


@command
def stacked():
    return {}


@compose(bp.route("/inline", methods=["POST"]), timed(1))
def inline():
    return {}


@(bp.post("/walrus") if True else log)
def by_expression():
    return {}


@(lambda view: bp.post("/by-lambda")(view))
def by_lambda():
    return {}


@log
@bp.get("/page")
def page():
    return {}


@log
def only_logged():
    return {}
