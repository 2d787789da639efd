"""How an arq job takes what its mark raises."""

from __future__ import annotations

import asyncio
import inspect
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from arq import Retry
from arq.worker import Worker
from redis.exceptions import ConnectionError as RedisIsAway

from idem_runtime import ConfigurationError, IdempotencyError, InProgress
from idem_runtime.adapters.queues import arq as helper
from tests.runtime.queues.scripted import COUNTED, FINAL, MARK, UNCOUNTED, Scripted


class Redis:
    """Notes what is taken back of the counters."""

    def __init__(self) -> None:
        self.taken_back: list[str] = []

    async def decr(self, name: str) -> None:
        self.taken_back.append(name)


@helper.retry_later
@MARK
async def pay(ctx: dict[Any, Any], order: str) -> str:
    return f"{order} by {ctx['job_id']}"


def context(redis: Redis, age: float = 0, tries: int = 1) -> dict[Any, Any]:
    enqueued = datetime.now(tz=UTC) - timedelta(seconds=age)
    return {"redis": redis, "job_id": "j1", "job_try": tries, "enqueue_time": enqueued}


def test_a_job_that_is_not_refused_is_as_it_was() -> None:
    Scripted()
    assert asyncio.run(pay(context(Redis()), "o1")) == "o1 by j1"
    assert pay.__name__ == "pay"


@pytest.mark.parametrize(
    ("errors", "taken_back"), [(UNCOUNTED, ["arq:retry:j1"]), (COUNTED, [])], ids=["waits", "fails for now"]
)
def test_only_waiting_does_not_count_against_the_tries(
    errors: list[type[IdempotencyError]], taken_back: list[str]
) -> None:
    for error in errors:
        Scripted(error())
        redis = Redis()
        with pytest.raises(Retry) as raised:
            asyncio.run(pay(context(redis), "o1"))
        assert (redis.taken_back, raised.value.__cause__.__class__) == (taken_back, error)


@pytest.mark.parametrize(("age", "least", "most"), [(0, 1, 1.3), (20, 10, 10.5), (7200, 60, 60)])
def test_a_job_waits_half_as_long_as_it_is_old_and_a_minute_at_most(
    age: float, least: float, most: float
) -> None:
    Scripted(InProgress())
    with pytest.raises(Retry) as raised:
        asyncio.run(pay(context(Redis(), age), "o1"))
    assert least * 1000 <= raised.value.defer_score <= most * 1000


@pytest.mark.parametrize("error", FINAL)
def test_a_final_refusal_fails_the_job(error: type[IdempotencyError]) -> None:
    Scripted(error())
    with pytest.raises(error):
        asyncio.run(pay(context(Redis()), "o1"))


@pytest.mark.parametrize("error", [InProgress, *COUNTED, *FINAL])
def test_called_as_a_function_a_job_raises_the_refusal_itself(
    error: type[IdempotencyError], caplog: pytest.LogCaptureFixture
) -> None:
    Scripted(error())
    with caplog.at_level(logging.INFO, "idem_runtime"), pytest.raises(error):
        asyncio.run(pay({}, "o1"))
    assert caplog.messages == []


@pytest.mark.parametrize("error", COUNTED)
def test_a_handler_that_fails_for_now_is_given_up_at_the_limit_and_the_log_says_so(
    error: type[IdempotencyError], caplog: pytest.LogCaptureFixture
) -> None:
    Scripted(*(error() for _ in range(4)))
    twice = helper.retry_later(limit=2)(pay.__wrapped__)  # type: ignore[attr-defined]
    with caplog.at_level(logging.INFO, "idem_runtime"):
        for job, tries, raised in ((twice, 1, Retry), (twice, 2, error), (pay, 4, Retry), (pay, 5, error)):
            with pytest.raises(raised):
                asyncio.run(job(context(Redis(), tries=tries), "o1"))
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR"] * 2
    assert caplog.messages[1].startswith(f"job pay[j1] is not tried again: {error.code}")


def test_the_limit_is_as_many_tries_as_arq_allows_by_itself() -> None:
    assert inspect.signature(Worker).parameters["max_tries"].default == helper.MAX_TRIES


@pytest.mark.parametrize("error", UNCOUNTED)
def test_where_redis_is_away_a_job_waits_all_the_same(error: type[IdempotencyError]) -> None:
    class Away(Redis):
        async def decr(self, name: str) -> None:
            raise RedisIsAway

    Scripted(error())
    with pytest.raises(Retry):
        asyncio.run(pay(context(Away()), "o1"))


def test_what_else_a_job_raises_is_raised_as_it_is() -> None:
    Scripted(ConnectionError())
    with pytest.raises(ConnectionError):
        asyncio.run(pay(context(Redis()), "o1"))


async def unmarked(ctx: dict[Any, Any], order: str) -> None: ...


@MARK
def not_async(ctx: dict[Any, Any], order: str) -> None: ...


@pytest.mark.parametrize(
    ("function", "says"), [(unmarked, "put it below @retry_later"), (not_async, "coroutine functions only")]
)
def test_a_job_that_would_not_be_protected_is_refused(function: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        helper.retry_later(function)
