"""Every response replays as it was, whatever JSONB would make of it, and plain JSON stays plain for other programs."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idem_runtime import ExecutedResponseLost
from idem_runtime.adapters.powertools import json_values
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject

PLAIN = [
    {"statusCode": 201, "body": '{"id": "1"}'},
    [],
    {},
    None,
    True,
    0,
    "x",
    "ünï ☃ 😀",
    1.5,
    -1.25,
    0.1 + 0.2,
    123456789012345678901234567890,
    {"b": 1, "aa": [1, {"c": None}]},
    {"idem_guard_json": 1, "other": 2},
    [{"idem_guard_lost": True}],
    "\\u0000".replace("u", "x"),
]
ODD = [
    math.nan,
    math.inf,
    {"amount": -math.inf},
    "a\0b",
    {"a\0": 1},
    "\ud800",
    {"\udfff": 1},
    "\ude00\ud83d",
    1e16,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    -0.0,
    "\\u0000",
    {"idem_guard_json": "1"},
    {"idem_guard_json": {"idem_guard_json": "x"}},
    {"idem_guard_lost": True},
    {"idem_guard_attempt": "x"},
    {1: "a", "1": "b"},
]


def same(one: Any, other: Any) -> bool:
    """Equal in value, type and sign, in whatever order members are."""
    return repr(json.loads(json.dumps(one, sort_keys=True))) == repr(
        json.loads(json.dumps(other, sort_keys=True))
    )


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_what_jsonb_keeps_stays_plain(value: Any) -> None:
    text = json.dumps(value, sort_keys=True)
    assert next(iter(json_values.forms(text))) == text
    assert json_values.read(text).text == text


@pytest.mark.parametrize("value", [value for value in ODD if value != {1: "a", "1": "b"}], ids=repr)
def test_what_jsonb_changes_is_wrapped(value: Any) -> None:
    text = json.dumps(value, sort_keys=True)
    stored = next(iter(json_values.forms(text)))
    assert stored.isascii()
    assert list(json.loads(stored)) == [json_values.TEXT]
    assert json_values.read(stored).text == text


@pytest.mark.parametrize(
    "text", ["1E2", "-0", "1.50", '{"a": 1, "a": 2}', "[" * 100_000, "1" * 5000, '"\0"', "no JSON"]
)
def test_text_that_is_not_python_s_is_wrapped(text: str) -> None:
    assert not json_values.is_plain(text)


@pytest.mark.parametrize("stored", ["[" * 100_000 + "]" * 100_000, "9" * 5000])
def test_what_python_cannot_read_is_given_as_it_is(stored: str) -> None:
    """Another program's: whoever reads it is told, and nothing is executed."""
    assert json_values.read(stored).text == stored


@pytest.mark.parametrize(
    "stored", ['{"idem_guard_json": 1}', '{"idem_guard_json": "1", "x": 2}', '"idem_guard_json"']
)
def test_what_only_resembles_a_wrapped_one_is_itself(stored: str) -> None:
    assert json_values.read(stored).text == stored


def test_odd_responses_replay_exactly(ours: Subject) -> None:
    for number, value in enumerate([*ODD[:-1], *PLAIN]):
        pay = ours.function(lambda payment, value=value: value, name=f"f{number}")
        assert same(pay(payment=PAYMENT), value)
        ours.age()
        assert same(pay(payment=PAYMENT), value), repr(value)
    assert len(ours.runs) == len(ODD[:-1]) + len(PLAIN)


def test_a_naive_layer_changes_or_loses_them(subject: Subject) -> None:
    exact = executed = 0
    for number, value in enumerate(ODD[:-1]):
        pay = subject.function(lambda payment, value=value: value, name=f"f{number}")
        subject.attempt(pay)
        subject.age()
        exact += same_or_error(subject.attempt(pay), value)
        executed = len(subject.runs)
    subject.expect((exact, executed) == (len(ODD[:-1]), len(ODD[:-1])), (exact, executed))


def same_or_error(result: Any, value: Any) -> bool:
    return not isinstance(result, Exception) and same(result, value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
@settings(max_examples=60)
def test_any_value_is_read_as_it_was_stored(value: Any) -> None:
    text = json.dumps(value, sort_keys=True)
    assert json_values.read(next(iter(json_values.forms(text)))).text == text


@pytest.mark.exhaustive
def test_any_value_survives_postgres(six: Subject) -> None:
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=8,
        )
    )
    @settings(max_examples=500)
    def survives(value: Any) -> None:
        text = json.dumps(value, sort_keys=True)
        [(stored,)] = six.db.execute("SELECT %s::jsonb::text", [next(iter(json_values.forms(text)))])
        assert json_values.read(stored).text == text

    survives()


def test_a_response_that_the_database_refuses_is_stored_in_the_next_form(six: Subject) -> None:
    """As a database whose encoding is not UTF-8 refuses \\u escapes in JSONB."""
    six.sql(
        "ALTER TABLE {table} ADD CONSTRAINT refuses CHECK (length(response_data->>'n') / 0 = 1) NOT VALID"
    )
    try:
        pay = six.function(lambda payment: {"n": 1})
        assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == [{"n": 1}, {"n": 1}]
        assert six.sql("SELECT response_data FROM {table}") == [({"idem_guard_json": '{"n": 1}'},)]
    finally:
        six.sql("ALTER TABLE {table} DROP CONSTRAINT refuses")


def test_a_response_that_the_database_never_takes_is_lost_and_not_executed_again(
    ours: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    sizes = {
        "own": "octet_length(response_body)",
        "six": "coalesce(length(response_data->>'n'), length(response_data->>'idem_guard_json'))",
    }
    ours.sql(f"ALTER TABLE {{table}} ADD CONSTRAINT refuses CHECK ({sizes[ours.kind]} / 0 = 1) NOT VALID")
    try:
        pay = ours.function(lambda payment: {"n": 1})
        assert pay(payment=PAYMENT) == {"n": 1}
        ours.age()
        assert isinstance(ours.attempt(pay), ExecutedResponseLost)
    finally:
        ours.sql("ALTER TABLE {table} DROP CONSTRAINT refuses")
    assert len(ours.runs) == 1
    assert "the database refuses it" in caplog.text


def test_what_is_wrong_with_the_table_is_no_lost_response(ours: Subject) -> None:
    def meanwhile(payment: Any) -> Any:
        ours.sql("ALTER TABLE {table} RENAME TO elsewhere")
        return 1

    try:
        error = ours.attempt(ours.function(meanwhile))
    finally:
        ours.sql(f"ALTER TABLE {ours.table.replace(OWN_NAME, 'elsewhere')} RENAME TO idempotency_records")
    assert "run its migration" in str(error)
    assert ours.statuses == ["INPROGRESS"]


OWN_NAME = "idempotency_records"
