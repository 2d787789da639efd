"""When an execution is run again, and what is at the root of an exception: a conflict, or that nothing happened."""

from __future__ import annotations

import random
from collections.abc import Iterator

from idem_runtime.errors import NotExecuted
from idem_runtime.model import is_away


def says_not_executed(raised: BaseException | None) -> bool:
    """Whether ``raised`` is ``NotExecuted``, or was raised from it (``raise HTTPException(503) from NotExecuted()``)."""
    seen: set[int] = set()
    while raised is not None and id(raised) not in seen:
        if isinstance(raised, NotExecuted):
            return True
        seen.add(id(raised))
        raised = raised.__cause__
    return False


CONFLICTS = ("40001", "40P01")
"""Serialization failure and deadlock: the whole execution may be run again."""
MOMENTARY = (*CONFLICTS, "25P03", "25P04", "55P03", "57014")
"""Conflicts, a transaction or statement that took too long or was cancelled, a lock that was not to be had at once."""
MOMENTARY_CLASSES = ("53", "58", "F0", "XX")
"""Insufficient resources, errors of the operating system, of the configuration and of the server itself."""


def sqlstates(error: BaseException) -> Iterator[str]:
    """The SQLSTATE of ``error`` and of what it came from; each exception is visited once, whatever a chain looks like."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        here = waiting.pop()
        if here is None or id(here) in seen:
            continue
        seen.add(id(here))
        if state := getattr(here, "sqlstate", None):
            yield str(state)
        original = getattr(here, "orig", None)  # SQLAlchemy's errors keep the driver's there
        waiting += [
            here.__context__,
            here.__cause__,
            original if isinstance(original, BaseException) else None,
        ]


def is_conflict(error: BaseException) -> bool:
    """Whether a serialization failure or deadlock is at the root of ``error``."""
    return any(state in CONFLICTS for state in sqlstates(error))


def is_of_the_moment(error: BaseException) -> bool:
    """Whether the database's own state is at the root of ``error``: asked again, it may well answer otherwise."""
    return any(
        state in MOMENTARY or state[:2] in MOMENTARY_CLASSES or is_away(state) for state in sqlstates(error)
    )


def backoff(round_: int) -> float:
    """Seconds before the next round: exponential, with jitter, so that two losers do not meet again."""
    return random.uniform(0.2, 1.0) * 0.01 * float(2**round_)  # noqa: S311 - jitter, no secret
