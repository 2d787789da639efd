"""Where a storm kills the process: named points of one execution, at which nothing after them has happened.

The process is a fresh one (``victim.py``), which is killed with SIGKILL: no ``finally``, no ``atexit``, no ROLLBACK.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Generator
from typing import Any, Literal, TypeAlias, get_args

from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.execution import Execution
from idem_runtime.model import Sealed

CrashPoint: TypeAlias = Literal["before_claim", "after_claim", "before_record", "after_record"]
"""``before_claim``: nothing is claimed. ``after_claim``: the key is claimed, the handler has not begun. ``before_record``:
the handler has returned, its answer is not recorded (a local effect is not committed, an external one has happened).
``after_record``: effect and answer are recorded, and nobody was told."""


def check(point: str) -> None:
    """Refuse what is no crash point.

    :raises ConfigurationError: names those that there are.
    """
    if point not in get_args(CrashPoint):
        raise ConfigurationError(f"kill_at={point!r}: one of {', '.join(get_args(CrashPoint))}")


def arm(point: CrashPoint, die: Callable[[], None] | None = None) -> None:
    """Kill this process when an execution comes to ``point``; ``die``: how."""
    method, place = _PLACES[point]
    setattr(Execution, method, place(getattr(Execution, method), die or _killed))


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


Steps: TypeAlias = Callable[..., Generator[Any, Any, Any]]


def _before(method: Steps, die: Callable[[], None]) -> Steps:
    @functools.wraps(method)
    def stepping(self: Execution, *args: Any) -> Generator[Any, Any, Any]:
        die()
        return (yield from method(self, *args))

    return stepping


def _after(method: Callable[..., None], die: Callable[[], None]) -> Callable[..., None]:
    @functools.wraps(method)
    def executes(self: Execution, *args: Any) -> None:
        method(self, *args)
        die()

    return executes


def _once_sealed(method: Steps, die: Callable[[], None]) -> Steps:
    @functools.wraps(method)
    def stepping(self: Execution, verdict: Any) -> Generator[Any, Any, Any]:
        if isinstance(verdict, Sealed):
            die()
        return (yield from method(self, verdict))

    return stepping


_PLACES: dict[CrashPoint, tuple[str, Callable[[Any, Callable[[], None]], Any]]] = {
    "before_claim": ("_claim", _before),
    "after_claim": ("_executes", _after),
    "before_record": ("finishing", _before),
    "after_record": ("_settle", _once_sealed),
}
"""The method of an execution that each point is at, and on which side of it."""
