"""Undo what a handler did before Lambda ends its process, so that its caller is told and its locks are gone.

While a local handler runs, a thread watches the time that is left without the margin. Then, in three steps, as far as
needed: the statement that runs is ended; the handler is interrupted; its connection is cut off, so that the server rolls
back, whatever the handler still does.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from idem_runtime.drivers.interruption import cut_off, end_statement
from idem_runtime.execution.execution import Execution
from idem_runtime.log_records import LOGGER

SIGNAL = getattr(signal, "SIGRTMAX", signal.SIGALRM)
"""What interrupts a sync handler: nobody's, where there are real-time signals."""
STEP = 0.25
"""Of the margin: how long the handler has to react before the next step."""


class OutOfTime(BaseException):
    """Raised in a sync handler whose time is over: no ``Exception``, so that it does not go on."""


class Watch:
    """Of one run of one handler."""

    def __init__(self, execution: Execution, *, seconds: float, margin: float) -> None:
        """``seconds``: until the first step; ``margin``: what is left of the invocation then."""
        self.at = time.monotonic() + seconds
        """When the next step is due."""
        self.over = False
        """The time was over before the handler had ended."""
        self.interrupted = False
        self._execution = execution
        self._margin = margin
        self._ended = False
        self._turn = threading.Lock()
        self._asking: threading.Thread | None = None
        """The server is asked to end the statement."""
        interrupt = self._way_to_interrupt() or self._cut_off
        self._steps: list[Callable[[], object]] = [self._end_statement, interrupt, self._cut_off]

    def __enter__(self) -> None:
        """The handler begins."""
        _process.watching.add(self)
        if threading.current_thread() is threading.main_thread():
            _process.in_main_thread = self

    def __exit__(self, *_: object) -> None:
        """The handler has ended: nothing is done to its connection from now on, by the server neither."""
        try:
            with self._turn:
                self._ended = True
            if self._asking is not None:
                self._asking.join()
        finally:
            self._ended = True
            _process.watching.discard(self)

    def step(self) -> bool:
        """Take the step that is due; whether another is to follow."""
        with self._turn:
            if self._ended:
                return False
            self.over = True
            self._take(self._steps.pop(0))
            self.at = time.monotonic() + self._margin * STEP
            return bool(self._steps)

    def _take(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the next step is the more needed, and other handlers are watched, too
            LOGGER.error(
                "a handler is out of time, and a step to end it failed: the next one follows", exc_info=error
            )

    def raise_in_handler(self) -> None:
        """:raises OutOfTime: the handler runs, and its time is over."""
        if self.over and not self._ended:
            raise OutOfTime

    def _way_to_interrupt(self) -> Callable[[], object] | None:
        """An async handler is cancelled; a sync one is interrupted in the main thread, which Lambda runs it in."""
        if self._execution.awaits:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            return partial(loop.call_soon_threadsafe, partial(self._cancel, task))
        if threading.current_thread() is threading.main_thread() and _process.has_signal():
            return partial(signal.pthread_kill, threading.main_thread().ident or 0, SIGNAL)
        return None

    def _cancel(self, task: asyncio.Task[Any] | None) -> None:
        if task is not None and not self._ended:
            self.interrupted = True
            task.cancel()

    def _end_statement(self) -> None:
        self._asking = end_statement(self._execution.store.held)

    def _cut_off(self) -> None:
        cut_off(self._execution.store.held)


class Watching:
    """The thread that watches all handlers of a process: one that sleeps costs a handler nothing."""

    def __init__(self) -> None:
        """Nothing is watched yet."""
        self._changed = threading.Condition()
        self._watches: set[Watch] = set()
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    def add(self, watch: Watch) -> None:
        """Watch from now on; the thread is only woken where it would sleep for too long."""
        with self._changed:
            self._watches.add(watch)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="idem-deadline", daemon=True)
                self._thread.start()
            elif watch.at < self._wakes:
                self._changed.notify()

    def discard(self, watch: Watch) -> None:
        """Watch no more."""
        with self._changed:
            self._watches.discard(watch)

    def _run(self) -> None:
        while True:
            for watch in self._due():
                if not watch.step():
                    self.discard(watch)

    def _due(self) -> list[Watch]:
        with self._changed:
            self._wakes = min((watch.at for watch in self._watches), default=math.inf)
            left = self._wakes - time.monotonic()
            if left > 0:
                self._changed.wait(min(left, threading.TIMEOUT_MAX))
            return [watch for watch in self._watches if watch.at <= time.monotonic()]


class _Process:
    """What there is one of in a process."""

    def __init__(self) -> None:
        self.watching = Watching()
        self.in_main_thread: Watch | None = None
        """The last one there."""

    def has_signal(self) -> bool:
        """Whether the signal is ours, which it stays: as its default it would end the process."""
        if signal.getsignal(SIGNAL) is signal.SIG_DFL:
            signal.signal(SIGNAL, _interrupt)
        return signal.getsignal(SIGNAL) is _interrupt

    def forked(self) -> None:
        """A forked process has the locks of its parent's threads, and not the threads."""
        self.watching = Watching()


def _interrupt(_: int, __: FrameType | None) -> None:
    if _process.in_main_thread is not None:
        _process.in_main_thread.raise_in_handler()


_process = _Process()
os.register_at_fork(after_in_child=_process.forked)
