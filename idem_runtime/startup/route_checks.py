"""What every HTTP adapter checks of its routing table before it serves.

Marks where they are required, what the linter read, one name for one function, who asks, and where the transaction is.
"""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError
from idem_runtime.idempotency import Idempotency
from idem_runtime.marks import Mark, MoneyMoving, NotMoneyMoving, mark_of, marked_function
from idem_runtime.runtime import Runtime
from idem_runtime.startup.connection_check import (
    Answer,
    Mode,
    asked,
    check_mode,
    lines_for,
    place,
    refusal,
    refuse,
)
from idem_runtime.startup.route_patterns import Pattern

MARK_NAMES: dict[type[Any], str] = {MoneyMoving: "money_moving", NotMoneyMoving: "not_money_moving"}
METHODS = {name: name.upper() for name in ("get", "head", "post", "put", "patch", "delete", "options")} | {
    "dispatch_request": "*"
}
"""What answers in a class view, by the name of its method."""

OPTIONS = ("require_marks", "inventory", "without_connection")
"""What ``idem.install(app, …)`` takes."""

EVERY_METHOD = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
LENDING = (
    Idempotency.connection,
    Idempotency.sync_connection,
    Idempotency.session,
    Idempotency.sync_session,
)
"""Dependencies of ours, which refuse nothing."""
NO_OPERATION = frozenset({"HEAD", "OPTIONS"})
"""Methods that come with others."""


