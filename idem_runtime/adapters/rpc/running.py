"""What runs on a server in an event loop, so that it can be waited for, also where its RPC has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

from idem_runtime import log_records
from idem_runtime.adapters.rpc.async_passage import AsyncRpcHandling
from idem_runtime.adapters.rpc.method_left import as_exception
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.passage import Told
from idem_runtime.marks import MoneyMoving


class AsyncRunning:
    """The calls of one server."""

    def __init__(self) -> None:
        """None runs."""
        self._calls: set[asyncio.Future[None]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def answer(self, handling: AsyncRpcHandling) -> Told:
        """What is to be sent.

        :raises Exception: what the method raised. :raises asyncio.CancelledError: the RPC is cancelled, and not only
            something that the method has awaited.
        """
        try:
            return await self._answer(handling)
        except asyncio.CancelledError as error:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]  # - it runs in one
                raise
            raise as_exception(error) from error

    async def _answer(self, handling: AsyncRpcHandling) -> Told:
        mark = handling.method.mark
        external = isinstance(mark, MoneyMoving) and mark.effect == "external"
        return await (self._outliving(handling) if external else self._running(handling))

    async def wait(self) -> None:
        """Wait until none runs."""
        while self._calls:
            await asyncio.wait(self._calls)

    @contextmanager
    def _one(self) -> Generator[None, None, None]:
        call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calls.add(call)
        try:
            yield
        finally:
            self._calls.discard(call)
            call.set_result(None)

    async def _running(self, handling: AsyncRpcHandling) -> Told:
        with self._one():
            return await handling.answer()

    async def _outliving(self, handling: AsyncRpcHandling) -> Told:
        """What has begun outside of Postgres goes on to its end, whether or not its caller is still there."""
        task = asyncio.create_task(self._running(handling), name=f"idem {handling.method.name}")
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if handling.executing:
                self._keep(task, handling.method)
            else:
                task.cancel()
                await asyncio.wait([task])
            raise

    def _keep(self, task: asyncio.Task[Told], method: Method) -> None:
        """Hold on to a task that nobody awaits any more: an event loop does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(partial(_log_unheard, method))


def _log_unheard(method: Method, task: asyncio.Task[Told]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log_records.method_failed(method.name, error)
