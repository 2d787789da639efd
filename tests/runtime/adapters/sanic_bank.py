"""The contract's bank on Sanic."""

from __future__ import annotations

import asyncio
import itertools
import uuid
import warnings
from typing import Any

import psycopg

with warnings.catch_warnings():  # it still imports what websockets has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from sanic import Blueprint, Sanic
from sanic.exceptions import BadRequest, SanicException
from sanic.response import HTTPResponse, empty, json, redirect
from sanic.views import HTTPMethodView

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP

Body = dict[str, Any]


class PaymentRequired(SanicException):
    status_code = 402


def bank(idem: Idempotency, dsn: str) -> Any:  # noqa: C901, PLR0915 - one function per route of the contract
    app: Any = Sanic(f"bank-{uuid.uuid4().hex}")
    idem.install(app, require_marks=True)
    calls = itertools.count()
    accounts = Blueprint("accounts", url_prefix="/accounts")

    @app.on_request
    async def validate(request: Any) -> None:
        if not isinstance(request.json["amount"], int):
            raise BadRequest

    async def write(db: Any, request: Any) -> Body:
        amount = request.json["amount"]
        return {"id": await orm.write_async(db, amount), "amount": amount}

    async def write_inside(request: Any) -> Body:
        return await write(await idem.connection(), request)

    async def write_outside(request: Any) -> Body:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as db:
            return await write(db, request)

    @app.post("/transfers")
    @money_moving
    async def transfers(request: Any, db: Any = idem.lent) -> HTTPResponse:
        done = await write(db, request)
        response = json(done, status=201, headers={"Location": f"/transfers/{done['id']}"})
        response.add_cookie("session", "alice")
        return response

    @app.post("/slow")
    @money_moving(wait=15)
    async def slow(request: Any) -> HTTPResponse:
        await asyncio.sleep(0.3)
        return json(await write_inside(request), status=201)

    class Declined(HTTPMethodView):
        @money_moving
        async def post(self, request: Any) -> HTTPResponse:
            await write_inside(request)
            return json({"declined": True}, status=409)

    app.add_route(Declined.as_view(), "/declined")

    @app.post("/insufficient")
    @money_moving
    async def insufficient(request: Any) -> None:
        await write_inside(request)
        raise PaymentRequired("insufficient")

    @app.post("/crash")
    @money_moving
    async def crash(request: Any) -> None:
        await write_inside(request)
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    async def unavailable(request: Any) -> HTTPResponse:
        return json(await write_inside(request), status=503)

    @app.post("/committing")
    @money_moving
    async def committing(request: Any) -> HTTPResponse:
        done = await write_inside(request)
        await orm.raw_commit(await idem.connection())
        return json(done)

    async def violate(request: Any) -> None:
        done = await write_inside(request)
        try:
            await orm.write_async(await idem.connection(), 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    async def conflict(request: Any) -> HTTPResponse:
        await violate(request)
        return json({"conflict": True}, status=409)

    @app.post("/swallowed")
    @money_moving
    async def swallowed(request: Any) -> HTTPResponse:
        await violate(request)
        return json({"done": True})

    @app.post("/big")
    @money_moving
    async def big(request: Any) -> HTTPResponse:
        await write_inside(request)
        return json("x" * (CAP + 1))

    @app.post("/stream")
    @money_moving
    async def stream(request: Any) -> None:
        await write_inside(request)
        response = await request.respond()
        await response.send("a")
        await response.eof()

    @app.post("/empty")
    @money_moving
    async def emptied(request: Any) -> HTTPResponse:
        await write_inside(request)
        return empty()

    @app.post("/redirect")
    @money_moving
    async def redirected(request: Any) -> HTTPResponse:
        await write_inside(request)
        return redirect("/transfers/1", status=303)

    @accounts.post("/<name:str>")
    @money_moving
    async def account(request: Any, name: str) -> HTTPResponse:
        return json(await write_inside(request), status=201)

    app.blueprint(accounts)

    @app.post("/external")
    @money_moving(effect="external")
    async def external(request: Any) -> HTTPResponse:
        return json(await write_outside(request), status=201)

    @app.post("/external-crash")
    @money_moving(effect="external")
    async def external_crash(request: Any) -> None:
        await write_outside(request)
        raise RuntimeError("crash")

    @app.post("/not-executed")
    @money_moving(effect="external")
    async def not_executed(request: Any) -> HTTPResponse:
        if next(calls) == 0:
            raise NotExecuted
        return json(await write_outside(request), status=201)

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    async def unmarked(request: Any) -> HTTPResponse:
        return json({"fee": 1})

    return app
