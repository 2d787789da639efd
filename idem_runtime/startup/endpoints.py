"""The rows of a routing table, whatever the framework: an endpoint, and the functions that answer for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from idem_runtime.idempotency import Idempotency
from idem_runtime.marks import Mark, mark_of, marked_function
from idem_runtime.startup.connection_check import ShownConnection, place, shown_connection

METHODS = {name: name.upper() for name in ("get", "head", "post", "put", "patch", "delete", "options")} | {
    "dispatch_request": "*"
}
"""What answers in a class view, by the name of its method."""
EVERY_METHOD = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
NO_OPERATION = frozenset({"HEAD", "OPTIONS"})
"""Methods that frameworks add to others."""
LENDING_DEPENDENCIES = (
    Idempotency.connection,
    Idempotency.sync_connection,
    Idempotency.session,
    Idempotency.sync_session,
)
"""Dependencies of ours, which refuse nothing."""


@dataclass(frozen=True)
class Endpoint:
    """One row of a routing table; ``methods`` is ``None`` where it answers all.

    ``name``: what the framework calls it, for messages. ``host``: where only requests to one host reach it.
    ``dependencies``: gives what the framework calls before it, sub-dependencies included, where it does.
    ``parameter``: the framework's way to hand it our connection, for messages. ``words``: names that are a way to it.
    """

    template: str
    methods: frozenset[str] | None
    function: Any
    name: str | None = None
    host: str = ""
    dependencies: Callable[[], Iterable[Any]] | None = None
    parameter: str | dict[bool, str] | None = None
    words: frozenset[str] = frozenset()

    @property
    def posts(self) -> bool:
        """Whether POST reaches it."""
        return self.methods is None or "POST" in self.methods

    @property
    def view_class(self) -> type | None:
        """The class that answers, where one does."""
        return view_class_of(self.function)

    def mark(self) -> Mark | None:
        """The mark of what answers POST."""
        return mark_of_endpoint(self.function, "POST")

    def handlers(self) -> Iterator[Handler]:
        """What answers: one function for all methods, or the marked methods of a class."""
        cls = self.view_class
        if cls is None:
            yield Handler(self, self.function, self.methods)
            return
        for name, method in METHODS.items():
            if mark_of(getattr(cls, name, None)) is not None:
                methods = self.methods if method == "*" else frozenset({method})
                yield Handler(self, getattr(cls, name), methods)

    def operation(self, method: str) -> str:
        """The operation of a request whose mark names none: ``POST /wallet/transfers``."""
        host = f"//{self.host}" if self.host else ""
        return f"{method} {host}{self.template}"

    def where(self, function: Any = None) -> str:
        """Where it is written, for messages."""
        written = place(function or self.function)
        return written if self.name is None else f"endpoint {self.name!r}, {written}"


@dataclass(frozen=True)
class Handler:
    """A function that answers some methods of an endpoint; ``methods`` is ``None`` where it answers all."""

    endpoint: Endpoint
    function: Any
    methods: frozenset[str] | None

    @property
    def mark(self) -> Mark | None:
        """Its own mark."""
        return mark_of(self.function)

    @property
    def operations(self) -> list[str]:
        """The operations of its requests where the mark names none: ``POST /wallet/transfers``."""
        methods = EVERY_METHOD if self.methods is None else self.methods - NO_OPERATION
        return [self.endpoint.operation(method) for method in sorted(methods)]

    def __str__(self) -> str:
        """Its request and place, for messages."""
        methods = self.methods or frozenset("*")
        method = "POST" if "POST" in methods else "/".join(sorted(methods))
        return f"{method} {self.endpoint.template} ({self.endpoint.where(self.function)})"

    def before_admission(self) -> list[str]:
        """The application's dependencies that run before its claim is looked up, and may refuse a retry; by name."""
        calls = [] if self.endpoint.dependencies is None else list(self.endpoint.dependencies())
        functions = [getattr(call, "__func__", call) for call in calls]
        if Idempotency.admitted in functions:
            return []
        return [
            getattr(call, "__qualname__", repr(call))
            for call, function in zip(calls, functions, strict=True)
            if function not in LENDING_DEPENDENCIES
        ]

    def shown_connection(self) -> ShownConnection:
        """Whether it shows where it gets its transaction."""
        return shown_connection(
            self.function,
            dependencies=None if self.endpoint.dependencies is None else self.endpoint.dependencies(),
            owner=self.endpoint.view_class,
            words=self.endpoint.words,
        )


def view_class_of(function: Any) -> type | None:
    """The class behind an endpoint: itself, or what Flask's ``as_view`` made it of."""
    return function if inspect.isclass(function) else getattr(function, "view_class", None)


def mark_of_endpoint(function: Any, method: str) -> Mark | None:
    """The mark on an endpoint, or on the method of its class that answers ``method``."""
    mark = mark_of(function)
    if mark is not None:
        return mark
    return next((mark for mark in map(mark_of, _methods(function, method)) if mark is not None), None)


def function_of_endpoint(function: Any, method: str) -> Any:
    """What that mark made of the function that answers ``method``; the endpoint itself, where there is no mark."""
    carriers = (function, *_methods(function, method))
    return marked_function(next((carrier for carrier in carriers if mark_of(carrier) is not None), function))


def _methods(function: Any, method: str) -> tuple[Any, ...]:
    """The methods of an endpoint's class, where it has one, that may carry the mark of what answers ``method``."""
    cls = view_class_of(function)
    return () if cls is None else (getattr(cls, method.lower(), None), getattr(cls, "dispatch_request", None))
