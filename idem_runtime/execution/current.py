"""What the context of a call knows: the attempt and execution around it, and where calls in it take turns."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Protocol

from idem_runtime.admission_in_force import begin_executing, end_executing
from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.attempt import Attempt
from idem_runtime.marks import CONTEXT

attempt_here: ContextVar[Attempt | None] = ContextVar("idem_attempt", default=None)
"""The attempt of the execution of this context."""
current: ContextVar[Any] = ContextVar("idem_execution", default=None)
"""The execution, or whatever lends its connection, of this context."""


def current_attempt() -> Attempt:
    """The attempt that is being executed here.

    :raises ConfigurationError: none is.
    """
    attempt = attempt_here.get()
    if attempt is None:
        raise ConfigurationError("current_attempt() outside a money-moving execution")
    return attempt


class Running:
    """The handler of one execution runs in this context; for one ``with`` block."""

    __slots__ = ("_attempt", "_execution", "_tokens")

    def __init__(self, execution: object, attempt: Attempt) -> None:
        """It does not run yet."""
        self._execution = execution
        self._attempt = attempt
        self._tokens: tuple[Token[Any], ...] = ()

    def __enter__(self) -> None:
        """It runs."""
        self._tokens = attempt_here.set(self._attempt), current.set(self._execution), begin_executing()

    def __exit__(self, *_: object) -> None:
        """It has ended."""
        attempt, execution, executing = self._tokens
        end_executing(executing)
        current.reset(execution)
        attempt_here.reset(attempt)


class Level:
    """Where nested calls take turns: an execution, or a nested call that others are nested in.

    They share one transaction, whose savepoints are a stack: two at once would roll each other back.
    """

    __slots__ = ("outermost", "places", "turn")

    def __init__(self, outermost: object, turn: Any, places: frozenset[tuple[str, str]]) -> None:
        """``turn``: a lock. ``outermost``: that of the execution, which tells one from another without keeping it alive.

        ``places``: scope and key of every call around this.
        """
        self.outermost = outermost
        self.turn = turn
        self.places = places


_level: ContextVar[Level | None] = ContextVar("idem_level", default=None)


_ALL: tuple[ContextVar[Any], ...] = (*CONTEXT, current, attempt_here, _level)


class Restoring:
    """Puts a context back as it was, for threads that go on to serve others.

    What sets a context variable resets it, unless an exception out of a signal handler comes in between.
    """

    def __init__(self) -> None:
        """As it is now."""
        self._values = [(variable, variable.get()) for variable in _ALL]

    def restore(self) -> None:
        """As it was; twice is as once."""
        for variable, value in self._values:
            if variable.get() is not value:
                variable.set(value)
        self._values = []


class HasLevel(Protocol):
    """An execution, as far as its nested calls go."""

    level: Level


def level_of(outermost: HasLevel) -> Level:
    """Where a call that is nested here takes its turn."""
    here = _level.get()
    level = outermost.level
    return here if here is not None and here.outermost is level.outermost else level


@contextmanager
def nesting(level: Level) -> Generator[None, None, None]:
    """Calls in this context are nested in the one that made ``level``."""
    token = _level.set(level)
    try:
        yield
    finally:
        _level.reset(token)
