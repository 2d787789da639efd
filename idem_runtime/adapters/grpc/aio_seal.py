"""The seal around a method that an event loop calls: what it answers is sent once effect, key and answer are committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from idem_runtime import log_records
from idem_runtime.adapters.grpc.calls import Facts
from idem_runtime.adapters.grpc.held_context import HeldAioContext, HeldSyncOnAioContext
from idem_runtime.adapters.grpc.noting_context import NotingContext
from idem_runtime.adapters.grpc.running import AioRunning
from idem_runtime.adapters.grpc.sending import failed, send_async
from idem_runtime.adapters.rpc.async_passage import AsyncRpcHandling
from idem_runtime.adapters.rpc.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.passage import Told
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.marks import MoneyMoving
from idem_runtime.runtime import Runtime


def sealed(runtime: Runtime, method: Method, running: AioRunning, threads: Threads) -> Callable[..., Any]:
    """What an aio server calls in the place of an async method, or of a sync one that is money-moving."""
    held = HeldAioContext if method.is_async else HeldSyncOnAioContext
    external = isinstance(method.mark, MoneyMoving) and method.mark.effect == "external"
    answer = _outliving if external else _running

    async def call(message: Any, context: Any) -> Any:
        own: Any = partial(NotingContext, context)
        if method.protected:
            own = partial(held, context, Facts.of(context))
        handling = AsyncRpcHandling(runtime, method, RpcRequest(message), AsyncioWaiting(threads), own)
        try:
            told = await answer(handling, running)
        except Exception as error:  # noqa: BLE001 - told of, or raised again
            told = failed(method, handling.way, error)
        return await send_async(method, context, told)

    return call


async def _running(handling: AsyncRpcHandling, running: AioRunning) -> Told:
    with running.one():
        return await handling.answer()


async def _outliving(handling: AsyncRpcHandling, running: AioRunning) -> Told:
    """What has begun outside of Postgres goes on to its end, whether or not its caller is still there."""
    task = asyncio.create_task(_running(handling, running), name=f"idem {handling.method.name}")
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if handling.executing:
            running.keep(task)
            task.add_done_callback(partial(_log_unheard, handling.method))
        else:
            task.cancel()
            await asyncio.wait([task])
        raise


def _log_unheard(method: Method, task: asyncio.Task[Told]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log_records.method_failed(method.name, error)
