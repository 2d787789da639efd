"""The contract's bank on Quart, async views and sync ones in threads."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from quart import Blueprint, Quart, Response, abort, jsonify, redirect, request
from quart.views import MethodView

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP

Body = dict[str, Any]


async def amount() -> int:
    found = (await request.get_json())["amount"]
    if not isinstance(found, int):
        abort(400)
    return found


def answer(body: Any, status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def async_bank(idem: Idempotency, dsn: str) -> Quart:  # noqa: C901, PLR0915 - one function per route of the contract
    """Every view is a coroutine."""
    app = Quart("bank")
    idem.install(app, require_marks=True)
    calls = itertools.count()
    accounts = Blueprint("accounts", "accounts", url_prefix="/accounts")

    @app.before_request
    async def validate() -> None:
        await amount()

    async def write(db: Any) -> Body:
        value = await amount()
        return {"id": await orm.write_async(db, value), "amount": value}

    async def write_inside() -> Body:
        return await write(await idem.connection())

    async def write_outside() -> Body:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as db:
            return await write(db)

    @app.post("/transfers")
    @money_moving
    async def transfers(db: Any = idem.lent) -> Response:
        done = await write(db)
        response = answer(done, 201)
        response.headers["location"] = f"/transfers/{done['id']}"
        response.set_cookie("session", "alice's")
        return response

    @app.post("/slow")
    @money_moving(wait=15)
    async def slow() -> Any:
        await asyncio.sleep(0.3)
        return await write_inside(), 201

    class Declined(MethodView):
        @money_moving
        async def post(self) -> Any:
            await write_inside()
            return {"declined": True}, 409

    app.add_url_rule("/declined", view_func=Declined.as_view("declined"))

    @app.post("/insufficient")
    @money_moving
    async def insufficient() -> Any:
        await write_inside()
        abort(Response("insufficient", status=402))

    @app.post("/crash")
    @money_moving
    async def crash() -> Any:
        await write_inside()
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    async def unavailable() -> Any:
        return await write_inside(), 503

    @app.post("/committing")
    @money_moving
    async def committing() -> Any:
        done = await write_inside()
        await orm.raw_commit(await idem.connection())
        return done

    async def violate() -> None:
        done = await write_inside()
        try:
            await orm.write_async(await idem.connection(), 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    async def conflict() -> Any:
        await violate()
        return {"conflict": True}, 409

    @app.post("/swallowed")
    @money_moving
    async def swallowed() -> Any:
        await violate()
        return {"done": True}

    @app.post("/big")
    @money_moving
    async def big() -> Any:
        await write_inside()
        return "x" * (CAP + 1)

    @app.post("/stream")
    @money_moving
    async def stream() -> Any:
        await write_inside()

        async def parts() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        return parts()

    @app.post("/empty")
    @money_moving
    async def empty() -> Any:
        await write_inside()
        return Response(status=204)

    @app.post("/redirect")
    @money_moving
    async def redirected() -> Any:
        await write_inside()
        return redirect("/transfers/1", 303)

    @accounts.post("/<name>")
    @money_moving
    async def account(name: str) -> Any:
        return await write_inside(), 201

    app.register_blueprint(accounts)

    @app.post("/external")
    @money_moving(effect="external")
    async def external() -> Any:
        return await write_outside(), 201

    @app.post("/external-crash")
    @money_moving(effect="external")
    async def external_crash() -> Any:
        await write_outside()
        raise RuntimeError("crash")

    @app.post("/not-executed")
    @money_moving(effect="external")
    async def not_executed() -> Any:
        if next(calls) == 0:
            raise NotExecuted
        return await write_outside(), 201

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    async def unmarked() -> Any:
        return {"fee": 1}

    return app


def sync_bank(idem: Idempotency, dsn: str) -> Quart:  # noqa: C901, PLR0915 - one function per route of the contract
    """Every view is a function, run in a thread; what is asked is read before."""
    app = Quart("bank")
    idem.install(app, require_marks=True)
    calls = itertools.count()

    @app.before_request
    async def validate() -> None:
        request.amount = await amount()

    def write(db: Any) -> Body:
        return {"id": orm.write(db, request.amount), "amount": request.amount}

    def write_inside() -> Body:
        return write(idem.sync_connection())

    def write_outside() -> Body:
        with psycopg.connect(dsn, autocommit=True) as db:
            return write(db)

    @app.post("/transfers")
    @money_moving
    def transfers(db: Any = idem.lent) -> Response:
        done = write(db)
        response = answer(done, 201)
        response.headers["location"] = f"/transfers/{done['id']}"
        response.set_cookie("session", "alice's")
        return response

    @app.post("/slow")
    @money_moving(wait=15)
    def slow() -> Any:
        time.sleep(0.3)
        return write_inside(), 201

    @app.post("/declined")
    @money_moving
    def declined() -> Any:
        write_inside()
        return {"declined": True}, 409

    @app.post("/insufficient")
    @money_moving
    def insufficient() -> Any:
        write_inside()
        abort(Response("insufficient", status=402))

    @app.post("/crash")
    @money_moving
    def crash() -> Any:
        write_inside()
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    def unavailable() -> Any:
        return write_inside(), 503

    @app.post("/committing")
    @money_moving
    def committing() -> Any:
        done = write_inside()
        orm.raw_commit(idem.sync_connection())
        return done

    def violate() -> None:
        done = write_inside()
        try:
            orm.write(idem.sync_connection(), 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    def conflict() -> Any:
        violate()
        return {"conflict": True}, 409

    @app.post("/swallowed")
    @money_moving
    def swallowed() -> Any:
        violate()
        return {"done": True}

    @app.post("/big")
    @money_moving
    def big() -> Any:
        write_inside()
        return "x" * (CAP + 1)

    @app.post("/stream")
    @money_moving
    def stream() -> Any:
        write_inside()
        return (part for part in (b"a", b"b"))

    @app.post("/empty")
    @money_moving
    def empty() -> Any:
        write_inside()
        return "", 204

    @app.post("/redirect")
    @money_moving
    def redirected() -> Any:
        write_inside()
        return redirect("/transfers/1", 303)

    @app.post("/accounts/<name>")
    @money_moving
    def account(name: str) -> Any:
        return write_inside(), 201

    @app.post("/external")
    @money_moving(effect="external")
    def external() -> Any:
        return write_outside(), 201

    @app.post("/external-crash")
    @money_moving(effect="external")
    def external_crash() -> Any:
        write_outside()
        raise RuntimeError("crash")

    @app.post("/not-executed")
    @money_moving(effect="external")
    def not_executed() -> Any:
        if next(calls) == 0:
            raise NotExecuted
        return write_outside(), 201

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    def unmarked() -> Any:
        return {"fee": 1}

    return app
