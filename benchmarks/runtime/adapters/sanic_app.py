"""Sanic, an async handler, on its own server; the client is another process."""

from __future__ import annotations

import socket
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

with warnings.catch_warnings():  # it still imports what websockets has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from sanic import HTTPResponse, Sanic, json

from benchmarks.runtime.adapters.asked import TRANSFER, UNMARKED
from benchmarks.runtime.adapters.in_thread import both_ways
from benchmarks.runtime.bank import async_transfer
from benchmarks.runtime.functions import async_pool_of
from idem_runtime import Idempotency, money_moving


async def unmarked(_request: Any) -> HTTPResponse:
    """Moves no money."""
    return json({"answer": "nothing"})


@asynccontextmanager
async def serving(dsn: str, *, marked: bool) -> AsyncGenerator[int]:
    """The port of a server."""
    app: Any = Sanic("bank")
    app.config.MOTD = False
    async with async_pool_of(dsn) as pool:
        await pool.wait()
        idem = Idempotency(pool=pool, principal=lambda asked: asked.headers["x-tenant"])

        async def bare(request: Any) -> HTTPResponse:
            assert request.json["amount"] == 1
            async with pool.connection() as db:
                return json({"receipt": await async_transfer(db)})

        @money_moving
        async def transferred(request: Any, db: Any = idem.lent) -> HTTPResponse:
            assert request.json["amount"] == 1
            return json({"receipt": await async_transfer(db)})

        if marked:
            idem.install(app)
        app.add_route(unmarked, UNMARKED, methods=["POST"])
        app.add_route(transferred if marked else bare, TRANSFER, methods=["POST"])
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            server = await app.create_server(sock=listener, return_asyncio_server=True, access_log=False)
            await server.startup()
            await server.before_start()
            await server.after_start()
            yield listener.getsockname()[1]
            await server.before_stop()
            await server.close()
            await server.after_stop()


plain, ours = both_ways(serving)
