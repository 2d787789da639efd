"""The seal around a method that an event loop calls: what it answers is sent once effect, key and answer are committed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from idem_runtime.adapters.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.grpc.calls import Facts
from idem_runtime.adapters.grpc.held_context import HeldAioContext, HeldSyncOnAioContext
from idem_runtime.adapters.grpc.noting_context import NotingContext
from idem_runtime.adapters.grpc.sending import failed, send_async
from idem_runtime.adapters.rpc.async_passage import AsyncRpcHandling
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.adapters.rpc.running import AsyncRunning
from idem_runtime.runtime import Runtime


def sealed(runtime: Runtime, method: Method, running: AsyncRunning, threads: Threads) -> Callable[..., Any]:
    """What an aio server calls in the place of an async method, or of a sync one that is money-moving."""
    held = HeldAioContext if method.is_async else HeldSyncOnAioContext

    async def call(message: Any, context: Any) -> Any:
        own: Any = partial(NotingContext, context)
        if method.protected:
            own = partial(held, context, Facts.of(context))
        handling = AsyncRpcHandling(runtime, method, RpcRequest(message), AsyncioWaiting(threads), own)
        try:
            told = await running.answer(handling)
        except Exception as error:  # noqa: BLE001 - told of, or raised again
            told = failed(method, handling.way, error)
        return await send_async(method, context, told)

    return call
