"""How dramatiq's broker takes what a mark raises; with a worker of this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AsyncIO, Retries

from idem_runtime import ConfigurationError, HandlerTimeout, IdempotencyError, InProgress, KeyReused
from idem_runtime.adapters.queues import dramatiq as helper
from tests.runtime.queues.scripted import COUNTED, FINAL, MARK, UNCOUNTED, Scripted

FAST = {"min_backoff": 1, "max_backoff": 1}


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubBroker]:
    monkeypatch.setattr(helper, "seconds_until_retry", soon)
    made = StubBroker()
    made.emit_after("process_boot")
    helper.install(made)
    yield made
    made.close()


def soon(error: IdempotencyError, waits: int) -> float | None:
    """Milliseconds where a worker waits seconds, and as many of them as it has waited."""
    return 0.001 * (1 + waits) if error.retriable else None


def run(broker: StubBroker, *actors: Any) -> None:
    worker = dramatiq.Worker(broker, worker_timeout=10, worker_threads=1)
    worker.start()
    try:
        for actor in actors:
            broker.join(actor.queue_name, fail_fast=False, timeout=10_000)
        worker.join()
    finally:
        worker.stop()


def pay(order: str) -> None: ...


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Level and end of each line about a message."""
    return [
        f"{record.levelname} {record.getMessage().partition('] ')[2]}"
        for record in caplog.records
        if record.name == "idem_runtime"
    ]


def actor(broker: StubBroker, **options: Any) -> Any:
    return dramatiq.actor(MARK(pay), broker=broker, actor_name="pay", **FAST, **options)


@pytest.mark.parametrize("error", UNCOUNTED)
def test_waiting_does_not_count_against_the_retries_of_an_actor(
    broker: StubBroker, error: type[IdempotencyError]
) -> None:
    script = Scripted(*(error() for _ in range(5)))
    task = actor(broker, max_retries=0)
    task.send("o1")
    run(broker, task)
    assert (script.calls, broker.dead_letters) == (6, [])


