"""How procrastinate's strategy takes what a mark raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from procrastinate import BaseRetryStrategy, RetryStrategy
from procrastinate.jobs import Job

from idem_runtime import IdempotencyError, InProgress
from idem_runtime.adapters.queues.procrastinate import RetryLater
from tests.runtime.queues.scripted import COUNTED, FINAL, UNCOUNTED


def job(attempts: int = 0) -> Job:
    return Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="pay", attempts=attempts)


def decided(error: BaseException, attempts: int = 0, strategy: RetryLater | None = None) -> Any:
    return (strategy or RetryLater()).get_retry_decision(exception=error, job=job(attempts))


def seconds(error: BaseException, attempts: int = 0, strategy: RetryLater | None = None) -> float:
    return (decided(error, attempts, strategy).retry_at - datetime.now(tz=UTC)).total_seconds()


@pytest.mark.parametrize("error", UNCOUNTED)
def test_waiting_has_no_end(error: type[IdempotencyError]) -> None:
    assert 50 < seconds(error(), 10_000) <= 60


@pytest.mark.parametrize("error", COUNTED)
def test_a_handler_that_fails_for_now_is_tried_again_up_to_the_limit(error: type[IdempotencyError]) -> None:
    strategy = RetryLater(limit=3)
    assert 3 < seconds(error(), 2, strategy) <= 5
    assert decided(error(), 3, strategy) is None


@pytest.mark.parametrize("error", FINAL)
def test_a_final_refusal_fails_the_job(error: type[IdempotencyError]) -> None:
    assert decided(error()) is None


def test_a_job_waits_longer_the_more_often_it_was_tried() -> None:
    assert 0.5 < seconds(InProgress(), 0) < 1.5
    assert 7 < seconds(InProgress(), 3) <= 10


class Older(BaseRetryStrategy):
    def get_schedule_in(self, *, exception: BaseException, attempts: int) -> int:
        return 30


def test_what_else_is_raised_is_left_to_the_other_strategy() -> None:
    assert decided(ConnectionError()) is None
    assert decided(ConnectionError(), 3, RetryLater(RetryStrategy(max_attempts=3))) is None
    assert 25 < seconds(ConnectionError(), 2, RetryLater(RetryStrategy(max_attempts=3, wait=30))) <= 30
    with pytest.deprecated_call():
        assert 25 < seconds(ConnectionError(), 2, RetryLater(Older())) <= 30
