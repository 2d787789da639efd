"""Each call has a state of its own, and what Powertools does not tell a store is known all the same."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import idempotent_function
from aws_lambda_powertools.utilities.idempotency.base import IdempotencyHandler
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.idempotency.serialization.custom_dict import CustomDictSerializer

from idem_runtime import ConfigurationError, ExecutedResponseLost, LeaseLost
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


@pytest.mark.parametrize("result", [0, "", [], {}, False, 0.0])
def test_false_results_replay_exactly(subject: Subject, result: Any) -> None:
    pay = subject.function(lambda payment: result)
    replayed = [pay(payment=PAYMENT), pay(payment=PAYMENT)][1]
    cached = subject.function(lambda payment: result, name="cached", config=config(use_local_cache=True))
    from_cache = [cached(payment=PAYMENT), cached(payment=PAYMENT)][1]
    subject.expect([(value, type(value)) for value in (replayed, from_cache)] == [(result, type(result))] * 2)


def test_a_serializer_may_make_nothing_of_a_result(ours: Subject) -> None:
    pay = ours.function(output_serializer=CustomDictSerializer(to_dict=lambda value: None, from_dict=dict))
    assert [pay(payment=PAYMENT), pay(payment=PAYMENT), len(ours.runs)] == [{"run": 1}, None, 1]


@pytest.mark.parametrize("result", [0, "", [], False])
def test_a_false_result_that_powertools_hands_on_as_none_is_recorded(
    ours: Subject, monkeypatch: pytest.MonkeyPatch, result: Any
) -> None:
    """As earlier versions do."""
    real = PostgresPersistenceLayer.save_success
    monkeypatch.setattr(
        PostgresPersistenceLayer, "save_success", lambda self, data, result: real(self, data, result or None)
    )
    pay = ours.function(lambda payment: result)
    assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == [result, result]


def test_none_is_a_result(ours: Subject) -> None:
    pay = ours.function(lambda payment: None)
    assert [pay(payment=PAYMENT), pay(payment=PAYMENT), len(ours.runs)] == [None, None, 1]


def numbers(payment: Any) -> Any:
    yield payment


def deep(payment: Any) -> Any:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize("result", [numbers, deep, lambda payment: object(), lambda payment: {1: 1, "a": 2}])
def test_a_result_that_cannot_be_stored_is_executed_once_and_given_to_the_first_caller(
    subject: Subject, result: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pay = subject.function(result)
    first = subject.attempt(pay)
    subject.age()
    again = subject.attempt(pay)
    held = (
        not isinstance(first, Exception)
        and isinstance(again, ExecutedResponseLost)
        and len(subject.runs) == 1
    )
    subject.expect(held, (first, again))
    if not subject.naive:
        assert "cannot be stored" in caplog.text
        assert PAYMENT["id"] not in caplog.text.partition("stored")[2]


def test_a_result_that_its_serializer_refuses_is_executed_once(subject: Subject) -> None:
    def refuse(value: Any) -> Any:
        raise ValueError("no")

    pay = subject.function(output_serializer=CustomDictSerializer(to_dict=refuse, from_dict=dict))
    first = subject.attempt(pay)
    subject.age()
    again = subject.attempt(pay)
    subject.expect(
        (first, type(again), len(subject.runs)) == ({"run": 1}, ExecutedResponseLost, 1), (first, again)
    )


@pytest.mark.parametrize("serializer", [None, CustomDictSerializer(to_dict=list, from_dict=dict)])
def test_a_lost_result_without_a_key_concerns_no_record(ours: Subject, serializer: Any) -> None:
    body = numbers if serializer is None else lambda payment: 1
    pay = ours.function(body, config=config(event_key_jmespath="missing"), output_serializer=serializer)
    with pytest.warns(UserWarning, match="No idempotency key"):
        assert not isinstance(ours.attempt(pay), Exception)
    assert ours.statuses == []


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


class TestWithoutAHandler:
    """Somebody calls the layer by themselves: Powertools' own rules hold, and contexts stay apart."""

    def test_the_whole_way(self, ours: Subject) -> None:
        layer: PostgresPersistenceLayer = ours.layer
        layer.configure(config(), "pay")
        assert layer.function_name == "test-func.pay"
        layer.save_inprogress(PAYMENT, 1000)
        layer.save_success(PAYMENT, {"a": 1})
        assert layer.get_record(PAYMENT).response_json_as_dict() == {"a": 1}
        layer.save_inprogress({"id": "2"}, 1000)
        layer.delete_record({"id": "2"}, ValueError())
        layer.delete_record({"id": "3"}, ValueError())  # nothing was claimed
        assert ours.statuses == ["COMPLETED"]
        assert dict(layer.claims) == {}
        assert len(layer.claims) == 0

    def test_a_second_configuration_is_refused_because_it_would_be_ignored(self, ours: Subject) -> None:
        ours.layer.configure(config(), "pay")
        ours.layer.configure(config(), "refund")
        ours.layer.save_inprogress(PAYMENT, 1000)
        ours.layer.configure(config(event_key_jmespath="id"), "pay")
        with pytest.raises(ConfigurationError, match="a layer for each"):
            ours.layer.save_inprogress(PAYMENT, 1000)

    def test_what_a_call_has_claimed_or_done_is_found_by_its_function_s_name(self, ours: Subject) -> None:
        pay = ours.function()
        pay(payment=PAYMENT)
        assert ours.layer.get_record(PAYMENT).response_json_as_dict() == {"run": 1}
        ours.layer.save_inprogress({"id": "2"}, 60_000)
        assert isinstance(ours.attempt(pay, {"id": "2"}), IdempotencyAlreadyInProgressError)

    def test_what_is_done_is_forgotten_on_demand_and_what_runs_is_not(
        self, ours: Subject, caplog: pytest.LogCaptureFixture
    ) -> None:
        pay = ours.function(lambda payment: ours.layer.delete_record(payment, ValueError()))
        pay(payment=PAYMENT)
        assert ours.statuses == ["COMPLETED"]
        ours.layer.delete_record(PAYMENT, ValueError())
        assert ours.statuses == []
        assert "deleted by hand" in caplog.text

    def test_contexts_have_their_own_names_and_claims(self, ours: Subject) -> None:
        layer = ours.layer
        layer.configure(config(), "pay")
        layer.save_inprogress(PAYMENT, 1000)
        copy_context().run(layer.configure, config(), "refund")
        assert layer.function_name == "test-func.pay"
        ours.layer.save_success(PAYMENT, {})
        assert ours.statuses == ["COMPLETED"]

    def test_without_a_key_there_is_no_record(self, ours: Subject) -> None:
        ours.layer.configure(config(event_key_jmespath="missing"), "pay")
        with pytest.warns(UserWarning, match="No idempotency key"):
            assert ours.layer.get_record(PAYMENT) is None

    def test_the_first_function_of_a_thread_may_use_it(self, ours: Subject) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(ours.layer.configure, config(), "pay").result()
        assert ours.layer.configured

    def test_a_name_that_changed_meanwhile_completes_nobody_s_record(self, ours: Subject) -> None:
        ours.layer.configure(config(), "pay")
        ours.layer.save_inprogress(PAYMENT, 60_000)
        ours.layer.configure(config(), "refund")
        with pytest.raises(LeaseLost):
            ours.layer.save_success(PAYMENT, {})
        assert ours.statuses == ["INPROGRESS"]

    def test_nothing_claimed_is_nothing_to_complete(self, ours: Subject) -> None:
        with pytest.raises(Exception, match="nothing was claimed"):
            ours.layer._update_record(data_record=DataRecord("k", "COMPLETED", response_data="1"))

    def test_a_call_is_found_through_what_stands_between(self, ours: Subject) -> None:
        def traced(function: Any) -> Any:
            def call(data: Any, remaining_time_in_millis: Any) -> Any:
                return function(data, remaining_time_in_millis)

            return call

        ours.layer.save_inprogress = traced(ours.layer.save_inprogress)
        inner = ours.function(lambda payment: "inner", name="inner")
        outer = ours.function(lambda payment: ours.attempt(inner), name="outer")
        assert [ours.attempt(outer), ours.attempt(outer)] == ["inner", "inner"]
        assert ours.statuses == ["COMPLETED", "COMPLETED"]


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
