from functools import wraps
from http import HTTPMethod

import sanic
from sanic import Blueprint
from sanic.response import json

from idem_runtime import money_moving, not_money_moving

bp = Blueprint("wallet", url_prefix="/wallet")
payouts = sanic.Blueprint("payouts", url_prefix="/payouts", version=2)
post = payouts.post
WRITES = frozenset({"POST", "PUT"})


def protected(scope):
    def decorate(fn):
        @wraps(fn)
        async def wrapper(request, *args, **kwargs): return await fn(request, *args, **kwargs)

        return wrapper

    return decorate


@bp.post("/transfers")
@money_moving
async def transfer(request): return json({})


@bp.post("/withdrawals", name="withdraw", strict_slashes=True)
@protected("wallet")
async def withdraw(request): return json({})


@bp.route("/list", methods=["POST"])
async def by_list(request): return json({})


@bp.route("/tuple", methods=("GET", "POST"))
async def by_tuple(request): return json({})


@bp.route("/constant", methods=WRITES)
async def by_constant(request): return json({})


@bp.route("/lower", methods=["post"])
async def lower(request): return json({})


@bp.route("/enum", methods=[HTTPMethod.POST])
async def by_enum(request): return json({})


@post("/bare")
def bare(request): return json({})


@payouts.get("/search")
@payouts.post("/search")
@not_money_moving(reason="search")
async def search(request): return json({})


@bp.post("/stream", stream=True)
async def stream(request): return json({})


# Nothing below answers POST.
@bp.route("/default")
async def default(request): return json({})


@bp.get("/")
async def index(request): return json([])


@bp.put("/limit")
async def limit(request): return json({})


@bp.websocket("/feed")
async def feed(request, ws): return None
