"""When a call is made again, and which policies cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idem_runtime import ConfigurationError
from idem_runtime.client import CallPolicy
from idem_runtime.client.http_answers import retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
IN_A_MINUTE = format_datetime(NOW + timedelta(seconds=60), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({"retry-after": "9" * 5000}, float("inf")),
        ({"retry-after": IN_A_MINUTE, "date": format_datetime(NOW, usegmt=True)}, 60),
        ({"retry-after": IN_A_MINUTE.replace("GMT", "-0000"), "date": format_datetime(NOW, usegmt=True)}, 60),
        ({"retry-after": format_datetime(NOW - timedelta(days=9000), usegmt=True), "date": "never"}, 0),
    ],
)
def test_the_two_forms_of_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


DATES = st.from_regex(
    r"\A[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,30} \d{1,20}:\d{2}:\d{2} ([+-]\d{1,20}|GMT|)\Z"
)


@given(st.one_of(st.text(max_size=40), DATES), st.one_of(st.text(max_size=40), DATES))
@settings(max_examples=30)
def test_whatever_stands_in_its_headers_can_be_waited_for_or_not(value: str, date: str) -> None:
    seconds = retry_after({"retry-after": value, "date": date})
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"methods": "POST"},
        {"methods": ("post",)},
        {"without_key": "/oauth/token"},
        {"without_key": ("oauth/token",)},
        {"attempts": 0},
        {"body_cap": -1},
        {"budget": -1},
        {"budget": timedelta(hours=2)},
        {"budget": "long"},
        {"first_pause": float("nan")},
        {"longest_pause": timedelta(seconds=-1)},
    ],
)
def test_a_policy_that_cannot_be_used_is_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=name):
        CallPolicy(**wrong)


def test_pauses_grow_up_to_the_longest_and_durations_may_be_timedeltas() -> None:
    policy = CallPolicy(first_pause=timedelta(seconds=1), longest_pause=timedelta(seconds=3))
    pauses = {made: [policy.pause(made) for _ in range(300)] for made in (1, 2, 3, 9)}
    assert [round(max(taken)) for taken in pauses.values()] == [1, 2, 3, 3]
    assert all(pause >= 0 for taken in pauses.values() for pause in taken)
