"""Takes over a server's registration: every method that is added gets its seal, and its start-up checks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import grpc

from idem_runtime.adapters.grpc.sending import refusing, serializer
from idem_runtime.adapters.rpc.methods import Method, method_of, names_of
from idem_runtime.errors import ConfigurationError
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks

Handler: TypeAlias = Any
"""gRPC's ``RpcMethodHandler``."""
MOST_SEALED = 1_024
"""Handlers that are remembered: one that takes every call is asked with whatever path a client makes up."""
GRPC_OWN = "/grpc."
"""Services of gRPC itself (health, reflection), which are left as they are."""
BEHAVIOURS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class Hook(ABC):
    """The registration of one server."""

    awaits: bool

    def __init__(self, runtime: Runtime, server: Any, checks: Checks) -> None:
        """Everything that is added goes through here."""
        self.runtime = runtime
        self._checks = checks
        self._methods: dict[str, Method] = {}
        self._started = False
        self._sealed: dict[str, tuple[Handler, Handler]] = {}
        self._add_generic = server.add_generic_rpc_handlers
        self._add_registered = server.add_registered_method_handlers
        server.add_generic_rpc_handlers = self.add_generic
        server.add_registered_method_handlers = self.add_registered

    def add_registered(self, service: str, handlers: Mapping[str, Handler]) -> None:
        """In the place of ``add_registered_method_handlers``.

        :raises ConfigurationError: names a method that is refused.
        """
        sealed = {name: self.sealed(f"/{service}/{name}", handler) for name, handler in handlers.items()}
        self._add_registered(service, sealed)

    def add_generic(self, handlers: Iterable[Any]) -> None:
        """In the place of ``add_generic_rpc_handlers``.

        :raises ConfigurationError: as above, of handlers that say which methods they have.
        """
        ours = [SealedGeneric(handler, self) for handler in handlers]
        for handler in ours:
            handler.check()
        self._add_generic(ours)

    def sealed(self, path: str, handler: Handler) -> Handler:
        """``handler`` with its method sealed; the same one again for the same.

        :raises ConfigurationError: it is refused.
        """
        known, sealed = self._sealed.get(path, (None, None))
        if known is not handler:
            sealed = self._seal(path, handler)
            if len(self._sealed) >= MOST_SEALED:
                self._sealed.clear()
            self._sealed[path] = (handler, sealed)
        return sealed

    def _seal(self, path: str, handler: Handler) -> Handler:
        method = method_of(
            path,
            next(filter(None, (getattr(handler, name) for name in BEHAVIOURS))),
            deserializer=handler.request_deserializer,
            serializer=handler.response_serializer,
            streams=handler.request_streaming or handler.response_streaming,
        )
        if (path.startswith(GRPC_OWN) and not method.protected) or _is_generated(method):
            return handler
        self._check(method)
        if not self._started:
            self._methods[path] = method
        if method.streams or (method.is_async and not self.awaits):
            return handler
        return grpc.unary_unary_rpc_method_handler(
            self.seal(method), handler.request_deserializer, serializer(method)
        )

    def _check(self, method: Method) -> None:
        method.check()
        if method.protected and method.is_async and not self.awaits:
            raise ConfigurationError(
                f"{method} is async, and grpc.server() never awaits it, so that its callers would wait until they give up: "
                "use grpc.aio.server(), or a sync method"
            )
        self._checks.run([method.endpoint()], complete=False)

    def complete(self) -> None:
        """Check all that there is, now that the server starts.

        :raises ConfigurationError: names what is refused.
        """
        self._checks.run([method.endpoint() for method in self._methods.values()])
        self._started = True

    @abstractmethod
    def seal(self, method: Method) -> Callable[..., Any]:
        """What is called in the place of ``method``."""


def _is_generated(method: Method) -> bool:
    """Whether the servicer does not implement it, so that the generated class refuses its calls.

    That is asked of what runs: ``functools.wraps`` of a generated method copies its ``__module__``.
    """
    function = getattr(method.behaviour, "__func__", method.behaviour)
    return str(getattr(function, "__globals__", {}).get("__name__", "")).endswith("_pb2_grpc")


class _Details(NamedTuple):
    """What a generic handler is asked with."""

    method: str
    invocation_metadata: tuple[Any, ...] = ()


class SealedGeneric(grpc.ServiceRpcHandler):  # type: ignore[misc]  # - gRPC has no types
    """A generic handler, the methods of which are sealed."""

    def __init__(self, inner: Any, hook: Hook) -> None:
        """``inner``: the application's."""
        self._inner = inner
        self._hook = hook

    def service_name(self) -> str:
        """Of the service, where it has a name."""
        named = getattr(self._inner, "service_name", None)
        return "" if named is None else str(named())

    def check(self) -> None:
        """:raises ConfigurationError: it has a method that is refused; where it does not tell, calls are refused."""
        service = self.service_name()
        paths = [f"/{service}/{name}" for name in names_of(service)]
        for path in [*paths, *getattr(self._inner, "_method_handlers", ())]:
            self._service(_Details(path))

    def service(self, handler_call_details: Any) -> Any:
        """The handler of one call; one that does not tell its methods before is checked here."""
        try:
            return self._service(handler_call_details)
        except ConfigurationError as error:
            return refusing(handler_call_details.method, error, awaits=self._hook.awaits)

    def _service(self, handler_call_details: Any) -> Any:
        handler = self._inner.service(handler_call_details)
        return handler and self._hook.sealed(handler_call_details.method, handler)
