"""How a passage waits in asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.execution.run_steps import Waits, in_a_loop_of_its_own, run_to_the_end

T = TypeVar("T")
THREADS = 40


class Waiting:
    """Threads of its own, because all of the loop's may be waiting for the database: Powertools runs middleware in them."""

    def __init__(self) -> None:
        """No thread is started yet."""
        self._threads = {takes: ThreadPoolExecutor(THREADS, "idem-resolver") for takes in (False, True)}

    async def in_thread(self, work: Callable[[], Any], *, takes: bool = False) -> Any:
        """Run what waits for the database, to its end; what ``takes`` a connection in other threads than what gives one."""
        loop = asyncio.get_running_loop()
        return await uncancelled(_ended(loop.run_in_executor(self._threads[takes], copy_context().run, work)))

    def from_thread(self, given: Awaitable[Any]) -> Any:
        """Wait for what is to be awaited: Powertools runs a sync handler in the event loop's own thread, which cannot."""
        return in_a_loop_of_its_own(given)

    async def shielded(self, steps: Waits[T]) -> T:
        """Take ``steps`` to their end, whoever cancels."""
        return await run_to_the_end(steps)


async def _ended(future: asyncio.Future[Any]) -> Any:
    return await future
