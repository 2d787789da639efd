"""aiohttp, an async handler, on its own server; the client is another process."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from benchmarks.runtime.adapters.asked import TRANSFER, UNMARKED
from benchmarks.runtime.adapters.in_thread import both_ways
from benchmarks.runtime.bank import async_transfer
from benchmarks.runtime.functions import async_pool_of
from idem_runtime import Idempotency, money_moving


async def unmarked(_request: web.Request) -> web.Response:
    """Moves no money."""
    return web.json_response({"answer": "nothing"})


@asynccontextmanager
async def serving(dsn: str, *, marked: bool) -> AsyncGenerator[int]:
    """The port of a server."""
    app = web.Application()
    async with async_pool_of(dsn) as pool:
        await pool.wait()
        idem = Idempotency(pool=pool, principal=lambda asked: asked.headers["x-tenant"])

        async def bare(request: web.Request) -> web.Response:
            await request.json()
            async with pool.connection() as db:
                return web.json_response({"receipt": await async_transfer(db)})

        @money_moving
        async def transferred(request: web.Request) -> web.Response:
            await request.json()
            return web.json_response({"receipt": await async_transfer(await idem.connection())})

        if marked:
            idem.install(app)
        app.router.add_post(UNMARKED, unmarked)
        app.router.add_post(TRANSFER, transferred if marked else bare)
        runner: Any = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
        await runner.cleanup()


plain, ours = both_ways(serving)
