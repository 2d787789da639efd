"""Work that is done to its end whatever a signal handler raises meanwhile."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, takewhile
from types import FrameType
from typing import Any

import pytest

from idem_runtime.drivers.other_thread import OtherThread, to_its_end
from tests.runtime.stores import until


class Disturbed(Exception):
    """What the signal handler raises."""


@pytest.fixture
def disturb() -> Iterator[Callable[[], None]]:
    """Raise in the main thread, and wait until that has happened."""
    raised = threading.Event()

    def handler(*_: object) -> None:
        if not raised.is_set():
            raised.set()
            raise Disturbed

    def disturb() -> None:
        def sent() -> bool:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)
            return raised.wait(
                0.05
            )  # one that comes just before the main thread waits is only seen after the next

        assert until(sent)

    was = signal.signal(signal.SIGUSR2, handler)
    yield disturb
    signal.signal(signal.SIGUSR2, was)


def test_it_gives_what_the_work_gives_from_any_thread() -> None:
    work = threading.current_thread
    assert to_its_end(work) is not threading.main_thread()
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(to_its_end, work).result() is thread.submit(work).result()


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        to_its_end(lambda: 1 // 0)
    assert to_its_end(lambda: None) is None


@pytest.mark.parametrize("ends", ["returns", "raises"])
def test_what_a_signal_handler_raises_comes_after_the_end(disturb: Callable[[], None], ends: str) -> None:
    done: list[str] = []

    def work() -> None:
        disturb()
        done.append("whole")
        if ends == "raises":
            raise ValueError(ends)

    with pytest.raises(Disturbed):
        to_its_end(work)
    assert done == ["whole"]


def interrupted(moment: int) -> tuple[bool, int, int]:
    """Raise in the main thread at a line of what waits there, counted from 0. Whether it came to that line, and how often
    the work had been done by then, and was in the end.
    """
    done: list[str] = []
    lines = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if frame.f_code is not OtherThread.run_to_its_end.__code__:
            return None
        if event == "line":
            lines += 1
            if lines > moment:
                raise Disturbed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        to_its_end(lambda: done.append("whole"))
    except Disturbed:
        was_interrupted = True
    else:
        was_interrupted = False
    finally:
        sys.settrace(before)
    by_then = len(done)
    to_its_end(lambda: None)  # what was handed over before has its turn before
    return was_interrupted, by_then, len(done)


def test_wherever_a_signal_handler_raises_the_work_is_done_once_or_never_begins() -> None:
    moments = list(takewhile(lambda told: told[0], map(interrupted, count())))
    assert {(by_then, in_the_end) for _, by_then, in_the_end in moments} == {(0, 0), (1, 1)}
    assert interrupted(len(moments)) == (False, 1, 1)
