"""One type for every duration that an application gives: a ``timedelta``, or a number of seconds."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, TypeAlias

Duration: TypeAlias = timedelta | float
"""``timedelta(hours=24)``, or seconds: ``0.5``."""

LONGEST_WAIT = timedelta(seconds=60)
MINIMUM_RETENTION = timedelta(hours=24)
"""No caller retries later than a day by itself (docs/decisions.md#retention)."""
LONGEST_RETENTION = timedelta(days=36_500)
LONGEST_LEASE = timedelta(days=1)


def as_timedelta(value: Any) -> Any:
    """``value`` as a ``timedelta`` where it is a duration, else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return value
    try:
        return timedelta(seconds=value)
    except OverflowError:
        return value


def shown(value: object) -> str:
    """``value`` as a message shows it: a duration in seconds, however it was given."""
    return f"{value.total_seconds():g} s" if isinstance(value, timedelta) else repr(value)


def wait_problem(wait: object) -> str | None:
    """What is wrong with how long a duplicate waits; ``None``: nothing, or it is not given."""
    usable = wait is None or (isinstance(wait, timedelta) and timedelta(0) <= wait <= LONGEST_WAIT)
    return None if usable else f"a timedelta or seconds, 0 to {LONGEST_WAIT.total_seconds():g}"


def retention_problem(retention: object) -> str | None:
    """What is wrong with a retention; ``None``: nothing, or it is not given."""
    if retention is None:
        return None
    if not isinstance(retention, timedelta):
        return "a timedelta, such as timedelta(days=30), or seconds"
    if retention < MINIMUM_RETENTION:
        return "at least 24 hours"
    return f"at most {LONGEST_RETENTION.days} days" if retention > LONGEST_RETENTION else None


def lease_problem(lease: object) -> str | None:
    """What is wrong with a lease; ``None``: nothing, or it is not given."""
    usable = lease is None or (isinstance(lease, timedelta) and timedelta(0) < lease <= LONGEST_LEASE)
    return None if usable else "a timedelta or seconds, more than zero and at most a day"
