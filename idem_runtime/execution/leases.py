"""The lease of an external attempt, as its owner sees it: counted from before it was asked for, on a clock that never stops.

The server counts a lease from when it runs the statement, which is later: so its owner takes it for lost first.
"""

from __future__ import annotations

import time
from typing import Protocol, TypeVar

from idem_runtime.model import Ask, Statement, Steps, StoreError

T = TypeVar("T")
CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""It goes on while the machine is suspended, where the system has such a clock."""
CLAIMS = ("start", "take_over")
"""The statements that begin a lease."""


def now() -> float:
    """Seconds, from some point in the past."""
    return time.clock_gettime(CLOCK)


class Leased(Protocol):
    """An attempt, as far as its lease goes."""

    def renewed(self, sent: float) -> None:
        """The lease runs from ``sent``, the time just before the store was asked."""
        ...

    def lose(self) -> None:
        """The attempt is another's."""
        ...


class Leases(Protocol):
    """What renews leases in the background."""

    def register(self, attempt: Leased, ask: Ask) -> None:
        """Renew the lease of ``attempt`` from now on."""
        ...

    def unregister(self, ask: Ask) -> None:
        """The attempt of ``ask`` has ended; harmless where it is not known."""
        ...

    def disown(self, ask: Ask, *, taken_over: bool) -> None:
        """A claim that nobody runs may have been stored: take it back as soon as the store answers.

        ``taken_over``: it stands in the place of an attempt whose outcome is unknown, and it becomes that again.
        """
        ...


def claiming(attempt: Leased, steps: Steps[T]) -> Steps[T]:
    """``steps`` that claim for ``attempt``: its lease runs from just before the claim was sent.

    A claim whose acknowledgement was lost may have been stored: what is sent after it does not count.
    """
    doubt, results, error = False, None, None
    while True:
        try:
            command = steps.throw(error) if error else steps.send(results)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - None starts a generator
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # - StopIteration.value is Any
        if isinstance(command, Statement) and command.name in CLAIMS and not doubt:
            attempt.renewed(now())
        try:
            results, error = (yield command), None
        except StoreError as failure:
            error = failure
            doubt = doubt or failure.lost
