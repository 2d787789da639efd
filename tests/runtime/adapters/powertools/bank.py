"""The contract's bank on a resolver, sync and async: it imports little, because environments start with it."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import psycopg
from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, ServiceError
from aws_lambda_powertools.event_handler.router import Router
from aws_lambda_powertools.shared.cookies import Cookie

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving

Done = dict[str, int]
INSERT = "INSERT INTO ledger (id, amount) VALUES (coalesce(%s, nextval('ledger_id_seq')), %s) RETURNING id"


def insert(db: Any, amount: int, number: int | None = None) -> int:
    """One entry; its id."""
    return int(db.execute(INSERT, (number, amount)).fetchone()[0])


async def insert_async(db: Any, amount: int, number: int | None = None) -> int:
    return int((await (await db.execute(INSERT, (number, amount))).fetchone())[0])


def principal(event: Any) -> Any:
    """Of ``app.current_event``."""
    headers = event.headers or event.resolved_headers_field
    given = headers.get("x-tenant", "")
    return given[0] if isinstance(given, list) else given


def amount_of(app: Any) -> int:
    return int(app.current_event.json_body["amount"])


def validate(app: Any, next_middleware: Any) -> Any:
    if not isinstance(app.current_event.json_body["amount"], int):
        raise BadRequestError("amount")
    return next_middleware(app)


async def validate_async(app: Any, next_middleware: Any) -> Any:
    if not isinstance(app.current_event.json_body["amount"], int):
        raise BadRequestError("amount")
    return await next_middleware(app)


def created(done: Done) -> Response[Any]:
    return Response(
        201,
        content_types.APPLICATION_JSON,
        done,
        headers={"Location": f"/transfers/{done['id']}"},
        cookies=[Cookie("session", "alice")],
    )


def streamed() -> Response[Any]:
    return Response(200, content_types.TEXT_PLAIN, iter(["a", "b"]))


def redirected() -> Response[Any]:
    return Response(303, headers={"Location": "/transfers/1"})


def write_outside(dsn: str, amount: int) -> Done:
    with psycopg.connect(dsn, autocommit=True) as db:
        return {"id": insert(db, amount), "amount": amount}


def bank(app: Any, idem: Idempotency, dsn: str) -> Any:  # noqa: C901 - one function per route of the contract
    calls = itertools.count()
    app.use([validate])
    idem.install(app, require_marks=True)
    router = Router()

    def write(db: Any) -> Done:
        amount = amount_of(app)
        return {"id": insert(db, amount), "amount": amount}

    def outside() -> Done:
        return write_outside(dsn, amount_of(app))

    @app.post("/transfers")
    @money_moving
    def transfers(db: Any = idem.lent):
        return created(write(db))

    @app.post("/slow")
    @money_moving(wait=15)
    def slow(db: Any = idem.lent):
        time.sleep(0.3)
        return write(db), 201

    @app.post("/declined")
    @money_moving
    def declined(db: Any = idem.lent):
        write(db)
        return {"declined": True}, 409

    @app.post("/insufficient")
    @money_moving
    def insufficient(db: Any = idem.lent):
        write(db)
        raise ServiceError(402, "insufficient")

    @app.post("/crash")
    @money_moving
    def crash(db: Any = idem.lent):
        write(db)
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    def unavailable(db: Any = idem.lent):
        return write(db), 503

    @app.post("/committing")
    @money_moving
    def committing(db: Any = idem.lent):
        done = write(db)
        db.execute("COMMIT")
        return done

    def violate(db: Any) -> None:
        done = write(db)
        try:
            insert(db, 1, done["id"])
        except psycopg.errors.UniqueViolation:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    def conflict(db: Any = idem.lent):
        violate(db)
        return {"conflict": True}, 409

    @app.post("/swallowed")
    @money_moving
    def swallowed(db: Any = idem.lent):
        violate(db)
        return {"done": True}

    @app.post("/big")
    @money_moving
    def big(db: Any = idem.lent):
        write(db)
        return {"big": "x" * idem.settings.cap}

    @app.post("/stream")
    @money_moving
    def stream(db: Any = idem.lent):
        write(db)
        return streamed()

    @app.post("/empty")
    @money_moving
    def empty(db: Any = idem.lent):
        write(db)
        return Response(204)

    @app.post("/redirect")
    @money_moving
    def redirect(db: Any = idem.lent):
        write(db)
        return redirected()

    @router.post("/<name>")
    @money_moving
    def account(name: str, db: Any = idem.lent):
        return write(db), 201

    @app.post("/external")
    @money_moving(effect="external")
    def external():
        return outside(), 201

    @app.post("/external-crash")
    @money_moving(effect="external")
    def external_crash():
        outside()
        raise RuntimeError("crash")

    @app.post("/not-executed")
    @money_moving(effect="external")
    def not_executed():
        if next(calls) == 0:
            raise NotExecuted
        return outside(), 201

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    def unmarked():
        return {"fee": 1}

    app.include_router(router, prefix="/accounts")
    return app


def async_bank(app: Any, idem: Idempotency, dsn: str) -> Any:  # noqa: C901 - one function per route of the contract
    calls = itertools.count()
    app.use([validate_async])
    idem.install(app, require_marks=True)

    async def write() -> Done:
        db, amount = await idem.connection(), amount_of(app)
        return {"id": await insert_async(db, amount), "amount": amount}

    async def outside() -> Done:
        return await asyncio.to_thread(write_outside, dsn, amount_of(app))

    @app.post("/transfers")
    @money_moving
    async def transfers():
        return created(await write())

    @app.post("/slow")
    @money_moving(wait=15)
    async def slow():
        await asyncio.sleep(0.3)
        return await write(), 201

    @app.post("/declined")
    @money_moving
    async def declined():
        await write()
        return {"declined": True}, 409

    @app.post("/insufficient")
    @money_moving
    async def insufficient():
        await write()
        raise ServiceError(402, "insufficient")

    @app.post("/crash")
    @money_moving
    async def crash():
        await write()
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    async def unavailable():
        return await write(), 503

    @app.post("/committing")
    @money_moving
    async def committing():
        done = await write()
        await (await idem.connection()).execute("COMMIT")
        return done

    async def violate() -> None:
        done = await write()
        try:
            await insert_async(await idem.connection(), 1, done["id"])
        except psycopg.errors.UniqueViolation:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    async def conflict():
        await violate()
        return {"conflict": True}, 409

    @app.post("/swallowed")
    @money_moving
    async def swallowed():
        await violate()
        return {"done": True}

    @app.post("/big")
    @money_moving
    async def big():
        await write()
        return {"big": "x" * idem.settings.cap}

    @app.post("/stream")
    @money_moving
    async def stream():
        await write()
        return streamed()

    @app.post("/empty")
    @money_moving
    async def empty():
        await write()
        return Response(204)

    @app.post("/redirect")
    @money_moving
    async def redirect():
        await write()
        return redirected()

    @app.post("/accounts/<name>")
    @money_moving
    async def account(name: str):
        return await write(), 201

    @app.post("/external")
    @money_moving(effect="external")
    async def external():
        return await outside(), 201

    @app.post("/external-crash")
    @money_moving(effect="external")
    async def external_crash():
        await outside()
        raise RuntimeError("crash")

    @app.post("/not-executed")
    @money_moving(effect="external")
    def not_executed():
        if next(calls) == 0:
            raise NotExecuted
        return write_outside(dsn, amount_of(app)), 201

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    async def unmarked():
        return {"fee": 1}

    return app
