"""The contract's bank on aiohttp."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import psycopg
from aiohttp import web

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP

Body = dict[str, Any]


@web.middleware
async def validated(request: web.Request, handler: Any) -> Any:
    """What stands before a handler and its mark."""
    if not isinstance((await request.json())["amount"], int):
        raise web.HTTPBadRequest
    return await handler(request)


def bank(idem: Idempotency, dsn: str) -> web.Application:  # noqa: C901, PLR0915 - one function per route of the contract
    app = web.Application(middlewares=[validated])
    idem.install(app, require_marks=True)
    routes = web.RouteTableDef()
    calls = itertools.count()

    async def write(db: Any, request: web.Request) -> Body:
        amount = (await request.json())["amount"]
        return {"id": await orm.write_async(db, amount), "amount": amount}

    async def write_inside(request: web.Request) -> Body:
        return await write(await idem.connection(), request)

    async def write_outside(request: web.Request) -> Body:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as db:
            return await write(db, request)

    @routes.post("/transfers")
    @money_moving
    async def transfers(request: web.Request) -> web.Response:
        done = await write_inside(request)
        response = web.json_response(done, status=201, headers={"Location": f"/transfers/{done['id']}"})
        response.set_cookie("session", "alice's")
        return response

    @routes.post("/slow")
    @money_moving(wait=15)
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.json_response(await write_inside(request), status=201)

    @routes.view("/declined")
    class Declined(web.View):
        @money_moving
        async def post(self) -> web.Response:
            await write_inside(self.request)
            return web.json_response({"declined": True}, status=409)

    @routes.post("/insufficient")
    @money_moving
    async def insufficient(request: web.Request) -> web.Response:
        await write_inside(request)
        raise web.HTTPPaymentRequired(text="insufficient")

    @routes.post("/crash")
    @money_moving
    async def crash(request: web.Request) -> web.Response:
        await write_inside(request)
        raise RuntimeError("crash")

    @routes.post("/unavailable")
    @money_moving
    async def unavailable(request: web.Request) -> web.Response:
        return web.json_response(await write_inside(request), status=503)

    @routes.post("/committing")
    @money_moving
    async def committing(request: web.Request) -> web.Response:
        done = await write_inside(request)
        await orm.raw_commit(await idem.connection())
        return web.json_response(done)

    async def violate(request: web.Request) -> None:
        done = await write_inside(request)
        try:
            await orm.write_async(await idem.connection(), 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @routes.post("/conflict")
    @money_moving
    async def conflict(request: web.Request) -> web.Response:
        await violate(request)
        return web.json_response({"conflict": True}, status=409)

    @routes.post("/swallowed")
    @money_moving
    async def swallowed(request: web.Request) -> web.Response:
        await violate(request)
        return web.json_response({"done": True})

    @routes.post("/big")
    @money_moving
    async def big(request: web.Request) -> web.Response:
        await write_inside(request)
        return web.Response(text="x" * (CAP + 1))

    @routes.post("/stream")
    @money_moving
    async def stream(request: web.Request) -> web.StreamResponse:
        await write_inside(request)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"ab")
        return response

    @routes.post("/empty")
    @money_moving
    async def empty(request: web.Request) -> web.Response:
        await write_inside(request)
        return web.Response(status=204)

    @routes.post("/redirect")
    @money_moving
    async def redirect(request: web.Request) -> web.Response:
        await write_inside(request)
        return web.Response(status=303, headers={"Location": "/transfers/1"})

    accounts = web.Application()

    @money_moving
    async def account(request: web.Request) -> web.Response:
        return web.json_response(await write_inside(request), status=201)

    accounts.router.add_post("/{name}", account)

    @routes.post("/external")
    @money_moving(effect="external")
    async def external(request: web.Request) -> web.Response:
        return web.json_response(await write_outside(request), status=201)

    @routes.post("/external-crash")
    @money_moving(effect="external")
    async def external_crash(request: web.Request) -> web.Response:
        await write_outside(request)
        raise RuntimeError("crash")

    @routes.post("/not-executed")
    @money_moving(effect="external")
    async def not_executed(request: web.Request) -> web.Response:
        if next(calls) == 0:
            raise NotExecuted
        return web.json_response(await write_outside(request), status=201)

    @routes.post("/unmarked")
    @not_money_moving(reason="reads only")
    async def unmarked(request: web.Request) -> web.Response:
        return web.json_response({"fee": 1})

    app.add_routes(routes)
    app.add_subapp("/accounts", accounts)
    return app
