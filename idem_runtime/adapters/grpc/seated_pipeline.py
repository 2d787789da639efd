"""The interceptors of a sync server, whose handlers of money-moving methods keep the threads of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

POOL = "experimental_thread_pool"
"""Where gRPC looks for the threads of a method."""


class SeatedPipeline:
    """In the place of the server's own: an interceptor that puts a function around a method's hides its threads."""

    def __init__(self, inner: Any) -> None:
        """``inner``: gRPC's own."""
        self._inner = inner

    def execute(self, thunk: Callable[[Any], Any], context: Any) -> Any:
        """The handler of one call."""
        seats: Any = None

        def found(details: Any) -> Any:
            nonlocal seats
            handler = thunk(details)
            seats = getattr(getattr(handler, "unary_unary", None), POOL, None)
            return handler

        handler = self._inner.execute(found, context)
        behaviour = getattr(handler, "unary_unary", None)
        if seats is None or behaviour is None or hasattr(behaviour, POOL):
            return handler
        return _seated(handler, behaviour, seats)


def _seated(handler: Any, behaviour: Callable[..., Any], seats: Any) -> Any:
    def call(message: Any, context: Any) -> Any:
        return behaviour(message, context)

    setattr(call, POOL, seats)
    return grpc.unary_unary_rpc_method_handler(
        call, handler.request_deserializer, handler.response_serializer
    )


def keep_seats(server: Any) -> None:
    """Whatever interceptors ``server`` has, its money-moving methods run in their own threads."""
    state = getattr(server, "_state", None)
    pipeline = getattr(state, "interceptor_pipeline", None)
    if state is not None and pipeline is not None:
        state.interceptor_pipeline = SeatedPipeline(pipeline)
