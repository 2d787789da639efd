"""Servers that need an event loop of their own: it runs in a thread, because a turn of the benchmark waits in another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

from benchmarks.runtime.adapters.asked import bare_ways, our_ways
from benchmarks.runtime.adapters.caller import calling
from benchmarks.runtime.worker import Way

T = TypeVar("T")
Subject = Callable[[str], AbstractContextManager[Mapping[str, Way]]]
"""Takes the DSN."""


class Serving(Protocol):
    """A server, with the mark or without us; gives its port."""

    def __call__(self, dsn: str, *, marked: bool) -> AbstractAsyncContextManager[int]: ...


@contextmanager
def in_thread(around: AbstractAsyncContextManager[T]) -> Generator[T]:
    """What ``around`` gives, in a thread's event loop from beginning to end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(around.__aenter__(), loop).result()
        asyncio.run_coroutine_threadsafe(around.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def both_ways(serving: Serving) -> tuple[Subject, Subject]:
    """A server without us, and the same with the mark, called by a client in another process."""

    @contextmanager
    def plain(dsn: str) -> Generator[Mapping[str, Way]]:
        with in_thread(serving(dsn, marked=False)) as port, calling("http", port) as way:
            yield bare_ways(way)

    @contextmanager
    def ours(dsn: str) -> Generator[Mapping[str, Way]]:
        with in_thread(serving(dsn, marked=True)) as port, calling("http", port) as way:
            yield our_ways(way)

    return plain, ours
