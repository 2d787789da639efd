"""Undo what a handler did before Lambda ends its process, so that its caller is told and its locks are gone.

While a local handler runs, a thread waits for the time that is left without the margin. Then, in three steps, as far as
needed: the statement that runs is cancelled; the handler is interrupted; its connection is cut off, so that the server rolls
back, whatever the handler still does.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from idem_runtime.drivers.interruption import cut_off, end_statement
from idem_runtime.execution.execution import Execution

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
        self.over = False
        """The time was over before the handler had ended."""
        self.interrupted = False
        self._execution = execution
        self._seconds = seconds
        self._step = margin * STEP
        self._ended = threading.Event()
        self._interrupt: Callable[[], object] | None = None
        self._before: Any = None
        self._thread = threading.Thread(target=self._run, name="idem-deadline", daemon=True)

    def __enter__(self) -> None:
        """The handler begins."""
        self._interrupt = self._way_to_interrupt()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """The handler has ended: nothing is done to its connection from now on."""
        try:
            self._ended.set()
            self._thread.join()
        finally:
            if self._before is not None:
                signal.signal(SIGNAL, self._before)

    def _way_to_interrupt(self) -> Callable[[], object] | None:
        """An async handler is cancelled; a sync one is interrupted in the main thread, which Lambda runs it in."""
        if self._execution.awaits:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            return lambda: loop.call_soon_threadsafe(self._cancel, task)
        if threading.current_thread() is not threading.main_thread():
            return None
        if signal.getsignal(SIGNAL) is not signal.SIG_DFL:
            return None  # the application's
        self._before = signal.signal(SIGNAL, self._raise)
        return partial(signal.pthread_kill, threading.main_thread().ident or 0, SIGNAL)

    def _cancel(self, task: asyncio.Task[Any] | None) -> None:
        if task is not None and not self._ended.is_set():
            self.interrupted = True
            task.cancel()

    def _raise(self, _: int, __: FrameType | None) -> None:
        if self.over and not self._ended.is_set():
            raise OutOfTime

    def _run(self) -> None:
        if self._ended.wait(max(0.0, self._seconds)):
            return
        self.over = True
        for step in (self._end_statement, self._interrupt or self._cut_off, self._cut_off):
            step()
            if self._ended.wait(self._step):
                return

    def _end_statement(self) -> None:
        end_statement(self._execution.store.held)

    def _cut_off(self) -> None:
        cut_off(self._execution.store.held)
