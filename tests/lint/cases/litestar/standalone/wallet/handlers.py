from __future__ import annotations

import functools
from typing import Any

import litestar
from litestar import HttpMethod, Request, WebSocket, asgi, get, post, route, websocket
from litestar import post as create
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from idem_runtime import money_moving, not_money_moving

WRITES = [HttpMethod.POST, HttpMethod.PUT]


def logged(fn):
    @functools.wraps(fn)
    async def wrapper(*args: Any, **kwargs: Any) -> Any: return await fn(*args, **kwargs)

    return wrapper


@post("/wallet/transfers")
@money_moving
async def transfer(data: dict[str, Any]) -> dict[str, Any]: return data


@create("/wallet/aliased")
async def aliased() -> dict[str, str]: return {}


@litestar.post("/wallet/module")
async def module_attribute() -> dict[str, str]: return {}


@route("/wallet/route", http_method=[HttpMethod.POST])
async def by_route() -> dict[str, str]: return {}


@route("/wallet/route-lower", http_method="POST")
async def by_route_lower() -> dict[str, str]: return {}


@route("/wallet/several", http_method=["GET", "POST"], status_code=200)
async def several() -> dict[str, str]: return {}


@HTTPRouteHandler("/wallet/class", http_method="POST")
async def by_class() -> dict[str, str]: return {}


@route("/wallet/constant", http_method=WRITES, status_code=200)
@logged
async def by_constant() -> dict[str, str]: return {}


@post(["/wallet/both", "/wallet/both/again"])
async def both() -> dict[str, str]: return {}


@post("/wallet/quote")
@not_money_moving(reason="a price")
async def quote() -> dict[str, str]: return {}


@post("/wallet/wrapped", status_code=202)
@logged
@money_moving
async def wrapped() -> dict[str, str]: return {}


@post("/wallet/sync", sync_to_thread=False)
def sync_handler() -> dict[str, str]: return {}


@get("/wallet")
async def index() -> list[str]: return []


@asgi("/wallet/asgi")
async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    await Response(content={}).to_asgi_response(app=None, request=Request(scope))(scope, receive, send)


@websocket("/wallet/stream")
async def stream(socket: WebSocket) -> None: await socket.accept()
