"""A tool of the MCP SDK's server, async, called in its process as the server itself calls it when a message has come."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

with warnings.catch_warnings():  # it imports what others have deprecated
    warnings.simplefilter("ignore")
    from mcp.client import Client
    from mcp.server.mcpserver import MCPServer

from benchmarks.runtime.adapters.asked import (
    TRANSFER,
    UNMARKED,
    Key,
    WayOf,
    bare_ways,
    entered,
    in_loop,
    our_ways,
)
from benchmarks.runtime.bank import async_transfer
from benchmarks.runtime.functions import async_pool_of
from benchmarks.runtime.worker import Way
from idem_runtime import Idempotency, money_moving


def server() -> MCPServer[Any]:
    """With a tool that moves no money."""
    made: MCPServer[Any] = MCPServer("bank", log_level="ERROR")

    @made.tool(name=UNMARKED.removeprefix("/"))
    async def unmarked(amount: int) -> str:  # noqa: ARG001 - as the other tool
        return "nothing"

    return made


@contextmanager
def serving(made: MCPServer[Any], runner: asyncio.Runner) -> Generator[WayOf]:
    """What makes a way of a tool; the client's cost is in every row of the table."""
    with entered(runner, Client(made)) as client:

        def way(path: str, key: Key) -> Way:
            name = path.removeprefix("/")

            async def call() -> None:
                result = await client.call_tool(name, {"amount": 1}, meta={"idempotencyKey": key()})
                assert not result.is_error, result

            return in_loop(runner, call)

        yield way


@contextmanager
def plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """The tool without us."""
    made = server()
    with asyncio.Runner() as runner, entered(runner, async_pool_of(dsn)) as pool:

        @made.tool(name=TRANSFER.removeprefix("/"))
        async def transferred(amount: int) -> str:  # noqa: ARG001 - as ours
            async with pool.connection() as db:
                return await async_transfer(db)

        with serving(made, runner) as way:
            yield bare_ways(way)


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """The tool with the mark."""
    made = server()
    with asyncio.Runner() as runner, entered(runner, async_pool_of(dsn)) as pool:
        idem = Idempotency(pool=pool, principal=lambda _: "bench")

        @made.tool(name=TRANSFER.removeprefix("/"))
        @money_moving
        async def transferred(amount: int) -> str:  # noqa: ARG001 - the mark reads it
            return await async_transfer(await idem.connection())

        idem.install(made)
        with serving(made, runner) as way:
            yield our_ways(way)
