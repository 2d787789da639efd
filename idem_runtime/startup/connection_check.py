"""A local money-moving handler shows where it gets its transaction: one rule, checked before anything runs.

The reason is in docs/decisions.md#shown-connection. A handler shows it by one of these:

- a dependency of its FastAPI tree, as it is overridden, is ``idem.connection``, ``idem.sync_connection``,
  ``idem.session`` or ``idem.sync_session``, or its own code refers to something that lends;
- where no such tree is, a parameter has the default ``idem.lent`` or ``idem.lent_session``, or ``Depends(…)`` of one of
  those four methods in its annotation or as its default;
- its own code refers to something that lends; in Flask, ``flask.g.idem_connection`` by its name, too;
- its mark says ``connection="inside"``: the connection is taken in a place that this rule does not look at.

*What lends*: an ``Idempotency``; one of its four methods above; ``idem.lent``; an object that has one of these as an
attribute (``Service(idem)``); another local money-moving function, because the rule holds for that one, too; a SQLAlchemy
engine that ``idem.join`` was called with, what makes sessions on it, and a dependency that ``idem.sessions`` was.

*Own code*: the function with all that it wraps (decorators, partials, the object of a method), the functions in its
closure, and the methods of its own class that it names, inherited ones included. From each of these on: the functions,
classes and objects of classes that it names *and that are written in the same module as itself*, and what those name
there, and so on. A function of another module is not looked into, so a handler that calls ``services.pay()``, where
``idem.sync_connection()`` stands, does not show it. An object of another module counts if it lends
(``from app.db import idem``, ``db.idem``).

The rule sees what a handler refers to, not what it writes with: one that uses a session of its own *beside* ours passes
here, and is found at run time, when a success wrote nothing in our transaction.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal, TypeAlias

from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.startup.lending_values import (
    class_of,
    class_or_own_class,
    has_lending_attribute,
    lends,
    parameter_values,
    written_function,
)
from idem_runtime.startup.own_code import References

Mode: TypeAlias = Literal["refuse", "warn"]
"""The values of ``without_connection=``."""

LENT_PARAMETER = "db: psycopg.Connection = idem.lent  # a parameter (idem.lent_session: a SQLAlchemy session)"
DEPENDENCY = {
    True: "db: Annotated[psycopg.AsyncConnection, Depends(idem.connection)]  # a parameter (or idem.session)",
    False: "db: Annotated[psycopg.Connection, Depends(idem.sync_connection)]  # a parameter (or idem.sync_session)",
}
"""The parameter of a FastAPI handler, by whether it is async."""

IN_THE_BODY = {
    True: "db = await idem.connection()  # in its body (or idem.session())",
    False: "db = idem.sync_connection()  # in its body (or idem.sync_session())",
}
NOT_SHOWN = (
    "@money_moving, but it does not show where it gets its transaction: what it writes would be no part of ours, and a "
    "retry could pay twice."
)
JOINED = "idem.join(engine)  # once, at start-up: sessions of your own on that engine are part of our transaction then"
OF_SQLALCHEMY = ("sqlalchemy", "sqlmodel")
VOUCHED_FOR = "@money_moving(connection='inside')  # taken in another module that it calls: you vouch for it"


@dataclass(frozen=True, slots=True)
class ShownConnection:
    """Whether a handler shows where it gets its transaction.

    ``complete``: every name in its code had a value already. ``instead``: what was found in place of a lent connection,
    for messages.
    """

    shown: bool
    complete: bool
    instead: str


def shown_connection(
    function: Any,
    *,
    dependencies: Iterable[Any] | None = None,
    owner: type | None = None,
    words: frozenset[str] = frozenset(),
) -> ShownConnection:
    """Whether ``function`` shows where it gets its transaction.

    ``dependencies``: what the framework calls for it, sub-dependencies included; ``None`` where it calls nothing, and the
    parameters are looked at instead. ``owner``: the class whose method it is. ``words``: names that show it where its own
    code says them.
    """
    calls = list(dependencies or ())
    values = parameter_values(function) if dependencies is None else ()
    if any(map(lends, calls)) or any(lends(value) or has_lending_attribute(value) for value in values):
        return ShownConnection(shown=True, complete=True, instead="")
    own, others = References(function, owner), [References(call) for call in calls]
    shown = bool(own.words & words) or any(references.lends for references in (own, *others))
    complete = all(references.complete for references in (own, *others))
    return ShownConnection(shown, complete, _instead(own, zip(calls, others, strict=True)))


def _instead(own: References, dependencies: Iterable[tuple[Any, References]]) -> str:
    """Which connections a handler and its dependencies open themselves."""
    sentences = [f"it uses {own.databases()}"] if own.databases() else []
    for call, references in dependencies:
        if references.databases():
            sentences.append(f"its dependency {place(call)} uses {references.databases()}")
    return "; ".join(sentences) or "nothing in it or in its module leads to one"


def refusal(handlers: Iterable[str], lines: Iterable[str]) -> str:
    """The message about ``handlers``, each with its place and what was found instead, and the ``lines`` to write."""
    handlers = list(handlers)
    has_engine = any(word in handler for handler in handlers for word in OF_SQLALCHEMY)
    return "\n".join(
        [
            NOT_SHOWN,
            *(f"  {handler}" for handler in handlers),
            "Write one of these (or effect='external', where nothing is written in this Postgres):",
            *(
                f"    {line}"
                for line in dict.fromkeys([*([JOINED] if has_engine else []), *lines, VOUCHED_FOR])
            ),
        ]
    )


def lines_to_write(function: Any, parameter: str | dict[bool, str] | None) -> Iterator[str]:
    """The ways to our connection for ``function``, sync or async; ``parameter``: the framework's own way."""
    is_async = inspect.iscoroutinefunction(written_function(function))
    if parameter is not None:
        yield parameter if isinstance(parameter, str) else parameter[is_async]
    yield IN_THE_BODY[is_async]


