"""What a function returns is what a replay gives; what cannot be stored is executed once all the same."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency.serialization.custom_dict import CustomDictSerializer

from idem_runtime import ExecutedResponseLost
from idem_runtime.adapters.powertools import PostgresPersistenceLayer
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, config


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
