"""What runs on a server, so that it can be waited for: a server's own ``stop`` returns while methods still commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


class SyncRunning:
    """The money-moving calls of a sync server."""

    def __init__(self) -> None:
        """None runs."""
        self._changed = threading.Condition()
        self._calls = 0

    @contextmanager
    def one(self) -> Generator[None, None, None]:
        """One runs in this block."""
        with self._changed:
            self._calls += 1
        try:
            yield
        finally:
            with self._changed:
                self._calls -= 1
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until none runs."""
        with self._changed:
            self._changed.wait_for(lambda: self._calls == 0)


class AioRunning:
    """The money-moving calls of an aio server, also those whose RPC has ended."""

    def __init__(self) -> None:
        """None runs."""
        self._calls: set[asyncio.Future[None]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextmanager
    def one(self) -> Generator[None, None, None]:
        """One runs in this block."""
        call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calls.add(call)
        try:
            yield
        finally:
            self._calls.discard(call)
            call.set_result(None)

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold on to a task that nobody awaits any more: an event loop does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait(self) -> None:
        """Wait until none runs."""
        while self._calls:
            await asyncio.wait(self._calls)
