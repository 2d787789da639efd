"""Each call has a state of its own, and what Powertools does not tell a store is known all the same."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import idempotent_function
from aws_lambda_powertools.utilities.idempotency.base import IdempotencyHandler
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyItemNotFoundError,
)

from idem_runtime import ConfigurationError
from idem_runtime.adapters.powertools import PostgresPersistenceLayer
from tests.runtime.adapters.powertools.layers import PAYMENT, Context, Subject, config
from tests.runtime.calls import PATIENCE
from tests.runtime.stores import until


def test_a_nested_call_does_not_change_whose_record_the_outer_one_completes(subject: Subject) -> None:
    inner = subject.function(lambda payment: "inner", name="inner")
    outer = subject.function(lambda payment: [subject.attempt(inner), "outer"], name="outer")
    results = [subject.attempt(outer), subject.attempt(outer), subject.attempt(inner)]
    subject.expect(results == [["inner", "outer"], ["inner", "outer"], "inner"], results)
    subject.expect(subject.statuses == ["COMPLETED", "COMPLETED"])


def test_a_call_that_begins_meanwhile_in_another_thread_changes_nothing(subject: Subject) -> None:
    begun = threading.Event()

    def slow(payment: Any) -> Any:
        assert begun.wait(PATIENCE)
        return "slow"

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(subject.attempt, subject.function(slow, name="slow"))
        assert until(lambda: subject.runs)
        assert subject.attempt(subject.function(lambda payment: "quick", name="quick")) == "quick"
        begun.set()
        results = [first.result(PATIENCE), subject.attempt(subject.function(name="slow")), subject.statuses]
    subject.expect(results == ["slow", "slow", ["COMPLETED", "COMPLETED"]], results)


def test_threads_do_not_mix_their_functions_up(ours: Subject) -> None:
    functions = [ours.function(lambda payment, n=n: {"function": n}, name=f"f{n}") for n in range(6)]

    def call(number: int) -> Any:
        result = ours.attempt(functions[number % 6], {"id": str(number % 30)})
        return isinstance(result, IdempotencyAlreadyInProgressError) or result == {"function": number % 6}

    with ThreadPoolExecutor(8) as threads:
        right = sum(threads.map(call, [number for _ in range(10) for number in range(30)]))
    assert (right, ours.statuses, len(ours.runs)) == (300, ["COMPLETED"] * 30, 30)


def test_each_call_site_has_its_own_configuration(subject: Subject) -> None:
    """Powertools itself ignores a second one, and runs what it should have protected."""
    by_id = subject.function(config=config(event_key_jmespath="id"), name="by_id")
    by_token = subject.function(config=config(event_key_jmespath="token"), name="by_token")
    by_id(payment={"id": "1"})
    with pytest.warns(UserWarning) if subject.naive else pytest.MonkeyPatch.context():
        runs = [subject.attempt(by_token, {"token": "t", "n": n}) for n in range(2)]
    subject.expect(runs == [{"run": 2}, {"run": 2}], runs)


def test_a_retention_of_one_call_site_is_not_another_s(subject: Subject) -> None:
    for number, seconds in enumerate([604_800, 86_400, 3600]):
        subject.function(config=config(expires_after_seconds=seconds), name=f"f{number}")(payment=PAYMENT)
    kept = [
        round(row[0])
        for row in subject.sql(
            "SELECT extract(epoch FROM expiry_time - now())::float8 FROM {table} ORDER BY idempotency_key"
        )
    ]
    subject.expect([round(seconds, -2) for seconds in kept] == [604_800, 86_400, 86_400], kept)


def pay_later(kind: str) -> Any:
    async def pay(*, payment: Any) -> Any: ...

    async def stream(*, payment: Any) -> Any:
        yield payment

    class Payer:
        async def __call__(self, *, payment: Any) -> Any: ...

    payer: Any = Payer()
    payer.__qualname__ = "payer"
    partial = functools.partial(pay)
    partial.__module__ = partial.__qualname__ = "p"  # type: ignore[attr-defined]
    return {"function": pay, "generator": stream, "object": payer, "partial": partial}[kind]


@pytest.mark.parametrize("kind", ["function", "generator", "object", "partial"])
def test_async_functions_are_refused_and_nothing_is_claimed(subject: Subject, kind: str) -> None:
    handler = functools.partial(
        IdempotencyHandler,
        pay_later(kind),
        PAYMENT,
        config(),
        subject.layer,
        function_args=(),
        function_kwargs={"payment": PAYMENT},
    )
    outcome: Any = None
    with warnings.catch_warnings(action="ignore"):  # the naive layer leaves coroutines that nobody awaits
        try:
            handler().handle()
        except Exception as error:
            outcome = type(error)
        gc.collect()
    subject.expect(outcome is ConfigurationError and subject.statuses == [], outcome)


def test_an_async_function_that_shows_late_has_not_run_and_its_key_is_free(ours: Subject) -> None:
    async def later(payment: Any) -> Any:
        ours.runs.append("ran")

    outcome = ours.attempt(ours.function(later))
    assert isinstance(outcome, ConfigurationError)
    assert (ours.runs, ours.statuses) == ([PAYMENT], [])


def test_an_async_function_that_is_run_to_its_end_is_a_function(ours: Subject) -> None:
    async def pay(*, payment: Any) -> Any:
        return "paid"

    @functools.wraps(pay)
    def to_its_end(*, payment: Any) -> Any:
        return asyncio.run(pay(payment=payment))

    marked = idempotent_function(
        data_keyword_argument="payment", persistence_store=ours.layer, config=config()
    )(to_its_end)
    assert [marked(payment=PAYMENT), marked(payment=PAYMENT)] == ["paid", "paid"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_frees_the_key(subject: Subject, interruption: type[BaseException]) -> None:
    def stop(payment: Any) -> Any:
        raise interruption

    with pytest.raises(interruption):
        subject.function(stop)(payment=PAYMENT)
    subject.expect(subject.statuses == [])


def test_what_is_raised_while_a_key_is_freed_does_not_hide_the_interruption(
    ours: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    def stop(payment: Any) -> Any:
        ours.sql("ALTER TABLE {table} RENAME COLUMN status TO gone")
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            ours.function(stop)(payment=PAYMENT)
    finally:
        ours.sql("ALTER TABLE {table} RENAME COLUMN gone TO status")
    assert "could not be freed" in caplog.text


class Suspended(BaseException):
    """As a durable function is suspended."""


class DurableContext:
    """As much of a durable function's context as Powertools looks at."""

    def __init__(self, operations: int) -> None:
        self.lambda_context = Context()
        self.state = self
        self.operations = [None] * operations


