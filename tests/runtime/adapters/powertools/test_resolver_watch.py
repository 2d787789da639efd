"""What watches the time of handlers: its steps, its thread, and the signal."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from idem_runtime.adapters.powertools import resolver_deadline
from idem_runtime.adapters.powertools.resolver_deadline import SIGNAL, OutOfTime, Watch, Watching

LONG = 60
"""Seconds."""


class OneConnection:
    """Of an execution, what a watch looks at."""

    awaits = False

    def __init__(self, real: Any) -> None:
        self.store = self
        self.held = real


def test_a_watch_that_is_due_at_once_takes_all_its_steps(dsn: str) -> None:
    told: list[bool] = []
    with psycopg.connect(dsn) as real:

        def run() -> None:
            with (
                Watch(OneConnection(real), seconds=-1, margin=0) as _,
                pytest.raises(psycopg.OperationalError),
            ):  # type: ignore[arg-type]
                for _ in range(LONG * 100):
                    real.execute("SELECT 1")
                    time.sleep(0.01)
            told.append(True)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(LONG)
    assert told == [True]


def test_a_handler_that_ends_as_its_time_does_is_left_alone(dsn: str) -> None:
    with psycopg.connect(dsn) as real:
        watch = Watch(OneConnection(real), seconds=LONG, margin=1)  # type: ignore[arg-type]
        with watch:
            pass
        assert not watch.step(), "the thread that watches had it in its hands already"
        assert not watch.over
        assert real.execute("SELECT 1").fetchone() == (1,)


def test_a_step_that_fails_is_logged_and_the_next_one_follows(
    dsn: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resolver_deadline, "end_statement", lambda connection: 1 / 0)
    with psycopg.connect(dsn) as real:
        watch = Watch(OneConnection(real), seconds=LONG, margin=1)  # type: ignore[arg-type]
        assert watch.step()
        assert watch.over
        assert "out of time" in caplog.text
        assert "ZeroDivisionError" in caplog.text
        with suppress(OutOfTime), watch:  # the second one interrupts this test, as it would a handler
            watch.step()
            time.sleep(LONG)


def test_a_watch_that_sleeps_for_longer_than_a_thread_can_is_woken_by_the_next_one(dsn: str) -> None:
    watching, stepped = Watching(), threading.Event()
    with psycopg.connect(dsn) as real:
        far, near = (Watch(OneConnection(real), seconds=seconds, margin=1) for seconds in (1e18, LONG))  # type: ignore[arg-type]
        watching.add(far)
        near.at, near.step = 0, stepped.set  # type: ignore[method-assign,assignment]
        watching.add(near)
        assert stepped.wait(LONG)


def test_where_the_thread_that_watches_has_ended_another_one_begins(dsn: str) -> None:
    watching, stepped = Watching(), threading.Event()
    watching._thread = threading.Thread(target=int)
    watching._thread.start()
    watching._thread.join()
    with psycopg.connect(dsn) as real:
        watch = Watch(OneConnection(real), seconds=LONG, margin=1)  # type: ignore[arg-type]
        watch.at, watch.step = 0, stepped.set  # type: ignore[method-assign,assignment]
        watching.add(watch)
        assert stepped.wait(LONG)


def test_a_signal_before_any_handler_has_run_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    process = resolver_deadline._Process()
    monkeypatch.setattr(resolver_deadline, "_process", process)
    assert process.has_signal()
    signal.raise_signal(SIGNAL)


def test_a_forked_process_has_none_of_its_parents_watches() -> None:
    """Nor the lock that another thread of its parent may have held."""
    process = resolver_deadline._Process()
    before = process.watching
    process.forked()
    assert process.watching is not before
