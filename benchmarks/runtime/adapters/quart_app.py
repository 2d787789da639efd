"""Quart, an async view; called by ASGI without a network."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg_pool import AsyncConnectionPool
from quart import Quart, request

from benchmarks.runtime.adapters.asked import TRANSFER, UNMARKED, asgi_ways, bare_ways, our_ways
from benchmarks.runtime.bank import async_transfer
from benchmarks.runtime.functions import async_pool_of
from benchmarks.runtime.worker import Way
from idem_runtime import Idempotency, money_moving


def application(pool: AsyncConnectionPool[Any]) -> Quart:
    """With ``pool`` open while it runs, and a view that moves no money."""
    app = Quart("bank")

    @app.before_serving
    async def start() -> None:
        await pool.open(wait=True)

    @app.after_serving
    async def stop() -> None:
        await pool.close()

    @app.post(UNMARKED)
    async def unmarked() -> dict[str, str]:
        return {"answer": "nothing"}

    return app


@contextmanager
def plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """The application without us."""
    pool = async_pool_of(dsn)
    app = application(pool)

    @app.post(TRANSFER)
    async def transferred() -> dict[str, str]:
        await request.get_json()
        async with pool.connection() as db:
            return {"receipt": await async_transfer(db)}

    with asgi_ways(app, bare_ways) as ways:
        yield ways


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """The same with the mark."""
    pool = async_pool_of(dsn)
    app = application(pool)
    idem = Idempotency(pool=pool, principal=lambda asked: asked.headers["x-tenant"])
    idem.install(app)

    @app.post(TRANSFER)
    @money_moving
    async def transferred(db: Any = idem.lent) -> dict[str, str]:
        await request.get_json()
        return {"receipt": await async_transfer(db)}

    with asgi_ways(app, our_ways) as ways:
        yield ways
