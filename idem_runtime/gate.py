"""Who executes which key in this process, so that its other callers wait in memory and hold no connection.

The gate saves connections and work; it decides nothing: whoever passes it still asks the database.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from idem_runtime.model import Record

Ticket = Future["Record | None"]


class Gate:
    """One per ``Idempotency``; safe for threads and event loops at once."""

    def __init__(self) -> None:
        """Nobody executes."""
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], Ticket] = {}

    def enter(self, scope: str, key: str) -> tuple[Ticket, bool]:
        """The ticket of (scope, key), and whether it is the caller's: then :meth:`leave` has to follow."""
        with self._lock:
            found = self._running.get((scope, key))
            if found is not None:
                return found, False
            ticket: Ticket = Future()
            self._running[scope, key] = ticket
            return ticket, True

    def leave(self, scope: str, key: str, ticket: Ticket, record: Record | None) -> None:
        """The execution ended; ``record``: what it committed, for those who wait, ``None``: ask the database."""
        with self._lock:
            del self._running[scope, key]
        ticket.set_result(record)
