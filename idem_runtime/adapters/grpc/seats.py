"""Threads for the marked methods of a sync server, in which a duplicate that waits for its original takes no seat."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
MOST_THREADS = 1_000
"""Working and waiting: a limit for what a storm on one key can take."""


class Seats(ThreadPoolExecutor):
    """Runs as many calls at a time as it has seats; gRPC takes it for the thread pool of a method."""

    def __init__(self, seats: int, **options: Any) -> None:
        """``seats``: how many calls may work at a time. ``options``: of the executor."""
        super().__init__(seats + MOST_THREADS, "idem-marked", **options)
        self._free = seats
        self._seats_lock = threading.Lock()
        self._queued: deque[Callable[[], object]] = deque()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` as soon as there is a seat for it."""
        future: Future[T] = Future()

        def work() -> None:
            try:
                if future.set_running_or_notify_cancel():
                    _into(future, lambda: fn(*args, **kwargs))
            finally:
                self._stand_up()

        with self._seats_lock:
            if self._free <= 0:
                self._queued.append(work)
                return future
            self._free -= 1
        super().submit(work)
        return future

    @contextmanager
    def waiting(self) -> Generator[None, None, None]:
        """A call waits for another in this block: meanwhile its seat is somebody else's."""
        self._stand_up()
        try:
            yield
        finally:
            with self._seats_lock:  # those who come back only pick up an answer: they do not queue again
                self._free -= 1

    def _stand_up(self) -> None:
        with self._seats_lock:
            self._free += 1
            if self._free <= 0 or not self._queued:
                return
            self._free -= 1
            work = self._queued.popleft()
        super().submit(work)


def _into(future: Future[T], call: Callable[[], T]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - it is the future's
        future.set_exception(error)
    else:
        future.set_result(result)
