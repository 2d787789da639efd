"""The contract's bank on FastAPI, async handlers or sync ones."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import psycopg
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP


class Transfer(BaseModel):
    amount: int
    memo: str = ""


def protect(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app, require_marks=True)
    return app


def async_bank(idem: Idempotency, dsn: str, *, joined: bool = False, get_db: Any = None) -> FastAPI:  # noqa: C901, PLR0915 - one function per route of the contract
    """Every handler is a coroutine; ``get_db`` gives a session of the application's own."""
    app = protect(idem)
    Db = Annotated[Any, Depends(get_db or (idem.session if joined else idem.connection))]
    calls = itertools.count()

    async def write(db: Any, body: Transfer) -> dict[str, int]:
        return {"id": await orm.write_async(db, body.amount), "amount": body.amount}

    async def write_outside(body: Transfer) -> dict[str, int]:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as db:
            return await write(db, body)

    @app.post("/transfers", status_code=201)
    @money_moving
    async def transfers(body: Transfer, db: Db, response: Response) -> dict[str, int]:
        done = await write(db, body)
        response.headers["location"] = f"/transfers/{done['id']}"
        response.set_cookie("session", "alice's")
        return done

    @app.post("/slow", status_code=201)
    @money_moving(wait=15)
    async def slow(body: Transfer, db: Db) -> dict[str, int]:
        await asyncio.sleep(0.3)
        return await write(db, body)

    @app.post("/declined")
    @money_moving
    async def declined(body: Transfer, db: Db) -> Response:
        await write(db, body)
        return JSONResponse({"declined": True}, 409)

    @app.post("/insufficient")
    @money_moving
    async def insufficient(body: Transfer, db: Db) -> None:
        await write(db, body)
        raise HTTPException(402, "insufficient")

    @app.post("/crash")
    @money_moving
    async def crash(body: Transfer, db: Db) -> None:
        await write(db, body)
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    async def unavailable(body: Transfer, db: Db) -> Response:
        await write(db, body)
        return JSONResponse({}, 503)

    @app.post("/committing")
    @money_moving
    async def committing(body: Transfer, db: Db) -> dict[str, int]:
        done = await write(db, body)
        await orm.raw_commit(db)
        return done

    async def violate(db: Any, body: Transfer) -> None:
        done = await write(db, body)
        try:
            await orm.write_async(db, 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    async def conflict(body: Transfer, db: Db) -> Response:
        await violate(db, body)
        return JSONResponse({"conflict": True}, 409)

    @app.post("/swallowed")
    @money_moving
    async def swallowed(body: Transfer, db: Db) -> dict[str, bool]:
        await violate(db, body)
        return {"done": True}

    @app.post("/big")
    @money_moving
    async def big(body: Transfer, db: Db) -> str:
        await write(db, body)
        return "x" * CAP

    @app.post("/stream")
    @money_moving
    async def stream(body: Transfer, db: Db) -> StreamingResponse:
        await write(db, body)

        async def parts() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        return StreamingResponse(parts())

    @app.post("/empty", status_code=204)
    @money_moving
    async def empty(body: Transfer, db: Db) -> None:
        await write(db, body)

    @app.post("/redirect")
    @money_moving
    async def redirect(body: Transfer, db: Db) -> RedirectResponse:
        await write(db, body)
        return RedirectResponse("/transfers/1", 303)

    @app.post("/accounts/{name}", status_code=201)
    @money_moving
    async def account(name: str, body: Transfer, db: Db) -> dict[str, int]:
        return await write(db, body)

    @app.post("/external", status_code=201)
    @money_moving(effect="external")
    async def external(body: Transfer) -> dict[str, int]:
        return await write_outside(body)

    @app.post("/external-crash")
    @money_moving(effect="external")
    async def external_crash(body: Transfer) -> None:
        await write_outside(body)
        raise RuntimeError("crash")

    @app.post("/not-executed", status_code=201)
    @money_moving(effect="external")
    async def not_executed(body: Transfer) -> dict[str, int]:
        if next(calls) == 0:
            raise NotExecuted
        return await write_outside(body)

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    async def unmarked(body: Transfer) -> dict[str, int]:
        return {"fee": 1}

    return app


def sync_bank(idem: Idempotency, dsn: str, *, joined: bool = False, get_db: Any = None) -> FastAPI:  # noqa: C901, PLR0915 - one function per route of the contract
    """Every handler is a function, run in Starlette's thread pool; ``get_db`` as in :func:`async_bank`."""
    app = protect(idem)
    Db = Annotated[Any, Depends(get_db or (idem.sync_session if joined else idem.sync_connection))]
    calls = itertools.count()

    def write(db: Any, body: Transfer) -> dict[str, int]:
        return {"id": orm.write(db, body.amount), "amount": body.amount}

    def write_outside(body: Transfer) -> dict[str, int]:
        with psycopg.connect(dsn, autocommit=True) as db:
            return write(db, body)

    @app.post("/transfers", status_code=201)
    @money_moving
    def transfers(body: Transfer, db: Db, response: Response) -> dict[str, int]:
        done = write(db, body)
        response.headers["location"] = f"/transfers/{done['id']}"
        response.set_cookie("session", "alice's")
        return done

    @app.post("/slow", status_code=201)
    @money_moving(wait=15)
    def slow(body: Transfer, db: Db) -> dict[str, int]:
        time.sleep(0.3)
        return write(db, body)

    @app.post("/declined")
    @money_moving
    def declined(body: Transfer, db: Db) -> Response:
        write(db, body)
        return JSONResponse({"declined": True}, 409)

    @app.post("/insufficient")
    @money_moving
    def insufficient(body: Transfer, db: Db) -> None:
        write(db, body)
        raise HTTPException(402, "insufficient")

    @app.post("/crash")
    @money_moving
    def crash(body: Transfer, db: Db) -> None:
        write(db, body)
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    def unavailable(body: Transfer, db: Db) -> Response:
        write(db, body)
        return JSONResponse({}, 503)

    @app.post("/committing")
    @money_moving
    def committing(body: Transfer, db: Db) -> dict[str, int]:
        done = write(db, body)
        orm.raw_commit(db)
        return done

    def violate(db: Any, body: Transfer) -> None:
        done = write(db, body)
        try:
            orm.write(db, 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    def conflict(body: Transfer, db: Db) -> Response:
        violate(db, body)
        return JSONResponse({"conflict": True}, 409)

    @app.post("/swallowed")
    @money_moving
    def swallowed(body: Transfer, db: Db) -> dict[str, bool]:
        violate(db, body)
        return {"done": True}

    @app.post("/big")
    @money_moving
    def big(body: Transfer, db: Db) -> str:
        write(db, body)
        return "x" * CAP

    @app.post("/stream")
    @money_moving
    def stream(body: Transfer, db: Db) -> StreamingResponse:
        write(db, body)
        return StreamingResponse(iter([b"a", b"b"]))

    @app.post("/empty", status_code=204)
    @money_moving
    def empty(body: Transfer, db: Db) -> None:
        write(db, body)

    @app.post("/redirect")
    @money_moving
    def redirect(body: Transfer, db: Db) -> RedirectResponse:
        write(db, body)
        return RedirectResponse("/transfers/1", 303)

    @app.post("/accounts/{name}", status_code=201)
    @money_moving
    def account(name: str, body: Transfer, db: Db) -> dict[str, int]:
        return write(db, body)

    @app.post("/external", status_code=201)
    @money_moving(effect="external")
    def external(body: Transfer) -> dict[str, int]:
        return write_outside(body)

    @app.post("/external-crash")
    @money_moving(effect="external")
    def external_crash(body: Transfer) -> None:
        write_outside(body)
        raise RuntimeError("crash")

    @app.post("/not-executed", status_code=201)
    @money_moving(effect="external")
    def not_executed(body: Transfer) -> dict[str, int]:
        if next(calls) == 0:
            raise NotExecuted
        return write_outside(body)

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    def unmarked(body: Transfer) -> dict[str, int]:
        return {"fee": 1}

    return app
