import functools

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler.api_gateway import Router

from idem_runtime import money_moving, not_money_moving

metrics = Metrics(namespace="wallet")
router = Router()


def captured(function):
    @functools.wraps(function)
    def traced(*args, **kwargs):
        return function(*args, **kwargs)

    return traced


def authorised(app, next_middleware):
    return next_middleware(app)


@router.post("/transfers", middlewares=[authorised])
@captured
def transfer():
    return router.current_event.json_body


@router.post("/deposits")
@captured
@money_moving
def deposit():
    return {}


@router.route("/withdrawals", method="POST")
def withdraw():
    return {}


@router.route("/fees", method=["GET", "POST"])
def fee():
    return {}


@router.route("/accounts/<account_id>", method=("PUT", "post"))
def account(account_id: str):
    return {}


@router.route("/refunds", "POST")
def positional_method():
    return {}


@router.route("/page", "GET")
def page():
    return {}


@router.post("/search")
@not_money_moving(reason="reads only")
def search():
    return []


@router.get("/a")
@router.post("/b")
def stacked():
    return {}


@router.put("/limits")
def limits():
    return {}
