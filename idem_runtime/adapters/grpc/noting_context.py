"""What a method that is not money-moving sees as its context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from grpc import aio

from idem_runtime.adapters.grpc.calls import Aborted, number_of
from idem_runtime.adapters.rpc.answers import RpcAnswer


class NotingContext:
    """The context of a method that is not money-moving: gRPC's own, with a note of whether it has aborted."""

    def __init__(self, real: Any) -> None:
        """Nothing is said yet."""
        self.aborted: Exception | None = None
        self._real = real

    def __getattr__(self, name: str) -> Any:
        """As it is."""
        return getattr(self._real, name)

    def answer(self, body: bytes = b"") -> RpcAnswer:
        """What the method has set, as far as gRPC tells."""
        details = self._said("details") or ""
        text = details.decode() if isinstance(details, bytes) else str(details)
        return RpcAnswer(number_of(self._said("code")), text, body=body)

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


grpc.ServicerContext.register(NotingContext)
aio.ServicerContext.register(NotingContext)
