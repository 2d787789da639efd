"""How a plain event loop waits: for what has to be done in threads, and for steps that must not be given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cached_property
from typing import Any, TypeVar

from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.execution.run_steps import Waits, run_to_the_end

T = TypeVar("T")
THREADS = 40
"""Of each kind."""


class Threads:
    """The threads of one server, made when they are needed.

    What takes a connection, what gives one back and the methods themselves have threads of their own: each may be waiting
    for the others.
    """

    @cached_property
    def methods(self) -> ThreadPoolExecutor:
        """For sync methods."""
        return ThreadPoolExecutor(THREADS, "idem-methods")

    @cached_property
    def taking(self) -> ThreadPoolExecutor:
        """For what may wait for a connection."""
        return ThreadPoolExecutor(THREADS, "idem-taking")

    @cached_property
    def giving(self) -> ThreadPoolExecutor:
        """For what seals and gives back."""
        return ThreadPoolExecutor(THREADS, "idem-giving")


class AsyncioWaiting:
    """How one RPC waits in the running event loop."""

    def __init__(self, threads: Threads) -> None:
        """``threads``: of the server."""
        self.loop = asyncio.get_running_loop()
        self._threads = threads

    async def in_thread(self, work: Callable[[], Any], *, takes: bool = False) -> Any:
        """Run what waits for the database, to its end."""
        pool = self._threads.taking if takes else self._threads.giving
        return await uncancelled(self._in(pool, work))

    async def of_method(self, work: Callable[[], Any]) -> Any:
        """Run a sync method; one that is cancelled goes on."""
        return await self._in(self._threads.methods, work)

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Any:
        return await self.loop.run_in_executor(pool, copy_context().run, work)

    def from_thread(self, given: Awaitable[Any]) -> Any:
        """Wait for what the event loop has to do."""
        return asyncio.run_coroutine_threadsafe(_awaited(given), self.loop).result()

    async def shielded(self, steps: Waits[T]) -> T:
        """Take ``steps`` to their end, whoever cancels."""
        return await run_to_the_end(steps)


async def _awaited(given: Awaitable[Any]) -> Any:
    return await given
