"""The seals around the methods of a server: what a method answers is sent once effect, key and answer are committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any

import grpc

from idem_runtime import log_records
from idem_runtime.adapters.grpc.contexts import (
    STATUS_CODES,
    Facts,
    HeldAioContext,
    HeldContext,
    HeldSyncOnAioContext,
    NotingContext,
)
from idem_runtime.adapters.grpc.running import AioRunning, SyncRunning
from idem_runtime.adapters.grpc.seats import Seats
from idem_runtime.adapters.http.sync_passage import handle
from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer
from idem_runtime.adapters.rpc.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.rpc.codes import OK
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.passage import AsyncRpcHandling, SyncRpcPassage, Told
from idem_runtime.adapters.rpc.refusals import failure
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.errors import ConfigurationError, KeyReused
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.run_steps import Waits
from idem_runtime.marks import MoneyMoving
from idem_runtime.runtime import Runtime

_sent: ContextVar[tuple[Any, bytes] | None] = ContextVar("idem_grpc_sent", default=None)
"""The message that a seal has returned, and its bytes: gRPC calls the serializer in the same context."""


def serializer(method: Method) -> Callable[[Any], bytes]:
    """The bytes that are recorded go out as they are: parsed and serialized again, they could be others."""

    def serialize(reply: Any) -> bytes:
        sent = _sent.get()
        if sent is not None and sent[0] is reply:
            return sent[1]
        return bytes(reply) if method.serializer is None else method.serializer(reply)

    return serialize


def refusing(path: str, error: ConfigurationError, *, awaits: bool) -> Any:
    """The handler of a call for which a method was found that is refused, too late to stop the server's start."""
    told = failure(error, RpcAnswer(OK))

    def refused(_: Any, context: Any) -> None:
        log_records.method_failed(path, error)
        context.abort(STATUS_CODES[told.code], told.details)

    async def refused_async(_: Any, context: Any) -> None:
        log_records.method_failed(path, error)
        await context.abort(STATUS_CODES[told.code], told.details)

    return grpc.unary_unary_rpc_method_handler(refused_async if awaits else refused)


class SeatedPassage(SyncRpcPassage):
    """One way of an RPC on a sync server."""

    seats: Seats | None = None

    def claiming(self, execution: Execution) -> Waits[bool]:
        """Admit ``execution``; one that has to wait for another leaves its seat for that."""
        if self.seats is None or not _must_wait(execution):
            return (yield from super().claiming(execution))
        with self.seats.waiting():
            return (yield from super().claiming(execution))


def _must_wait(execution: Execution) -> bool:
    try:
        return execution.enter() is not None
    except KeyReused:  # the admission says it
        return False


def sync_seal(
    runtime: Runtime, method: Method, running: SyncRunning, seats: Seats | None
) -> Callable[..., Any]:
    """What a server calls in the place of a sync method, in a thread."""

    def sealed(message: Any, context: Any) -> Any:
        request, facts = RpcRequest(message), Facts.of(context) if method.protected else None
        way: SeatedPassage | None = None

        def passage() -> SeatedPassage:
            nonlocal way
            own = NotingContext(context) if facts is None else HeldContext(context, facts)
            way = SeatedPassage(runtime, method, request, own)
            way.seats = seats
            return way

        try:
            with running.one() if method.protected else nullcontext():
                told: Told = handle(passage, _nothing, _nothing)
        except Exception as error:
            told = _failed(method, way, error)
        return _send(method, context, told)

    if seats is not None and method.protected:
        sealed.experimental_thread_pool = seats  # type: ignore[attr-defined]  # - gRPC looks for it there
    return sealed


def aio_seal(runtime: Runtime, method: Method, running: AioRunning, threads: Threads) -> Callable[..., Any]:
    """What an aio server calls in the place of an async method, or of a sync one that is money-moving."""
    held = HeldAioContext if method.is_async else HeldSyncOnAioContext
    outlives = isinstance(method.mark, MoneyMoving) and method.mark.effect == "external"

    async def sealed(message: Any, context: Any) -> Any:
        own = partial(held, context, Facts.of(context)) if method.protected else partial(NotingContext, context)
        handling = AsyncRpcHandling(runtime, method, RpcRequest(message), AsyncioWaiting(threads), own)
        try:
            if outlives:
                told = await _outliving(handling, running)
            else:
                told = await _running(handling, running)
        except Exception as error:
            told = _failed(method, handling.way, error)
        return await _send_aio(method, context, told)

    return sealed


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


def _nothing() -> None:
    """A way has all that it needs, and leaves nothing behind."""


def _failed(method: Method, way: Any, error: Exception) -> Told:
    """What is told of an exception, which is logged here; of an unmarked method that borrowed nothing, gRPC tells itself.

    :raises Exception: that one, or the abort of an unmarked method.
    """
    if way is None or (not method.protected and (way.lent is None or way.context.aborted is not None)):
        raise error
    log_records.method_failed(method.name, error)
    return Told(failure(error, way.context.answer()))


def _send(method: Method, context: Any, told: Told) -> Any:
    """Say what is told on the server's own context; what gRPC is to send.

    :raises Exception: an abort.
    """
    answer = told.answer
    if answer is None:
        return told.reply
    if answer.initial:
        context.send_initial_metadata(answer.initial)
    _set_trailing(context, answer.trailing)
    if answer.code != OK:
        context.abort(STATUS_CODES[answer.code], answer.details)
    return _reply(method, context, told, answer)


async def _send_aio(method: Method, context: Any, told: Told) -> Any:
    """As :func:`_send`."""
    answer = told.answer
    if answer is None:
        return told.reply
    if answer.initial:
        await context.send_initial_metadata(answer.initial)
    _set_trailing(context, answer.trailing)
    if answer.code != OK:
        await context.abort(STATUS_CODES[answer.code], answer.details)
    return _reply(method, context, told, answer)


def _set_trailing(context: Any, trailing: Metadata) -> None:
    """An interceptor may have set some before the method was called: only what has the same name is replaced."""
    if trailing:
        names = {name for name, _ in trailing}
        before: Metadata = getattr(context, "trailing_metadata", tuple)() or ()
        context.set_trailing_metadata((*(pair for pair in before if pair[0] not in names), *trailing))


def _reply(method: Method, context: Any, told: Told, answer: RpcAnswer) -> Any:
    if answer.details:
        context.set_details(answer.details)
    reply = method.reply(answer.body) if told.reply is None else told.reply
    _sent.set((reply, answer.body))
    return reply
