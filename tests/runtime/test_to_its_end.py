"""Work that is done to its end whatever a signal handler raises meanwhile."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from idem_runtime.drivers.other_thread import to_its_end
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
