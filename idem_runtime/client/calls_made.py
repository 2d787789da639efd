"""What was called in one intent and its steps: tells a retry from another call."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class _CallMade:
    identity: bytes
    on_its_way: bool = True
    succeeded: bool = False


class CallsMade:
    """By key. Threads and tasks may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, _CallMade] = {}

    def begin(self, key: str, identity: bytes) -> str | None:
        """Note that a call goes out; what is wrong with it, or ``None``."""
        with self._lock:
            known = self._calls.setdefault(key, _CallMade(identity, on_its_way=False))
            if known.identity != identity:
                return "was made with another request"
            if known.succeeded:
                return "has succeeded"
            if known.on_its_way:
                return "is on its way"
            known.on_its_way = True
            return None

    def end(self, key: str, *, succeeded: bool) -> None:
        """The call is over; ``succeeded``: with an answer that nobody has to ask for again."""
        with self._lock:
            call = self._calls[key]
            call.on_its_way, call.succeeded = False, succeeded

    def ask_again(self) -> None:
        """What called here has failed, and will be run again from its beginning: what has succeeded is asked for, too."""
        with self._lock:
            for call in self._calls.values():
                call.succeeded = False
