"""Does a local money-moving handler show where it gets its transaction? One explicit rule, asked before anything runs.

It shows it by one of these:

- a dependency of its FastAPI tree, as it is overridden, is ``idem.connection``, ``idem.sync_connection``,
  ``idem.session`` or ``idem.sync_session``, or its own code refers to something that lends;
- where no such tree is, a parameter has the default ``idem.lent`` or ``idem.lent_session``, or ``Depends(…)`` of one of
  those four methods in its annotation or as its default;
- its own code refers to something that lends; in Flask, ``flask.g.idem_connection`` by its name, too;
- its mark says ``connection="inside"``: the connection is taken in a place that this rule does not look at.

*What lends*: an ``Idempotency``; one of its four methods above; ``idem.lent``; an object that has one of these as an
attribute (``Service(idem)``); another local money-moving function, which is asked the same itself.

*Own code*: the function with all that it wraps (decorators, partials, the object of a method), the functions in its
closure, and the methods of its own class that it names, inherited ones included. From each of these on: the functions,
classes and objects of classes that it names *and that are written in the same module as itself*, and what those name
there, and so on. A function of another module is not looked into, so a handler that calls ``services.pay()``, where
``idem.sync_connection()`` stands, does not show it. An object of another module counts if it lends
(``from app.db import idem``, ``db.idem``).

What is referred to need not be what is written with: who takes a session of their own *beside* ours passes here, and is
found at run time, when a success wrote nothing in our transaction.
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
from idem_runtime.startup.own_code import (
    References,
    class_of,
    class_or_own_class,
    given_to,
    holds,
    lends,
    plain,
)

Mode: TypeAlias = Literal["refuse", "warn"]
"""What ``without_connection=`` may say."""

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
VOUCHED_FOR = "@money_moving(connection='inside')  # taken in another module that it calls: you vouch for it"


@dataclass(frozen=True, slots=True)
class Answer:
    """``complete``: every name could be looked up already. ``instead``: what was found in place of a way, for messages."""

    shown: bool
    complete: bool
    instead: str


def asked(
    function: Any,
    *,
    dependencies: Iterable[Any] | None = None,
    owner: type | None = None,
    words: frozenset[str] = frozenset(),
) -> Answer:
    """Whether ``function`` shows where it gets its transaction.

    ``dependencies``: what the framework calls for it, sub-dependencies included; ``None`` where it calls nothing, and the
    parameters are looked at instead. ``owner``: the class whose method it is. ``words``: names that show it where its own
    code says them.
    """
    calls = list(dependencies or ())
    given = given_to(function) if dependencies is None else ()
    if any(map(lends, calls)) or any(lends(value) or holds(value) for value in given):
        return Answer(shown=True, complete=True, instead="")
    own, others = References(function, owner), [References(call) for call in calls]
    shown = bool(own.words & words) or any(references.lends for references in (own, *others))
    complete = all(references.complete for references in (own, *others))
    sentences = [f"it uses {own.opened()}"] if own.opened() else []
    for call, references in zip(calls, others, strict=True):
        if references.opened():
            sentences.append(f"its dependency {place(call)} uses {references.opened()}")
    return Answer(shown, complete, "; ".join(sentences) or "nothing in it or in its module leads to one")


def refusal(handlers: Iterable[str], lines: Iterable[str]) -> str:
    """What is said of ``handlers``, each with its place and what was found instead, and the ``lines`` to write."""
    return "\n".join(
        [
            NOT_SHOWN,
            *(f"  {handler}" for handler in handlers),
            "Write one of these (or effect='external', where nothing is written in this Postgres):",
            *(f"    {line}" for line in dict.fromkeys([*lines, VOUCHED_FOR])),
        ]
    )


def lines_for(function: Any, parameter: str | dict[bool, str] | None) -> Iterator[str]:
    """The ways to our connection, in the colour of ``function``; ``parameter``: the framework's own way."""
    asynchronous = inspect.iscoroutinefunction(plain(function))
    if parameter is not None:
        yield parameter if isinstance(parameter, str) else parameter[asynchronous]
    yield IN_THE_BODY[asynchronous]


def place(function: Any) -> str:
    """Where ``function`` is written: module and name, and file and line where there are any."""
    inner = plain(function)
    named = inner if hasattr(inner, "__qualname__") else class_of(inner)
    code = getattr(inner, "__code__", None)
    line = f", {code.co_filename}:{code.co_firstlineno}" if isinstance(code, CodeType) else ""
    return f"{named.__module__}.{named.__qualname__}{line}"


def refuse(message: str, mode: Mode) -> None:
    """:raises ConfigurationError: ``mode`` is ``"refuse"``; else it is a warning."""
    if mode == "refuse":
        raise ConfigurationError(message)
    warnings.warn(message, RuntimeWarning, stacklevel=3)


def check_mode(mode: str) -> None:
    """:raises ConfigurationError: ``without_connection=`` says what it cannot say."""
    if mode not in ("refuse", "warn"):
        raise ConfigurationError(f"without_connection={mode!r}: say 'refuse' or 'warn'")


class Functions:
    """The rule for plain functions: they are in no routing table, so each is asked before its first call is admitted."""

    def __init__(self, mode: Mode = "refuse") -> None:
        """``mode``: a function that does not show it is refused at every call, or warned of once.

        :raises ConfigurationError: another mode.
        """
        check_mode(mode)
        self._mode: Mode = mode
        self._asked: set[Function] = set()

    def check(self, mark: MoneyMoving, function: Function, args: tuple[Any, ...]) -> None:
        """Ask ``function``; of a method, ``args`` begin with its object.

        :raises ConfigurationError: it does not show where it gets its transaction.
        """
        if mark.effect != "local" or mark.connection is not None or function in self._asked:
            return
        its_object = args[0] if args and _is_method(function) else None
        owner = None if its_object is None else class_or_own_class(its_object)
        answer = asked(function, owner=owner)
        if not (answer.shown or holds(its_object)):
            lines = refusal([f"{place(function)}: {answer.instead}"], lines_for(function, LENT_PARAMETER))
            refuse(lines, self._mode)
        self._asked.add(function)


def _is_method(function: Function) -> bool:
    return "." in str(getattr(function, "__qualname__", "")).rpartition("<locals>.")[2]
