"""How an answer is said on gRPC's own context, once it is committed."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import grpc

from idem_runtime import log_records
from idem_runtime.adapters.grpc.calls import STATUS_CODES
from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer
from idem_runtime.adapters.rpc.codes import OK
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.passage import RpcPassage, Told
from idem_runtime.adapters.rpc.refusals import failure
from idem_runtime.errors import ConfigurationError

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


def send(method: Method, context: Any, told: Told) -> Any:
    """Say what is told; gives what gRPC is to send.

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


async def send_async(method: Method, context: Any, told: Told) -> Any:
    """As :func:`send`."""
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


def failed(method: Method, way: RpcPassage | None, error: Exception) -> Told:
    """What is told of an exception, which is logged here; of an unmarked method that borrowed nothing, gRPC tells itself.

    :raises Exception: that one, or the abort of an unmarked method.
    """
    if way is None or (not method.protected and (not way.borrowed or way.context.aborted is not None)):
        raise error
    log_records.method_failed(method.name, error)
    return Told(failure(error, way.context.answer()))


def refusing(path: str, error: ConfigurationError, *, awaits: bool) -> Any:
    """The handler of a call for which a method was found that is refused, too late to stop the server's start."""
    told = failure(error, RpcAnswer(OK))

    def refused(_: Any, context: Any) -> None:
        log_records.method_failed(path, error)
        context.abort(STATUS_CODES[told.code], told.details)

    async def refused_async(_: Any, context: Any) -> None:
        log_records.method_failed(path, error)
        await context.abort(STATUS_CODES[told.code], told.details)

    return grpc.unary_unary_rpc_method_handler(refused_async if awaits else refused)  # pyright: ignore[reportUnknownVariableType] - gRPC has no types
