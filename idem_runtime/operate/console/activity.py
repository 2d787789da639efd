"""What this process has decided in the last day, a count for each quarter of an hour: kept in memory, for the plots."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from idem_runtime.execution import observers
from idem_runtime.execution.observers import Observed, OutcomeName

STEP = 900
"""Seconds."""
STEPS = 96
"""A day."""
KINDS: dict[str, tuple[OutcomeName, ...]] = {
    "duplicates blocked": ("replayed", "in_progress", "unknown"),
    "mismatches": ("mismatched",),
    "executed": ("executed",),
}
"""The plots, each with the outcomes that it counts."""


class Activity:
    """Told of every execution of this process, in whatever thread; ``now``: seconds since 1970."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Counts nothing yet."""
        self._now = now
        self.since = now()
        self._counts: dict[int, Counter[OutcomeName]] = {}
        self._lock = threading.Lock()
        self.stop: Callable[[], None] = observers.observe(self)

    def admitted(self, execution: Observed, outcome: OutcomeName | None, code: str | None) -> None:  # noqa: ARG002 - an observer's
        """The end of an admission; ``outcome`` is ``None`` where the handler runs now."""
        if outcome is not None:
            self._count(outcome)

    def finishing(self, execution: Observed) -> None:
        """Nothing is counted here."""

    def ended(self, execution: Observed, outcome: OutcomeName, code: str | None) -> None:  # noqa: ARG002 - an observer's
        """What became of an execution."""
        self._count(outcome)

    def counts(self, kind: str) -> list[tuple[float, int]]:
        """For each step of the last day, oldest first: when it began, and how many of ``kind``."""
        last = int(self._now() // STEP)
        with self._lock:
            return [
                (step * STEP, sum(self._counts.get(step, Counter())[name] for name in KINDS[kind]))
                for step in range(last - STEPS + 1, last + 1)
            ]

    def _count(self, outcome: OutcomeName) -> None:
        step = int(self._now() // STEP)
        with self._lock:
            self._counts.setdefault(step, Counter())[outcome] += 1
            for old in list(self._old(step)):
                del self._counts[old]

    def _old(self, step: int) -> Iterator[int]:
        return (kept for kept in self._counts if kept <= step - STEPS)
