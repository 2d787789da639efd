"""Only the database's clock counts, whatever the application's says, and whatever hour it thinks it has."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import base as handler_module
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from aws_lambda_powertools.utilities.idempotency.persistence import base as base_module
from aws_lambda_powertools.utilities.idempotency.persistence import datarecord as record_module

from idem_runtime.adapters.powertools import layer_hooks
from tests.runtime.adapters.powertools import naive_layer
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, config

AUTUMN = dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC).timestamp()
"""Half past two in Berlin, for the second time that night."""
SPRING = dt.datetime(2026, 3, 28, 12, 0, tzinfo=dt.UTC).timestamp()
"""The noon before an hour is left out."""
HOURS = 3600.0


class Clock:
    """The application's clock, which is wrong by ``offset`` seconds."""

    offset = 0.0

    def time(self) -> float:
        return time.time() + self.offset

    def module(self) -> Any:
        """``datetime``, as Powertools uses it."""
        clock = self

        class Wrong(dt.datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return cls.fromtimestamp(clock.time(), tz)

        class Module:
            datetime = Wrong
            timedelta = dt.timedelta
            UTC = dt.UTC

        return Module


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    for module in (handler_module, base_module, record_module, naive_layer):
        monkeypatch.setattr(module, "dt", clock.module())
    monkeypatch.setattr(layer_hooks, "time", clock)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield clock
    monkeypatch.undo()
    time.tzset()


def seconds(subject: Subject, column: str) -> float:
    """How far ahead ``column`` is, by the database's clock."""
    [(value,)] = subject.sql(
        f"SELECT extract(epoch FROM {column} - clock_timestamp())::float8 FROM {{table}}"
    )
    return float(value)


@pytest.mark.parametrize("offset", [-2 * HOURS, 2 * HOURS])
def test_an_application_s_wrong_clock_changes_no_expiry(
    subject: Subject, clock: Clock, offset: float
) -> None:
    clock.offset = offset
    found: list[float] = []
    subject.function(lambda payment: found.append(seconds(subject, "in_progress_expiry")))(payment=PAYMENT)
    subject.expect(290 < found[0] <= 300 and 86_390 < seconds(subject, "expiry_time") < 86_402, found)


@pytest.mark.parametrize("offset", [-2 * HOURS, 2 * HOURS])
def test_another_process_with_a_wrong_clock_neither_executes_nor_forgets(
    subject: Subject, clock: Clock, offset: float
) -> None:
    second = subject.function(layer=subject.another())
    seen: list[Any] = []

    def body(payment: Any) -> Any:
        clock.offset = offset
        seen.append(subject.attempt(second))
        clock.offset = 0
        return "done"

    subject.attempt(subject.function(body))
    clock.offset = 15 * offset
    seen.append(subject.attempt(second))
    held = isinstance(seen[0], IdempotencyAlreadyInProgressError) and seen[1] == "done"
    if offset < 0 and subject.naive:
        assert held  # a clock that is late only makes the naive layer forget late
        return
    subject.expect(held and len(subject.runs) == 1, seen)


def test_an_expired_record_is_expired_for_a_late_clock(subject: Subject, clock: Clock) -> None:
    pay = subject.function()
    pay(payment=PAYMENT)
    subject.expire()
    clock.offset = -2 * HOURS
    subject.expect(subject.attempt(pay) == {"run": 2})


def test_the_hour_that_comes_twice_does_not_end_what_is_in_progress(subject: Subject, clock: Clock) -> None:
    """Powertools adds to local time: in that hour its in-progress expiry lies almost an hour in the past."""
    clock.offset = AUTUMN - time.time()
    found: list[float] = []

    def body(payment: Any) -> Any:
        found.append(seconds(subject, "in_progress_expiry") - clock.offset * subject.naive)

    subject.function(body, config=config(milliseconds=10_000))(payment=PAYMENT)
    subject.expect(0 < found[0] <= 10, found)
    if subject.naive:
        assert -3600 < found[0] < -3580


def test_the_hour_that_is_left_out_does_not_shorten_the_retention(subject: Subject, clock: Clock) -> None:
    clock.offset = SPRING - time.time()
    settings = config(expires_after_seconds=86_400)
    subject.function(config=settings)(payment=PAYMENT)
    kept = seconds(subject, "expiry_time") - clock.offset * subject.naive
    subject.expect(86_390 < kept < 86_402, kept)


@pytest.mark.parametrize("offset", [-2 * HOURS, 0, 2 * HOURS])
def test_records_are_given_back_by_the_application_s_clock(
    ours: Subject, clock: Clock, offset: float
) -> None:
    clock.offset = offset
    ours.layer.configure(config(), "pay")
    ours.layer.save_inprogress(PAYMENT, 60_000)
    record = ours.layer.get_record(PAYMENT)
    now = clock.time()
    assert record.status == "INPROGRESS"
    assert 59_000 < record.in_progress_expiry_timestamp - now * 1000 <= 60_001
    assert 86_390 < record.expiry_timestamp - now <= 86_402
