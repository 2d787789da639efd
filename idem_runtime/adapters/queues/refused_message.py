"""What becomes of a message whose marked function was refused: tried again after how long, or a dead letter."""

from __future__ import annotations

import random

from idem_runtime.errors import IdempotencyError, InProgress, StoreUnavailable
from idem_runtime.log_records import LOGGER

LONGEST_WAIT = 60.0
"""Seconds that a message waits at most before it is tried again; the frameworks' own time-outs have to be longer."""

UNCOUNTED = (InProgress, StoreUnavailable)
"""Refusals that say nothing against the message: the original still runs, or the database is away."""


def is_counted(error: IdempotencyError) -> bool:
    """Whether a retry after ``error`` counts against the retries that the framework allows a message.

    A handler that is always too slow, or always loses its conflicts, is not tried for ever. One that has to wait for its
    original, or for the database, is: were it given up, an effect that was asked for would never happen.
    """
    return not isinstance(error, UNCOUNTED)


def seconds_until_retry(error: IdempotencyError, waits: int = 0) -> float | None:
    """How long to leave a message in its queue; ``None``: trying it again is of no use, so it is a dead letter.

    ``waits``: how often it has waited before. The error's own ``retry_after``, doubled with every wait, a minute at most;
    spread by a quarter, so that messages that were refused together do not come back together.
    """
    if error.retry_after is None:
        return None
    seconds = min(error.retry_after * 2.0 ** min(waits, 16), LONGEST_WAIT)
    return float(min(seconds * random.uniform(1, 1.25), LONGEST_WAIT))  # noqa: S311 - no secret


def log_retry(message: str, error: IdempotencyError, seconds: float | None) -> None:
    """``message``: the task's name and the id that its framework gave the message, and nothing of its payload.

    ``seconds``: until it is tried again; ``None``: its framework says when.
    """
    if seconds is None:
        LOGGER.info("%s is tried again: %s", message, error.code)
    else:
        LOGGER.info("%s is tried again in %.1f s: %s", message, seconds, error.code)


def log_dead_letter(message: str, error: IdempotencyError, place: str) -> None:
    """``place``: where somebody finds it."""
    LOGGER.error("%s is not tried again: %s (%s); it is in %s", message, error.code, error.message, place)
