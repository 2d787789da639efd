"""What every adapter's application is asked: the same body and tenant, with a key that is new or one that was used before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any
from uuid import uuid4

from benchmarks.runtime import asgi
from benchmarks.runtime.worker import SETTLE, Way

UNMARKED, TRANSFER = "/unmarked", "/transfer"
Key = Callable[[], str]
WayOf = Callable[[str, Key], Way]
"""A way that asks for a path, with the keys that it is given."""


def new_key() -> str:
    """Nobody has used it."""
    return str(uuid4())


def replayed_key() -> str:
    """Always the same."""
    return "replayed"


def bare_ways(way: WayOf) -> dict[str, Way]:
    """Of an application without the runtime."""
    return {"unmarked": way(UNMARKED, new_key), "transfer": way(TRANSFER, new_key)}


def our_ways(way: WayOf) -> dict[str, Way]:
    """Of the same with the runtime installed; the answer that is replayed is there when this returns."""
    replay = way(TRANSFER, replayed_key)
    replay(1)
    return {"unmarked": way(UNMARKED, new_key), "first": way(TRANSFER, new_key), "replay": replay}


def in_loop(runner: asyncio.Runner, call: Callable[[], Awaitable[object]]) -> Way:
    """A way that awaits ``call`` in the event loop of ``runner``, which then does what is left to do after an answer."""

    async def calls(count: int) -> list[float]:
        taken: list[float] = []
        for _ in range(count):
            began = time.perf_counter()
            await call()
            taken.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(SETTLE)
        return taken

    return lambda count: runner.run(calls(count))


@contextmanager
def asgi_ways(app: Any, ways: Callable[[WayOf], dict[str, Way]]) -> Generator[Mapping[str, Way]]:
    """``ways`` of an ASGI application, between its start and its end."""
    with asyncio.Runner() as runner, entered(runner, asgi.running(app)):

        def way(path: str, key: Key) -> Way:
            async def call() -> None:
                headers = [*asgi.HEADERS, (b"idempotency-key", key().encode())]
                status = await asgi.post(app, path, headers, asgi.BODY)
                assert status == 200, f"{path}: {status}"

            return in_loop(runner, call)

        yield ways(way)


@contextmanager
def entered(runner: asyncio.Runner, around: AbstractAsyncContextManager[Any]) -> Generator[Any]:
    """What ``around`` gives, in the event loop of ``runner``; one task begins and ends it."""
    over = asyncio.Event()

    async def hold(given: asyncio.Future[Any]) -> None:
        async with around as value:
            given.set_result(value)
            await over.wait()

    async def begin() -> tuple[asyncio.Task[None], Any]:
        given = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(hold(given))
        await asyncio.wait([task, given], return_when=asyncio.FIRST_COMPLETED)
        return task, given.result() if given.done() else await task

    async def end(task: asyncio.Task[None]) -> None:
        over.set()
        await task

    task, value = runner.run(begin())
    try:
        yield value
    finally:
        runner.run(end(task))