def place(function: Any) -> str:
    """Where ``function`` is written: module and name, and file and line where there are any."""
    written = written_function(function)
    named = written if hasattr(written, "__qualname__") else class_of(written)
    code = getattr(written, "__code__", None)
    line = f", {code.co_filename}:{code.co_firstlineno}" if isinstance(code, CodeType) else ""
    return f"{named.__module__}.{named.__qualname__}{line}"


def refuse(message: str, mode: Mode) -> None:
    """:raises ConfigurationError: ``mode`` is ``"refuse"``; else it is a warning."""
    if mode == "refuse":
        raise ConfigurationError(message)
    warnings.warn(message, RuntimeWarning, stacklevel=3)


def check_mode(mode: str) -> None:
    """:raises ConfigurationError: ``without_connection=`` has another value than ``"refuse"`` or ``"warn"``."""
    if mode not in ("refuse", "warn"):
        raise ConfigurationError(f"without_connection={mode!r}: say 'refuse' or 'warn'")


class Functions:
    """The rule for plain functions: they are in no routing table, so each is checked before its first call is admitted."""

    def __init__(self, mode: Mode = "refuse", *, joined: bool = False) -> None:
        """``mode``: a function that does not show its connection is refused at every call, or warned of once.

        ``joined``: executions join the framework's own transaction, so that there is none to show.

        :raises ConfigurationError: another mode.
        """
        check_mode(mode)
        self._mode: Mode = mode
        self._joined = joined
        self._checked: set[Function] = set()

    def check(self, mark: MoneyMoving, function: Function, args: tuple[Any, ...]) -> None:
        """Check ``function``; of a method, ``args`` begin with its object.

        :raises ConfigurationError: it does not show where it gets its transaction.
        """
        if self._joined or mark.effect != "local" or mark.connection is not None or function in self._checked:
            return
        its_object = args[0] if args and _is_method(function) else None
        owner = None if its_object is None else class_or_own_class(its_object)
        answer = shown_connection(function, owner=owner)
        if not (answer.shown or has_lending_attribute(its_object)):
            lines = lines_to_write(function, LENT_PARAMETER)
            refuse(refusal([f"{place(function)}: {answer.instead}"], lines), self._mode)
        self._checked.add(function)


def _is_method(function: Function) -> bool:
    return "." in str(getattr(function, "__qualname__", "")).rpartition("<locals>.")[2]
