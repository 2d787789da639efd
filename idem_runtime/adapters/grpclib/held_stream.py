"""What a method sees as its ``Stream``: the request is read already, and nothing that it sends is sent before COMMIT."""

from __future__ import annotations

from typing import Any

from grpclib.const import Status
from grpclib.encoding.base import StatusDetailsCodecBase
from grpclib.exceptions import GRPCError, ProtocolError

from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer, checked
from idem_runtime.adapters.rpc.codes import OK
from idem_runtime.adapters.rpc.refusals import DETAILS


class HeldStream:
    """The stream of one run of a method. ``request``: its message, for ``key=`` and ``fingerprint=`` of a mark."""

    request: Any = None
    reply: Any = None

    def __init__(self, real: Any, codec: StatusDetailsCodecBase | None) -> None:
        """``codec``: how the server writes status details."""
        self.aborted: Exception | None = None
        self._real = real
        self._codec = codec
        self._read = False
        self._said: RpcAnswer | None = None
        self._initial: Metadata | None = None

    def __getattr__(self, name: str) -> Any:
        """``metadata``, ``deadline``, ``peer`` and the like."""
        return getattr(self._real, name)

    @property
    def call_metadata(self) -> Metadata:
        """What the caller sent beside its message."""
        return tuple(self._real.metadata.items())

    @property
    def time_left(self) -> float | None:
        """Seconds until the caller gives up."""
        deadline = self._real.deadline
        return None if deadline is None else float(deadline.time_remaining())

    def answer(self, body: bytes = b"") -> RpcAnswer:
        """What the method has said, with the message ``body``."""
        said = self._said or RpcAnswer(OK)
        return RpcAnswer(said.code, said.details, said.trailing, self._initial or (), body)

    def abort(self, error: GRPCError) -> None:
        """The method has raised ``error``."""
        self.aborted = error
        self._say(error.status, error.message, error.details, ())

    # As grpclib's own streams

    async def recv_message(self) -> Any:
        message = None if self._read else self.request
        self._read = True
        return message

    def __aiter__(self) -> HeldStream:
        return self

    async def __anext__(self) -> Any:
        message = await self.recv_message()
        if message is None:
            raise StopAsyncIteration
        return message

    async def send_initial_metadata(self, *, metadata: Any = None) -> None:
        if self._initial is not None:
            raise ProtocolError("Initial metadata was already sent")
        self._initial = _pairs(metadata)

    async def send_message(self, message: Any) -> None:
        if self.reply is not None:
            raise ProtocolError("Message was already sent")
        self.reply = message

    async def send_trailing_metadata(
        self,
        *,
        status: Status = Status.OK,
        status_message: str | None = None,
        status_details: Any = None,
        metadata: Any = None,
    ) -> None:
        if self._said is not None:
            raise ProtocolError("Trailing metadata was already sent")
        self._say(status, status_message, status_details, _pairs(metadata))

    def _say(self, status: Status, message: str | None, details: Any, metadata: Metadata) -> None:
        if details is not None and self._codec is not None:
            metadata = (*metadata, (DETAILS, self._codec.encode(status, message, details)))
        self._said = RpcAnswer(status.value, message or "", metadata)


def _pairs(metadata: Any) -> Metadata:
    return checked(metadata.items() if hasattr(metadata, "items") else metadata or ())
