"""What a method sees as its ``ServicerContext``: each run gets its own, and nothing that it says is sent before COMMIT."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import grpc
from grpc import aio

from idem_runtime.adapters.grpc.calls import STATUS_CODES, Aborted, Facts, number_of
from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer, checked
from idem_runtime.adapters.rpc.codes import OK


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
    def call_metadata(self) -> Metadata:
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
        self._code = number_of(code)

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
            self._code = number_of(code)
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

        def called(_: Any) -> None:
            callback(self)

        self._real.add_done_callback(called)


class HeldSyncOnAioContext(HeldContext):
    """The context of one run of a sync method on an aio server."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        def called(_: Any) -> None:
            callback()

        self._real.add_done_callback(called)
        return True

    def is_active(self) -> bool:
        return not self._real.done()


grpc.ServicerContext.register(HeldContext)
aio.ServicerContext.register(HeldContext)
