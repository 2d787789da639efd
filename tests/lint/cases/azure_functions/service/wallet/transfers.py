import azure.functions as func
from azure.functions import HttpMethod

from idem_runtime import money_moving, not_money_moving

bp = func.Blueprint()
WRITE = [HttpMethod.POST]


@bp.function_name("transfer")
@bp.route(route="wallet/transfers", methods=[func.HttpMethod.POST])
def post(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=201)


@bp.route(route="wallet/deposits", methods=WRITE)
@bp.queue_output(arg_name="message", queue_name="booked", connection="Storage")
@money_moving
async def deposit(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    return func.HttpResponse(status_code=201)


@bp.function_name(name="withdraw")
@bp.route("wallet/withdrawals", "req", "$return", ["GET", "POST"])
def positional(req: func.HttpRequest) -> str:
    return "ok"


@bp.route(route="wallet/any")
def every_method(req: func.HttpRequest) -> str:
    return "ok"


@bp.route()
def nothing_said(req: func.HttpRequest) -> str:
    return "ok"


@bp.route(route="wallet/search", methods=["POST"])
@not_money_moving(reason="reads only")
def search(req: func.HttpRequest) -> str:
    return "[]"


@bp.route(route="wallet/rates", methods=[HttpMethod.GET])
def rates(req: func.HttpRequest) -> str:
    return "{}"


@bp.route(route="wallet/limits", methods=["PUT", "PATCH"])
def limits(req: func.HttpRequest) -> str:
    return "{}"