@dataclass(frozen=True)
class Endpoint:
    """One row of a routing table; ``methods`` is ``None`` where it answers all.

    ``name``: what the framework calls it, for messages. ``host``: where only requests to one reach it.
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
        """What its requests are called where the mark names nothing."""
        host = f"//{self.endpoint.host}" if self.endpoint.host else ""
        methods = EVERY_METHOD if self.methods is None else self.methods - NO_OPERATION
        return [f"{method} {host}{self.endpoint.template}" for method in sorted(methods)]

    def __str__(self) -> str:
        """Its request and place, for messages."""
        methods = self.methods or frozenset("*")
        method = "POST" if "POST" in methods else "/".join(sorted(methods))
        return f"{method} {self.endpoint.template} ({self.endpoint.where(self.function)})"

    def before_admission(self) -> list[str]:
        """Dependencies of the program's own that run before its claim is looked up, and may refuse a retry; by name."""
        calls = [] if self.endpoint.dependencies is None else list(self.endpoint.dependencies())
        owners = [getattr(call, "__func__", call) for call in calls]
        if Idempotency.admitted in owners:
            return []
        own = (call for call, owner in zip(calls, owners, strict=True) if owner not in LENDING)
        return [getattr(call, "__qualname__", repr(call)) for call in own]

    def asked(self) -> Answer:
        """Whether it shows where it gets its transaction."""
        return asked(
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
    cls = view_class_of(function)
    marks = (mark_of(getattr(cls, name, None)) for name in (method.lower(), "dispatch_request"))
    return mark_of(function) or next((mark for mark in marks if mark is not None), None)


def refuse_unknown(options: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    """Name the option that was meant.

    :raises ConfigurationError: ``install()`` was given an option that it does not have.
    """
    for name in options:
        if name not in allowed:
            close = difflib.get_close_matches(name, allowed, n=1)
            meant = f"did you mean {close[0]}=?" if close else f"known are {', '.join(allowed)}"
            raise ConfigurationError(f"install() has no option {name}=: {meant}")


@dataclass(frozen=True)
class Checks:
    """What is asked of every endpoint, for ``idempotency``.

    ``require_marks``: ``True`` for every POST, or words and globs of the route such as ``("wallet", "/api/v1/payroll")``
    (see :mod:`idem_runtime.startup.route_patterns`), or a function of the route: an unmarked POST there is refused.
    ``inventory``: the file that ``idem-lint inventory --format json`` wrote: a POST endpoint of a file in it that is not
    in it, or that runs under another mark than was read, is refused.
    ``without_connection``: a local money-moving handler that does not show where it gets its transaction (the rule is
    :mod:`idem_runtime.startup.connection_check`'s) is refused (``"refuse"``), or warned of (``"warn"``).

    :raises ConfigurationError: an option that cannot be used.
    """

    runtime: Runtime
    require_marks: Any = None
    inventory: Any = None
    without_connection: Mode = "refuse"
    _warned: set[str] = field(default_factory=set[str], repr=False)
    _operations: dict[int, Operations] = field(default_factory=dict[int, "Operations"], repr=False)

    @classmethod
    def of(cls, runtime: Runtime, options: Mapping[str, Any]) -> Checks:
        """The checks that ``install(app, **options)`` asks for.

        :raises ConfigurationError: an option that there is not, or that cannot be used.
        """
        refuse_unknown(options, OPTIONS)
        return cls(runtime, **options)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_mode(self.without_connection)
        if not _can_be_required(self.require_marks):
            raise ConfigurationError(
                f"require_marks={self.require_marks!r}: True, a tuple of words and globs of routes, or a function of a route"
            )

    def run(self, endpoints: Iterable[Endpoint], *, complete: bool = True) -> None:
        """Check ``endpoints``; ``complete``: these are all that there are, and the program is loaded.

        :raises ConfigurationError: names every one that is refused, and what to do.
        """
        rows = list(endpoints)
        if complete:
            self._match_all(rows)
        missing = [endpoint for endpoint in rows if self.required(endpoint) and endpoint.mark() is None]
        if missing:
            names = ", ".join(f"POST {endpoint.template} ({endpoint.where()})" for endpoint in missing)
            raise ConfigurationError(f"not marked @money_moving or @not_money_moving(reason='…'): {names}")
        if self.inventory is not None:
            self._compare(rows)
        marked = [
            (handler, handler.mark)
            for endpoint in rows
            for handler in endpoint.handlers()
            if isinstance(handler.mark, MoneyMoving)
        ]
        self._one_operation(handler for handler, mark in marked if mark.operation is None)
        self._principals(handler for handler, mark in marked if mark.principal is None)
        local = (handler for handler, mark in marked if mark.effect == "local" and mark.connection is None)
        self._connections(local, complete=complete)
        for handler, _ in marked:
            if first := handler.before_admission():
                log_records.dependencies_first(str(handler), first)

    @cached_property
    def _patterns(self) -> list[Pattern]:
        wanted = self.require_marks
        return (
            []
            if wanted is None or isinstance(wanted, bool) or callable(wanted)
            else list(map(Pattern, wanted))
        )

    def _match_all(self, endpoints: list[Endpoint]) -> None:
        for pattern in self._patterns:
            if not any(pattern.matches(endpoint.template) for endpoint in endpoints):
                routes = ", ".join(sorted({endpoint.template for endpoint in endpoints})[:10]) or "none"
                raise ConfigurationError(
                    f"require_marks: {pattern.text!r} matches no route (routes: {routes}). A word such as 'wallet' matches "
                    "any part of a route; a glob the whole of it, from its beginning: '**/wallet/*'."
                )

    def required(self, endpoint: Endpoint) -> bool:
        """Whether a mark is required of ``endpoint``."""
        wanted = self.require_marks
        if not wanted or not endpoint.posts:
            return False
        if callable(wanted):
            return bool(wanted(endpoint.template))
        return wanted is True or any(pattern.matches(endpoint.template) for pattern in self._patterns)

    @cached_property
    def _read(self) -> dict[tuple[str, str], str | None]:
        handlers = json.loads(Path(self.inventory).read_text(encoding="utf-8"))["handlers"]
        return {(row["file"], row["qualname"].rpartition(".")[2]): row["mark"] for row in handlers}

    def _compare(self, endpoints: Iterable[Endpoint]) -> None:
        files = {file for file, _ in self._read}
        for endpoint in endpoints:
            function = inspect.unwrap(getattr(endpoint.view_class, "post", endpoint.function))
            source = (
                Path(inspect.getsourcefile(function) or "").as_posix() if inspect.isroutine(function) else ""
            )
            file = next((file for file in files if source.endswith(f"/{file}")), None)
            if endpoint.posts and file is not None:
                self._compare_one(endpoint, function, (file, function.__name__))

    def _compare_one(self, endpoint: Endpoint, function: Any, key: tuple[str, str]) -> None:
        runs, told = MARK_NAMES.get(type(endpoint.mark())), self._read.get(key)
        if key not in self._read:
            raise ConfigurationError(
                f"POST {endpoint.template} ({endpoint.where(function)}) is not in the inventory: write it anew"
            )
        if told != runs:
            raise ConfigurationError(
                f"POST {endpoint.template} ({endpoint.where(function)}) runs {runs or 'unmarked'}, but the inventory says "
                f"{told or 'unmarked'}: write it anew, or mark the handler as it was read"
            )

    def _one_operation(self, handlers: Iterable[Handler]) -> None:
        """One intent has one name: a key that is retried by another route of its function would be another key."""
        for handler in handlers:
            function = marked_function(handler.function)
            known = self._operations.setdefault(id(function), Operations(function))
            known.names.update(dict.fromkeys(handler.operations))
            if len(known.names) > 1:
                raise ConfigurationError(
                    several_operations(known.names, handler.endpoint.where(handler.function))
                )

    def _principals(self, handlers: Iterable[Handler]) -> None:
        if self.runtime.principal is None:
            names = ", ".join(map(str, handlers))
            if names:
                raise ConfigurationError(
                    f"nobody is said to ask at {names}: give Idempotency(principal=…) a function from the request to a "
                    "stable tenant or actor id, or each mark its scope=…"
                )

    def _connections(self, handlers: Iterable[Handler], *, complete: bool) -> None:
        lost = [
            (handler, answer)
            for handler in handlers
            for answer in [handler.asked()]
            if not answer.shown and (complete or answer.complete) and str(handler) not in self._warned
        ]
        if not lost:
            return
        lines = (
            line for handler, _ in lost for line in lines_for(handler.function, handler.endpoint.parameter)
        )
        self._warned.update(str(handler) for handler, _ in lost if self.without_connection == "warn")
        refuse(
            refusal([f"{handler}: {answer.instead}" for handler, answer in lost], lines),
            self.without_connection,
        )


@dataclass(frozen=True, slots=True)
class Operations:
    """What the requests of one marked function are called, in the order of their routes."""

    function: Any
    names: dict[str, None] = field(default_factory=dict[str, None])


def several_operations(names: Iterable[str], where: str) -> str:
    """What is said of one marked function that answers for ``names``."""
    return (
        f"one marked function answers {' and '.join(names)} ({where}), so that a retry by another of them would execute "
        "again: name what it does with @money_moving(operation='…'), or give each route a function of its own"
    )


def _can_be_required(wanted: Any) -> bool:
    if wanted is None or isinstance(wanted, bool) or callable(wanted):
        return True
    texts = [*wanted] if type(wanted) in (tuple, list, set, frozenset) else [None]
    return all(isinstance(text, str) and text.strip("/ ") != "" for text in texts)
