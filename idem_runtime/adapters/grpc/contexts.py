"""What a method sees as its ``ServicerContext``: each run gets its own, and nothing that it says is sent before COMMIT."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
from grpc import aio

from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer, checked
from idem_runtime.adapters.rpc.codes import OK, UNKNOWN

STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}
"""By number."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call, read before the method runs.

    On an aio server, asking a context for its peer after the call has ended ends the process; a method may outlive its call.
    """

    metadata: Metadata
    peer: str
    peer_identities: Sequence[bytes] | None
    peer_identity_key: str | None
    auth_context: Mapping[str, Sequence[bytes]]
    deadline: float | None
    """On the monotonic clock."""

    @classmethod
    def of(cls, context: Any) -> Facts:
        """Those of gRPC's own ``context``, or of what an interceptor put around it."""
        left = context.time_remaining()
        return cls(
            tuple(context.invocation_metadata() or ()),
            context.peer(),
            context.peer_identities(),
            context.peer_identity_key(),
            context.auth_context(),
            None if left is None else time.monotonic() + left,
        )


class Aborted(Exception):
    """Leaves a method whose status is set."""


class HeldContext:
    """The context of one run of a sync method. What only this server knows (compression, cancelling) goes to ``real``."""

    _aborting: type[Exception] = Aborted

    def __init__(self, real: Any, facts: Facts) -> None:
        """Nothing is said yet."""
        self.aborted: Exception | None = None
        self._real = real
        self._facts = facts
        self._code = OK
        self._details = ""
        self._trailing: Metadata = ()
        self._initial: Metadata = ()

    def __getattr__(self, name: str) -> Any:
        """What else ``real`` has, but for what sends: an interceptor may have put something of its own there.

        :raises AttributeError: ``real`` has no such attribute, or the method has one request and one reply.
        """
        if name in {"read", "write"}:
            raise AttributeError(f"{name}() is for streams: return the reply")
        return getattr(self._real, name)

    @property
    def time_left(self) -> float | None:
        """Seconds until the caller gives up."""
        deadline = self._facts.deadline
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    @property
    def metadata(self) -> Metadata:
        """What the caller sent beside its message."""
        return self._facts.metadata

    def answer(self, body: bytes = b"") -> RpcAnswer:
        """What this context says, with the message ``body``."""
        return RpcAnswer(self._code, self._details, self._trailing, self._initial, body)

    # As gRPC's own contexts

    def invocation_metadata(self) -> Metadata:
        return self._facts.metadata

    def peer(self) -> str:
        return self._facts.peer

    def peer_identities(self) -> Sequence[bytes] | None:
        return self._facts.peer_identities

    def peer_identity_key(self) -> str | None:
        return self._facts.peer_identity_key

    def auth_context(self) -> Mapping[str, Sequence[bytes]]:
        return self._facts.auth_context

    def time_remaining(self) -> float | None:
        return self.time_left

    def code(self) -> grpc.StatusCode | None:
        return None if self._code == OK else STATUS_CODES[self._code]

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> Metadata:
        return self._trailing

    def set_code(self, code: Any) -> None:
        self._code = _number(code)

    def set_details(self, details: str) -> None:
        details.encode()  # what cannot be sent is said here
        self._details = details

    def set_trailing_metadata(self, trailing_metadata: Iterable[Any]) -> None:
        self._trailing = checked(trailing_metadata)

    def send_initial_metadata(self, initial_metadata: Iterable[Any]) -> Any:
        self._hold_initial(initial_metadata)

    def abort(self, code: Any, details: str = "", trailing_metadata: Iterable[Any] = ()) -> Any:
        self._abort(code, details, trailing_metadata)

    def abort_with_status(self, status: grpc.Status) -> Any:
        self._abort(status.code, status.details, status.trailing_metadata or ())

    def _hold_initial(self, metadata: Iterable[Any]) -> None:
        if self._initial:
            raise ValueError("Initial metadata no longer allowed!")
        self._initial = checked(metadata)

    def _abort(self, code: Any, details: str, trailing: Iterable[Any]) -> NoReturn:
        """The first one stands: it may have been swallowed, and counts all the same."""
        if self.aborted is None:
            self._trailing = checked(trailing) or self._trailing
            self.set_details(details or self._details)
            self._code = _number(code)
            self.aborted = self._aborting("Locally aborted.")
        raise self.aborted


class HeldAioContext(HeldContext):
    """The context of one run of an async method."""

    _aborting = aio.AbortError

    async def send_initial_metadata(self, initial_metadata: Iterable[Any]) -> None:
        self._hold_initial(initial_metadata)

    async def abort(self, code: Any, details: str = "", trailing_metadata: Iterable[Any] = ()) -> None:
        self._abort(code, details, trailing_metadata)

    async def abort_with_status(self, status: grpc.Status) -> None:
        self._abort(status.code, status.details, status.trailing_metadata or ())

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """The callback gets this context, which may be asked after the call has ended."""
        self._real.add_done_callback(lambda _: callback(self))


class HeldSyncOnAioContext(HeldContext):
    """The context of one run of a sync method on an aio server."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self._real.add_done_callback(lambda _: callback())
        return True

    def is_active(self) -> bool:
        return not self._real.done()


class NotingContext:
    """The context of a method that is not money-moving: gRPC's own, with a note of whether it has aborted."""

    def __init__(self, real: Any) -> None:
        """Nothing is said yet."""
        self.aborted: Exception | None = None
        self._real = real

    def __getattr__(self, name: str) -> Any:
        """As it is."""
        return getattr(self._real, name)

    @property
    def time_left(self) -> float | None:
        """Seconds until the caller gives up."""
        return self._real.time_remaining()  # type: ignore[no-any-return]  # - gRPC's

    @property
    def metadata(self) -> Metadata:
        """What the caller sent beside its message."""
        return tuple(self._real.invocation_metadata() or ())

    def answer(self, body: bytes = b"") -> RpcAnswer:
        """What the method has set, as far as gRPC tells."""
        details = self._said("details") or ""
        text = details.decode() if isinstance(details, bytes) else str(details)
        return RpcAnswer(_number(self._said("code")), text, body=body)

    def _said(self, name: str) -> Any:
        read = getattr(self._real, name, None)
        return None if read is None else read()

    def abort(self, *args: Any, **kwargs: Any) -> Any:
        return self._noting(self._real.abort, args, kwargs)

    def abort_with_status(self, *args: Any, **kwargs: Any) -> Any:
        return self._noting(self._real.abort_with_status, args, kwargs)

    def _noting(self, abort: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.aborted = Aborted()
        return abort(*args, **kwargs)


def _number(code: Any) -> int:
    if code is None:
        return OK
    number = code.value[0] if isinstance(code, grpc.StatusCode) else code
    return number if number in STATUS_CODES else UNKNOWN


for _own in (HeldContext, NotingContext):
    grpc.ServicerContext.register(_own)
    aio.ServicerContext.register(_own)