def test_a_durable_function_goes_on_with_what_it_claimed(ours: Subject) -> None:
    from aws_lambda_powertools.utilities.idempotency import idempotent

    suspended = [True]

    @idempotent(persistence_store=ours.layer, config=config())
    def handler(event: Any, context: Any) -> Any:
        ours.runs.append(event)
        if suspended.pop():
            raise Suspended
        return {"done": True}

    contexts: list[Any] = [DurableContext(1), DurableContext(1), DurableContext(2)]
    with pytest.raises(Suspended):
        handler(PAYMENT, contexts[0])
    with pytest.raises(IdempotencyAlreadyInProgressError):
        handler(PAYMENT, contexts[1])
    suspended.append(False)
    assert handler(PAYMENT, contexts[2]) == handler(PAYMENT, contexts[1]) == {"done": True}
    assert len(ours.runs) == 2


@pytest.mark.parametrize("value", ["true", "1", "yes", "of course"])
def test_powertools_switch_that_turns_protection_off_is_refused(
    monkeypatch: pytest.MonkeyPatch, subject: Subject, value: str
) -> None:
    monkeypatch.setenv("POWERTOOLS_IDEMPOTENCY_DISABLED", value)
    with (
        pytest.raises(ConfigurationError, match="unprotected")
        if not subject.naive
        else contextlib.nullcontext()
    ):
        subject.another()
    monkeypatch.setenv("POWERTOOLS_IDEMPOTENCY_DISABLED", "false")
    subject.another()


def test_a_cache_is_not_broken_by_threads_that_share_it(ours: Subject) -> None:
    settings = {"use_local_cache": True, "local_cache_max_items": 2}
    pay = ours.function(lambda payment: payment, config=config(**settings))

    def call(number: int) -> Any:
        result = ours.attempt(pay, {"id": str(number % 5)})
        return isinstance(result, IdempotencyAlreadyInProgressError) or result == {"id": str(number % 5)}

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(call, range(200)))
    assert len(ours.runs) == 5
    ours.expire()  # and what the cache holds is removed with an exception
    layer = ours.another()
    layer.configure(config(**settings), "pay")
    layer.save_inprogress({"id": "x"}, 1000)
    layer.save_success({"id": "x"}, 1)
    layer.delete_record({"id": "x"}, ValueError())
    with pytest.raises(IdempotencyItemNotFoundError):
        layer.get_record({"id": "x"})


class Keyed(PostgresPersistenceLayer):
    """A layer with keys of its own."""

    def _generate_hash(self, data: Any) -> str:
        return f"of {data['id']}"


def test_what_a_subclass_overrides_holds_for_calls(ours: Subject) -> None:
    layer = Keyed(pool=ours.pool, table_name=ours.table)
    pay = ours.function(layer=layer, key_prefix="pay")
    assert [pay(payment={"id": "1", "n": n}) for n in range(2)] == [{"run": 1}, {"run": 1}]
    assert ours.sql("SELECT idempotency_key FROM {table}") == [("pay#of 1",)]
