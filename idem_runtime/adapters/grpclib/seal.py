"""The seal around a method: what it answers is sent once effect, key and answer are committed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

from grpclib.const import Status
from grpclib.encoding.base import CodecBase, StatusDetailsCodecBase
from grpclib.exceptions import GRPCError

from idem_runtime.adapters.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.grpclib.held_stream import HeldStream
from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer
from idem_runtime.adapters.rpc.async_passage import AsyncRpcHandling, AsyncRpcPassage
from idem_runtime.adapters.rpc.codes import OK
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.passage import Told
from idem_runtime.adapters.rpc.refusals import DETAILS
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.adapters.rpc.running import AsyncRunning
from idem_runtime.runtime import Runtime

_sent: ContextVar[tuple[Any, bytes] | None] = ContextVar("idem_grpclib_sent", default=None)
"""The message that a seal sends, and its bytes: the codec is called in the same task."""


class StreamPassage(AsyncRpcPassage):
    """One way of an RPC: its method takes a stream, and sends its reply there."""

    async def call_method(self) -> Any:
        """The reply that the method has sent; a ``GRPCError`` that it raises is an answer."""
        stream: Any = self.context
        stream.request = self.message()
        try:
            await self.method.behaviour(stream)
        except GRPCError as error:
            stream.abort(error)
            raise
        return stream.reply


class RecordedBytes(CodecBase):
    """A server's codec, but that recorded bytes go out as they are."""

    def __init__(self, inner: CodecBase) -> None:
        """``inner``: the server's own."""
        self._inner = inner

    @property
    def __content_subtype__(self) -> str:
        """Which calls are taken."""
        return self._inner.__content_subtype__

    def encode(self, message: Any, message_type: Any) -> bytes:
        sent = _sent.get()
        if sent is not None and sent[0] is message:
            return sent[1]
        return self._inner.encode(message, message_type)

    def decode(self, data: bytes, message_type: Any) -> Any:
        return self._inner.decode(data, message_type)


class RecordedDetails(StatusDetailsCodecBase):
    """A server's codec of status details, but that recorded bytes go out as they are."""

    def __init__(self, inner: StatusDetailsCodecBase | None) -> None:
        """``inner``: the server's own."""
        self._inner = inner

    def encode(self, status: Status, message: str | None, details: Any) -> bytes:
        if isinstance(details, bytes) or self._inner is None:
            return bytes(details)
        return self._inner.encode(status, message, details)

    def decode(self, status: Status, message: str | None, data: bytes) -> Any:
        return data if self._inner is None else self._inner.decode(status, message, data)


def sealed(
    runtime: Runtime,
    method: Method,
    running: AsyncRunning,
    threads: Threads,
    details: StatusDetailsCodecBase | None,
) -> Callable[[Any], Awaitable[None]]:
    """What a server calls in the place of ``method``. ``details``: how it writes status details."""

    async def call(stream: Any) -> None:
        message = await stream.recv_message()
        if message is None:
            return  # whoever called has gone
        handling = AsyncRpcHandling(
            runtime,
            method,
            RpcRequest(message),
            AsyncioWaiting(threads),
            partial(HeldStream, stream, details),
            passage=StreamPassage,
        )
        told = await running.answer(handling)
        await _send(method, stream, told, handling)

    return call


async def _send(method: Method, stream: Any, told: Told, handling: AsyncRpcHandling) -> None:
    answer = told.answer
    if answer is None:  # of an unmarked method
        answer = handling.way.context.answer()  # type: ignore[union-attr]  # - it has been called
    if answer.initial:
        await stream.send_initial_metadata(metadata=answer.initial)
    if answer.code == OK:
        await _send_reply(method, stream, told, answer)
    await stream.send_trailing_metadata(
        status=Status(answer.code),
        status_message=answer.details or None,
        status_details=dict(answer.trailing).get(DETAILS),
        metadata=_without_reserved(answer.trailing),
    )


async def _send_reply(method: Method, stream: Any, told: Told, answer: RpcAnswer) -> None:
    reply = method.reply(answer.body) if told.reply is None else told.reply
    if told.answer is not None:
        _sent.set((reply, answer.body))
    await stream.send_message(reply)


def _without_reserved(metadata: Metadata) -> Metadata:
    """What grpclib can send: no name that begins so. When to come again is in RetryInfo, and not in gRPC's pushback."""
    return tuple(pair for pair in metadata if not pair[0].startswith("grpc-"))