@pytest.mark.parametrize("error", COUNTED)
def test_a_handler_that_fails_for_now_is_retried_as_often_as_the_actor_allows_and_then_a_dead_letter(
    broker: StubBroker, error: type[IdempotencyError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "idem_runtime")
    script = Scripted(*(error() for _ in range(5)))
    task = actor(broker, max_retries=2)
    task.send("o1")
    run(broker, task)
    assert (script.calls, [message.args for message in broker.dead_letters]) == (3, [("o1",)])
    *retries, last = logged(caplog)
    assert retries == [f"INFO is tried again: {error.code}"] * 2
    assert last.startswith(f"ERROR is not tried again: {error.code}")
    assert last.endswith("the dead letters of queue default")


@pytest.mark.parametrize("error", COUNTED)
def test_an_actors_own_rules_for_retries_see_the_refusal_itself(
    broker: StubBroker, error: type[IdempotencyError]
) -> None:
    seen: list[Any] = []

    def twice(retries: int, exception: BaseException) -> bool:
        seen.append(type(exception))
        return retries < 2

    script = Scripted(*(error() for _ in range(5)))
    by_rule = actor(broker, retry_when=twice)
    by_rule.send("o1")
    run(broker, by_rule)
    assert (script.calls, seen, len(broker.dead_letters)) == (3, [error] * 3, 1)
    script = Scripted(error())
    by_throws = dramatiq.actor(MARK(pay), broker=broker, actor_name="throws", throws=(error,), **FAST)
    by_throws.send("o1")
    run(broker, by_throws)
    assert (script.calls, len(broker.dead_letters)) == (1, 2)


@pytest.mark.parametrize("error", FINAL)
def test_a_final_refusal_is_a_dead_letter_at_once(broker: StubBroker, error: type[IdempotencyError]) -> None:
    script = Scripted(error())
    task = actor(broker)
    task.send("o1")
    run(broker, task)
    assert (script.calls, [message.args for message in broker.dead_letters]) == (1, [("o1",)])


def test_what_else_an_actor_raises_is_retried_as_before(broker: StubBroker) -> None:
    script = Scripted(ConnectionError(), ConnectionError())
    task = actor(broker, max_retries=2)
    task.send("o1")
    run(broker, task)
    assert (script.calls, broker.dead_letters) == (3, [])


def test_a_message_says_how_often_it_has_waited(broker: StubBroker) -> None:
    seen: list[Any] = []

    class Seeing(dramatiq.Middleware):
        def before_process_message(self, broker: Any, message: Any) -> None:
            seen.append((message.options.get(helper.WAITS), message.options.get("retries")))

    broker.add_middleware(Seeing())
    Scripted(InProgress(), InProgress())
    task = actor(broker)
    task.send("o1")
    run(broker, task)
    assert seen == [(None, None), (1, None), (2, None)]


@pytest.mark.parametrize("error", [InProgress, HandlerTimeout, KeyReused])
def test_an_actor_that_is_called_as_a_function_raises_the_refusal_itself(
    broker: StubBroker, error: type[IdempotencyError]
) -> None:
    Scripted(error())
    with pytest.raises(error):
        actor(broker)("o1")


@pytest.mark.parametrize("error", [InProgress, HandlerTimeout, KeyReused])
def test_an_actor_that_another_one_calls_raises_the_refusal_itself_and_is_no_message_of_its_own(
    broker: StubBroker, error: type[IdempotencyError]
) -> None:
    inner, seen = actor(broker), []

    @dramatiq.actor(broker=broker, **FAST)
    def outer(order: str, caught: bool) -> None:
        try:
            inner(order)
        except IdempotencyError as refusal:
            seen.append(type(refusal))
            if not caught:
                raise

    script = Scripted(error(), error())
    outer.send("o1", caught=True)
    run(broker, outer)
    outer.send("o1", caught=False)
    run(broker, outer)
    assert (seen, script.calls) == ([error] * 2, 2 if error is KeyReused else 3)
    assert [message.actor_name for message in broker.dead_letters] == ["outer"] * (error is KeyReused)


def test_an_actor_that_calls_itself_is_told_the_refusal_itself(broker: StubBroker) -> None:
    seen: list[Any] = []

    def recursive(order: str) -> None:
        try:
            task(order)
        except IdempotencyError as refusal:
            seen.append(type(refusal))

    task = dramatiq.actor(MARK(recursive), broker=broker, actor_name="pay", **FAST)
    Scripted(None, KeyReused())
    task.send("o1")
    run(broker, task)
    assert (seen, broker.dead_letters) == ([KeyReused], [])


@pytest.mark.parametrize("error", [InProgress, HandlerTimeout])
def test_what_the_broker_does_not_take_again_is_a_dead_letter(
    broker: StubBroker,
    error: type[IdempotencyError],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """dramatiq would acknowledge it, and it would be gone."""

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("the broker is away")

    caplog.set_level(logging.INFO, "idem_runtime")
    Scripted(error())
    task = actor(broker)
    task.send("o1")
    monkeypatch.setattr(broker, "enqueue", away)
    run(broker, task)
    assert [message.args for message in broker.dead_letters] == [("o1",)]
    (line,) = logged(caplog)
    assert line.startswith(f"ERROR is not tried again: {error.code}")


def test_an_async_actor_is_judged_as_another(broker: StubBroker) -> None:
    broker.add_middleware(AsyncIO())

    async def pay_async(order: str) -> None: ...

    script = Scripted(InProgress(), KeyReused())
    task = dramatiq.actor(MARK(pay_async), broker=broker, actor_name="pay", max_retries=0, **FAST)
    task.send("o1")
    run(broker, task)
    assert (script.calls, len(broker.dead_letters)) == (2, 1)


def test_actors_that_were_there_before_are_judged_too_and_twice_is_as_once(
    broker: StubBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = StubBroker(middleware=[Retries(max_retries=7, min_backoff=3, max_backoff=9)])
    own.emit_after("process_boot")
    task = dramatiq.actor(MARK(pay), broker=own, actor_name="pay", max_retries=0)
    unmarked = dramatiq.actor(pay, broker=own, actor_name="unmarked")
    before = unmarked.fn
    helper.install(own)
    helper.install(own)
    (retries,) = own.middleware
    assert isinstance(retries, helper.MoneyRetries)
    assert (retries.max_retries, retries.min_backoff, retries.max_backoff) == (7, 3, 9)
    assert unmarked.fn is before
    script = Scripted(InProgress())
    task.send("o1")
    run(own, task)
    assert (script.calls, own.dead_letters) == (2, [])


def test_a_broker_that_drops_what_fails_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no Retries"):
        helper.install(StubBroker(middleware=[AsyncIO()]))
