"""How those who share a transaction wait for each other, from a savepoint to the statement that it is made for.

Whoever has the turn may take it again: a listener that is told of a statement may send one of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

from sqlalchemy.util import await_only

Turns: TypeAlias = Callable[[], AbstractContextManager[Any]]
"""Takes a turn for a block."""


class ThreadTurns:
    """Threads wait for each other."""

    def __init__(self) -> None:
        """Nobody has the turn."""
        self._lock = threading.RLock()

    def __call__(self) -> AbstractContextManager[Any]:
        """Take a turn."""
        return self._lock


class TaskTurns:
    """Tasks wait for each other, where SQLAlchemy's own code waits for the event loop."""

    def __init__(self) -> None:
        """Nobody has the turn."""
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None

    @contextmanager
    def __call__(self) -> Generator[None, None, None]:
        """Take a turn; outside an event loop there is nobody to wait for."""
        task = _task()
        if task is None or self._owner is task:
            yield
            return
        await_only(self._lock.acquire())
        self._owner = task
        try:
            yield
        finally:
            self._owner = None
            self._lock.release()


def _task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
