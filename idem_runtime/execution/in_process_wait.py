"""Who executes which key in this process, so that its other callers wait in memory and hold no connection.

The gate saves connections and work; it decides nothing: whoever passes it still asks the database.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from typing import TypeAlias
from weakref import WeakSet

from idem_runtime.errors import KeyReused
from idem_runtime.model import Matcher, Record

Ticket: TypeAlias = Future[Record | None]


class Pass:
    """Who has it in force executes; ``ticket`` is made when the first other caller comes."""

    __slots__ = ("fingerprint", "ticket")

    def __init__(self, fingerprint: str) -> None:
        """Nobody waits yet; ``fingerprint``: of what is executed."""
        self.fingerprint = fingerprint
        self.ticket: Ticket | None = None


class Gate:
    """One per ``Idempotency``; safe for threads and event loops at once."""

    def __init__(self) -> None:
        """Nobody executes."""
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], Pass] = {}
        _ALL.add(self)

    def enter(self, scope: str, key: str, mine: Pass, fingerprint: Matcher) -> Ticket | None:
        """``None``: ``mine`` is the pass in force, and has to :meth:`leave`; for all others a ticket to wait for.

        :raises KeyReused: something else runs under this key. The record says so in every other process, so that the
            answer is the same whoever gives it.
        """
        with self._lock:
            running = self._running.setdefault((scope, key), mine)
            if running is mine:
                return None
            if running.ticket is None:
                running.ticket = Future()
            ticket = running.ticket
        if not fingerprint.matches(running.fingerprint):
            raise KeyReused
        return ticket

    def leave(self, scope: str, key: str, mine: Pass) -> Ticket | None:
        """The execution ended; the ticket of those who wait, if any do, for what was committed. Twice is as once."""
        with self._lock:
            if self._running.get((scope, key)) is mine:  # not there in a child that was forked meanwhile
                del self._running[scope, key]
            return mine.ticket

    def forked(self) -> None:
        """This is a child process now: what runs in its parent, and who holds the lock there, is the parent's."""
        self._lock = threading.Lock()
        self._running = {}


_ALL: WeakSet[Gate] = WeakSet()


def _forked() -> None:
    for gate in list(_ALL):
        gate.forked()


os.register_at_fork(after_in_child=_forked)
