"""Work that the main thread has done elsewhere: what signal handlers raise in it comes in the middle of nothing there."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")


class _Job(Generic[T]):
    """Work, and what came of it.

    What the main thread waits for is a plain lock, because an exception in the middle of a condition's wait breaks that.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """It is not done yet."""
        self._work = work
        self._returned: list[T] = []
        self._raised: list[BaseException] = []
        self._over = threading.Lock()
        self._over.acquire()
        self._has_begun = False

    def do(self) -> None:
        """In the other thread; nothing where it is not the first time."""
        if self._has_begun:
            return
        self._has_begun = True
        try:
            self._returned.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._raised.append(error)
        finally:
            self._over.release()

    def wait(self) -> None:
        """Until it is done, or something is raised here."""
        self._over.acquire()

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return bool(self._returned or self._raised)

    def result(self) -> T:
        """What the work returned; what it raised is raised once."""
        if self._raised:
            raise self._raised.pop()
        return self._returned[0]


class OtherThread:
    """A thread that works for the main one: no signal handler runs in it."""

    def __init__(self, name: str) -> None:
        """It waits for work."""
        self._jobs: queue.SimpleQueue[_Job[Any]] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name=f"idem-{name}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._jobs.get().do()

    def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns. It is done to its end, whatever is raised here meanwhile."""
        job = _Job(work)
        self._jobs.put(job)
        job.wait()
        return job.result()

    def run_to_its_end(self, work: Callable[[], T]) -> T:
        """As :meth:`run`, but what is raised here meanwhile is raised when it has ended."""
        job = _Job(work)
        interruption: BaseException | None = None
        while True:
            try:
                self._jobs.put(job)  # once more after an interruption, which may have come before
                while not job.done:
                    job.wait()
                break
            except BaseException as error:  # noqa: BLE001 - raised below
                interruption = error if interruption is None else interruption
        if interruption is not None:
            raise interruption
        return job.result()


def to_its_end(work: Callable[[], T]) -> T:
    """What ``work`` returns. What a signal handler raises meanwhile is raised when it has ended, and not in its middle."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    return undisturbed("work").run_to_its_end(work)


@cache
def undisturbed(name: Literal["take", "put", "work"]) -> OtherThread:
    """Several threads: who waits for a connection must not keep one from coming back."""
    return OtherThread(name)


os.register_at_fork(after_in_child=undisturbed.cache_clear)  # the threads stay with the parent
