"""The least that protecting a route can cost: our statements, sent by next to nothing, in the handler of a FastAPI route.

And the least that standing in front of a route costs: middleware that only hands on, and middleware that keeps what every
application that may lend a connection has to keep, the request in a context variable and its answer's beginning.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from psycopg import AsyncConnection

from benchmarks.runtime.bank import async_transfer
from benchmarks.runtime.floor import LeastPython
from benchmarks.runtime.functions import async_pool_of
from benchmarks.runtime.web import Transfer, plain, serving
from benchmarks.runtime.worker import Way
from idem_runtime.drivers.pipeline import pipelined
from idem_runtime.drivers.wire_messages import round_trip

here: ContextVar[object] = ContextVar("here")
BODY = 4
"""The column of the record's body in what `read` gives."""


class HandsOn:
    """Middleware that does nothing."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Keeps(HandsOn):
    """Middleware that lets what runs inside find the request, and looks at what is sent."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began = False

        def look(message: Any) -> Any:
            nonlocal began
            began = True
            return send(message)

        token = here.set(self)
        try:
            await self.app(scope, receive, look)
        finally:
            here.reset(token)


@contextmanager
def least(dsn: str) -> Generator[Mapping[str, Way]]:
    """A transfer with our statements around it, and the replay of one."""
    pool = async_pool_of(dsn)
    statements = LeastPython(None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with pool:
            await pool.wait()
            yield

    app = FastAPI(lifespan=lifespan)

    async def sent(db: AsyncConnection[Any], parts: Any, values: Mapping[str, bytes]) -> list[Any]:
        return await db.wait(pipelined(db.pgconn, lambda: statements.send(db, parts, values)))

    async def executed(db: AsyncConnection[Any], values: Mapping[str, bytes]) -> dict[str, str]:
        answer = {"receipt": await async_transfer(db)}
        await sent(db, statements.seal, values)
        return answer

    @app.post("/async/first")
    async def first(body: Transfer) -> dict[str, str]:  # noqa: ARG001 - validated, as ours
        async with pool.connection() as db:
            values = statements.of_an_attempt()
            await sent(db, statements.claim, values)
            return await executed(db, values)

    @app.post("/async/replay")
    async def replay(body: Transfer) -> Response:  # noqa: ARG001 - validated, as ours
        async with pool.connection() as db:
            values = statements.of_an_attempt(b"replayed")
            record = (await sent(db, statements.claim, values))[-1]
            if not record.ntuples:
                return JSONResponse(await executed(db, values))
            await db.wait(round_trip(db.pgconn, b"ROLLBACK"))
            body_column = record.get_value(0, BODY)
            return Response(bytes.fromhex(body_column[2:].decode()), media_type="application/json")

    with serving(app) as way:
        yield {f"async {name}": way(f"/async/{name}", lambda: "any") for name in ("first", "replay")}


@contextmanager
def middleware(dsn: str) -> Generator[Mapping[str, Way]]:
    """An unmarked route behind either kind of middleware."""
    with plain(dsn, HandsOn) as hands_on, plain(dsn, Keeps) as keeps:
        yield {"hands on": hands_on["async unmarked"], "keeps": keeps["async unmarked"]}
