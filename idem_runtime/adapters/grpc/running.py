"""What runs on a sync server, so that it can be waited for: its own ``stop`` returns while methods still commit."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager


class SyncRunning:
    """The money-moving calls of a sync server."""

    def __init__(self) -> None:
        """None runs."""
        self._changed = threading.Condition()
        self._calls = 0

    @contextmanager
    def one(self) -> Generator[None, None, None]:
        """One runs in this block."""
        with self._changed:
            self._calls += 1
        try:
            yield
        finally:
            with self._changed:
                self._calls -= 1
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until none runs."""
        with self._changed:
            self._changed.wait_for(lambda: self._calls == 0)
