"""Servers that need an event loop of their own: it runs in a thread, because a turn of the benchmark waits in another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

T = TypeVar("T")


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
