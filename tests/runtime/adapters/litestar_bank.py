"""The contract's bank on Litestar, async handlers or sync ones in threads."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from litestar import Controller, Litestar, Response, Router, post
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Stream
from pydantic import BaseModel

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP
from tests.runtime.adapters.litestar_names import FromPath, JSONBody, NamedDependency


class Transfer(BaseModel):
    amount: int
    memo: str = ""


Db = NamedDependency[Any]
Sent = JSONBody[Transfer]
Body = dict[str, Any]


def created(done: Body) -> Response[Body]:
    response = Response(done, status_code=201, headers={"Location": f"/transfers/{done['id']}"})
    response.set_cookie("session", "alice's")
    return response


def async_bank(idem: Idempotency, dsn: str) -> Litestar:  # noqa: C901, PLR0915 - one function per route of the contract
    """Every handler is a coroutine."""
    calls = itertools.count()

    async def write(db: Any, data: Transfer) -> Body:
        return {"id": await orm.write_async(db, data.amount), "amount": data.amount}

    async def write_outside(data: Transfer) -> Body:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as db:
            return await write(db, data)

    @post("/transfers")
    @money_moving
    async def transfers(data: Sent, db: Db) -> Response[Body]:
        return created(await write(db, data))

    @post("/slow")
    @money_moving(wait=15)
    async def slow(data: Sent, db: Db) -> Body:
        await asyncio.sleep(0.3)
        return await write(db, data)

    class Declined(Controller):
        path = "/declined"

        @post()
        @money_moving
        async def declined(self, data: Sent, db: Db) -> Response[Body]:
            await write(db, data)
            return Response({"declined": True}, status_code=409)

    @post("/insufficient")
    @money_moving
    async def insufficient(data: Sent, db: Db) -> None:
        await write(db, data)
        raise HTTPException("insufficient", status_code=402)

    @post("/crash")
    @money_moving
    async def crash(data: Sent, db: Db) -> None:
        await write(db, data)
        raise RuntimeError("crash")

    @post("/unavailable")
    @money_moving
    async def unavailable(data: Sent, db: Db) -> Response[Body]:
        return Response(await write(db, data), status_code=503)

    @post("/committing")
    @money_moving
    async def committing(data: Sent, db: Db) -> Body:
        done = await write(db, data)
        await orm.raw_commit(db)
        return done

    async def violate(db: Any, data: Transfer) -> None:
        done = await write(db, data)
        try:
            await orm.write_async(db, 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @post("/conflict")
    @money_moving
    async def conflict(data: Sent, db: Db) -> Response[Body]:
        await violate(db, data)
        return Response({"conflict": True}, status_code=409)

    @post("/swallowed")
    @money_moving
    async def swallowed(data: Sent, db: Db) -> Body:
        await violate(db, data)
        return {"done": True}

    @post("/big")
    @money_moving
    async def big(data: Sent, db: Db) -> str:
        await write(db, data)
        return "x" * (CAP + 1)

    @post("/stream")
    @money_moving
    async def stream(data: Sent, db: Db) -> Stream:
        await write(db, data)

        async def parts() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        return Stream(parts())

    @post("/empty", status_code=204)
    @money_moving
    async def empty(data: Sent, db: Db) -> None:
        await write(db, data)

    @post("/redirect")
    @money_moving
    async def redirect(data: Sent, db: Db) -> Redirect:
        await write(db, data)
        return Redirect("/transfers/1", status_code=303)

    @post("/{name:str}")
    @money_moving
    async def account(name: FromPath[str], data: Sent, db: Db) -> Body:
        return await write(db, data)

    @post("/external")
    @money_moving(effect="external")
    async def external(data: Sent) -> Body:
        return await write_outside(data)

    @post("/external-crash")
    @money_moving(effect="external")
    async def external_crash(data: Sent) -> None:
        await write_outside(data)
        raise RuntimeError("crash")

    @post("/not-executed")
    @money_moving(effect="external")
    async def not_executed(data: Sent) -> Body:
        if next(calls) == 0:
            raise NotExecuted
        return await write_outside(data)

    @post("/unmarked", status_code=200)
    @not_money_moving(reason="reads only")
    async def unmarked(data: Sent) -> Body:
        return {"fee": 1}

    handlers: list[Any] = [
        *(transfers, slow, Declined, insufficient, crash, unavailable, committing, conflict, swallowed, big),
        *(stream, empty, redirect, external, external_crash, not_executed, unmarked),
        Router("/accounts", route_handlers=[account]),
    ]
    app = Litestar(handlers, dependencies={"db": Provide(idem.connection)}, logging_config=None)
    idem.install(app, require_marks=True)
    return app


def sync_bank(idem: Idempotency, dsn: str) -> Litestar:  # noqa: C901, PLR0915 - one function per route of the contract
    """Every handler is a function, run in a thread."""
    calls = itertools.count()

    def write(db: Any, data: Transfer) -> Body:
        return {"id": orm.write(db, data.amount), "amount": data.amount}

    def write_outside(data: Transfer) -> Body:
        with psycopg.connect(dsn, autocommit=True) as db:
            return write(db, data)

    def threaded(path: str, **options: Any) -> Any:
        return post(path, sync_to_thread=True, **options)

    @threaded("/transfers")
    @money_moving
    def transfers(data: Sent, db: Db) -> Response[Body]:
        return created(write(db, data))

    @threaded("/slow")
    @money_moving(wait=15)
    def slow(data: Sent, db: Db) -> Body:
        time.sleep(0.3)
        return write(db, data)

    @threaded("/declined")
    @money_moving
    def declined(data: Sent, db: Db) -> Response[Body]:
        write(db, data)
        return Response({"declined": True}, status_code=409)

    @threaded("/insufficient")
    @money_moving
    def insufficient(data: Sent, db: Db) -> None:
        write(db, data)
        raise HTTPException("insufficient", status_code=402)

    @threaded("/crash")
    @money_moving
    def crash(data: Sent, db: Db) -> None:
        write(db, data)
        raise RuntimeError("crash")

    @threaded("/unavailable")
    @money_moving
    def unavailable(data: Sent, db: Db) -> Response[Body]:
        return Response(write(db, data), status_code=503)

    @threaded("/committing")
    @money_moving
    def committing(data: Sent, db: Db) -> Body:
        done = write(db, data)
        orm.raw_commit(db)
        return done

    def violate(db: Any, data: Transfer) -> None:
        done = write(db, data)
        try:
            orm.write(db, 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @threaded("/conflict")
    @money_moving
    def conflict(data: Sent, db: Db) -> Response[Body]:
        violate(db, data)
        return Response({"conflict": True}, status_code=409)

    @threaded("/swallowed")
    @money_moving
    def swallowed(data: Sent, db: Db) -> Body:
        violate(db, data)
        return {"done": True}

    @threaded("/big")
    @money_moving
    def big(data: Sent, db: Db) -> str:
        write(db, data)
        return "x" * (CAP + 1)

    @threaded("/stream")
    @money_moving
    def stream(data: Sent, db: Db) -> Stream:
        write(db, data)
        return Stream(iter([b"a", b"b"]))

    @threaded("/empty", status_code=204)
    @money_moving
    def empty(data: Sent, db: Db) -> None:
        write(db, data)

    @threaded("/redirect")
    @money_moving
    def redirect(data: Sent, db: Db) -> Redirect:
        write(db, data)
        return Redirect("/transfers/1", status_code=303)

    @threaded("/accounts/{name:str}")
    @money_moving
    def account(name: FromPath[str], data: Sent, db: Db) -> Body:
        return write(db, data)

    @threaded("/external")
    @money_moving(effect="external")
    def external(data: Sent) -> Body:
        return write_outside(data)

    @threaded("/external-crash")
    @money_moving(effect="external")
    def external_crash(data: Sent) -> None:
        write_outside(data)
        raise RuntimeError("crash")

    @threaded("/not-executed")
    @money_moving(effect="external")
    def not_executed(data: Sent) -> Body:
        if next(calls) == 0:
            raise NotExecuted
        return write_outside(data)

    @threaded("/unmarked", status_code=200)
    @not_money_moving(reason="reads only")
    def unmarked(data: Sent) -> Body:
        return {"fee": 1}

    handlers: list[Any] = [
        *(transfers, slow, declined, insufficient, crash, unavailable, committing, conflict, swallowed, big),
        *(stream, empty, redirect, account, external, external_crash, not_executed, unmarked),
    ]
    lent = Provide(idem.sync_connection, sync_to_thread=False)
    app = Litestar(handlers, dependencies={"db": lent}, logging_config=None)
    idem.install(app, require_marks=True)
    return app
