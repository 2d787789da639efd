"""How long the store may take: a server that says nothing is given up, and its connection with it.

Nothing closes where packets vanish, where the server's process stands still or where a statement waits for a lock that
nobody gives back. psycopg wakes a waiting generator every tenth of a second, in both colours: there the clock is read.
"""

from __future__ import annotations

import select
import threading
import time
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import PollingStatus
from psycopg.pq.abc import PGcancelConn

from idem_runtime.model import Statement, StoreError

T = TypeVar("T")
Real = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
CANCEL_SECONDS = 2.0
EVENTS = {PollingStatus.READING: select.POLLIN, PollingStatus.WRITING: select.POLLOUT}
CANCELLERS = 4
"""How many requests to cancel a statement may be on their way at once: nobody answers them where nobody answers us."""


class TooLate(psycopg.OperationalError):
    """The store did not answer in time."""


class Deadline:
    """The end of the time of one run of the protocol's steps; what is meant to wait does not count."""

    __slots__ = ("at",)

    def __init__(self, seconds: float) -> None:
        """``seconds`` from now."""
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, none at least."""
        return max(0.0, self.at - time.monotonic())

    def check(self) -> None:
        """:raises StoreError: the time is over: nothing more is asked of this store."""
        if time.monotonic() >= self.at:
            raise StoreError(None, cause=TooLate("the store did not answer in time"), silent=True)

    def pause(self, seconds: float) -> float:
        """How long to pause where the protocol asks for ``seconds``: not at all when the time is over."""
        if not self.left():
            return 0.0
        self.at += seconds
        return seconds

    def allow(self, statement: Statement) -> None:
        """A statement that waits for a lock may wait as long as it is told to."""
        self.at += statement.waits


def too_late(deadline: Deadline) -> None:
    """:raises TooLate: ``deadline`` has passed, and the server is silent."""
    if not deadline.left():
        raise TooLate("the store did not answer in time")


def bounded(steps: PQGen[T], deadline: Deadline) -> PQGen[T]:
    """``steps``, but not past ``deadline``.

    :raises TooLate: it has passed, and the server is silent.
    """
    try:
        state = next(steps)
        while True:
            ready = yield state
            if not ready:
                too_late(deadline)
            state = steps.send(ready)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # - StopIteration.value is Any


_cancellers = threading.BoundedSemaphore(CANCELLERS)


def abandon(real: Real) -> None:
    """Close ``real`` in the middle of a statement, and ask the server to end that: it may still wait for a lock."""
    cancel: PGcancelConn | None = None
    with suppress(psycopg.Error):  # libpq before 17 can only block for it, and the whole process with it
        cancel = real.pgconn.cancel_conn()  # a copy of what it needs
    real.pgconn.finish()  # psycopg's own close() would give it back where the pool says so
    if cancel is not None and _cancellers.acquire(blocking=False):
        threading.Thread(target=_cancel, args=(cancel,), name="idem-cancel", daemon=True).start()


def _cancel(cancel: PGcancelConn) -> None:
    try:
        with suppress(psycopg.Error):
            sent(cancel, Deadline(CANCEL_SECONDS))
    finally:
        _cancellers.release()


def sent(cancel: PGcancelConn, deadline: Deadline) -> None:
    """Send the request ``cancel``, and wait until the server has taken it, as long as ``deadline`` allows."""
    cancel.start()
    while deadline.left() and (wanted := EVENTS.get(PollingStatus(cancel.poll()))) is not None:
        poll = select.poll()
        poll.register(cancel.socket, wanted)
        poll.poll(deadline.left() * 1000)
    cancel.finish()
