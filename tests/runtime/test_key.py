"""Keys from headers, event ids and payloads."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idem_runtime import (
    ConfigurationError,
    KeyInvalid,
    KeyMissing,
    from_header,
    from_payload,
    standard_webhook,
    webhook_event,
)
from idem_runtime.key import RequestKey, check_key, parse_key
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request


class Event(str, enum.Enum):  # noqa: UP042 - as many programs still write it
    PAID = "paid"


class Number(enum.IntEnum):
    ONE = 1


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=100)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (["k"], "k"),
        (['"k"'], "k"),
        ([" k "], "k"),
        ([r'"a\"b\\c"'], r"a\c".replace("\\", '"b\\')),
        (['"a, b"'], "a, b"),
        (["a" * 255], "a" * 255),
        (["8e03978e-40d5-43dd-bc93-6894a57f9324"], "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    ],
)
def test_a_usable_header_gives_its_key(values: list[str], key: str) -> None:
    assert parse_key(values) == key


@pytest.mark.parametrize("values", [[], [""], ["  "], ['""']])
def test_no_key_is_missing(values: list[str]) -> None:
    with pytest.raises(KeyMissing):
        parse_key(values)


@pytest.mark.parametrize(
    "values",
    [
        ["a", "a"],
        ["a" * 256],
        ["a b"],
        ["a,b"],
        ['"open'],
        ['a"b'],
        ['"a";q=1'],
        ["ü"],
        ['"ü"'],
        ["a\x00"],
        [r'"a\b"'],
    ],
)
def test_a_header_that_is_no_key_is_refused(values: list[str]) -> None:
    with pytest.raises(KeyInvalid):
        parse_key(values)


@given(PRINTABLE)
def test_every_printable_key_survives_quoting(key: str) -> None:
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert parse_key([quoted]) == key


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (None, KeyMissing),
        ("", KeyMissing),
        ("é", KeyInvalid),
        ("a" * 256, KeyInvalid),
        pytest.param(10**5000, KeyInvalid, id="an enormous integer"),
        (-(10**254), KeyInvalid),
        (True, KeyInvalid),
        (7.0, KeyInvalid),
        (b"k", KeyInvalid),
        (["k"], KeyInvalid),
    ],
)
def test_a_key_function_must_give_a_usable_key(key: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_key(key)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (7, "7"),
        (-7, "-7"),
        (10**254, "1" + "0" * 254),
        (UUID("8E03978E-40D5-43DD-BC93-6894A57F9324"), "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (Event.PAID, "paid"),
        (Number.ONE, "1"),
    ],
)
def test_integers_and_uuids_are_keys_as_text(key: object, text: str) -> None:
    assert (check_key(key), type(check_key(key))) == (text, str)


def test_a_key_of_another_type_is_told_what_is_allowed() -> None:
    with pytest.raises(KeyInvalid, match="text, an integer or a UUID, not float"):
        check_key(7.5)


def request(body: bytes = b"", **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request("POST", "/hooks", named, body=body)


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("key", "application", "kept"),
    [
        (standard_webhook(), DAY, 30 * DAY),
        (standard_webhook(), 60 * DAY, 60 * DAY),
        (standard_webhook(retention=3 * DAY), DAY, 3 * DAY),
        (standard_webhook(retention=3 * DAY), 60 * DAY, 3 * DAY),
        (webhook_event("/id"), DAY, 30 * DAY),
        (webhook_event("/id", retention=3 * DAY), 60 * DAY, 3 * DAY),
        (from_header("x-event"), DAY, DAY),
    ],
)
def test_the_ids_of_webhooks_are_kept_as_long_as_senders_retry(
    key: RequestKey, application: timedelta, kept: timedelta
) -> None:
    assert key.kept(application) == kept
    assert MoneyMoving(key=key).kept(application) == kept
    assert MoneyMoving(key=key, retention=2 * DAY).kept(application) == 2 * DAY
    assert MoneyMoving().kept(application) == application


@pytest.mark.parametrize("key", [standard_webhook(), webhook_event("/id")])
def test_of_a_webhook_only_successes_are_recorded_unless_the_mark_says_otherwise(key: RequestKey) -> None:
    recorded = [
        status for status in (204, 303, 404, 409) if MoneyMoving(key=key).recorded(status, otherwise=True)
    ]
    assert recorded == [204, 303]
    assert MoneyMoving(key=key, record=lambda status: status == 404).recorded(404, otherwise=False)
    assert MoneyMoving(key=key, effect="external").recorded(404, otherwise=True)
    for other in (None, from_header("x-event"), str):
        assert [MoneyMoving(key=other).recorded(404, otherwise=said) for said in (True, False)] == [
            True,
            False,
        ]


@pytest.mark.parametrize(
    ("retention", "says"),
    [
        (DAY / 2, "at least 24 hours"),
        (40_000 * DAY, "at most 36500 days"),
        (30, "at least 24 hours"),
        ("30 days", "a timedelta"),
    ],
)
def test_a_webhooks_retention_has_the_limits_of_the_setting(retention: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"standard_webhook\(retention=.*{says}"):
        standard_webhook(retention=retention)
    with pytest.raises(ConfigurationError, match=rf"webhook_event\(retention=.*{says}"):
        webhook_event("/id", retention=retention)


def test_a_webhook_is_known_by_its_event_id() -> None:
    assert standard_webhook()(request(webhook_id="msg_1")) == "msg_1"
    assert from_header("X-Event")(request(x_event="e1")) == "e1"
    with pytest.raises(KeyMissing, match="webhook-id"):
        standard_webhook()(request())
    assert webhook_event("/data/id")(request(b'{"data": {"id": "evt_1"}}')) == "evt_1"
    with pytest.raises(KeyMissing, match="/id in the body"):
        webhook_event("/id")(request(b"{}"))
    with pytest.raises(ConfigurationError, match="starts with /"):
        webhook_event("id")


@pytest.mark.parametrize(
    ("pointer", "body", "key"),
    [
        ("/id", b'{"id": "e1"}', "e1"),
        ("/data/id", b'{"data": {"id": 7}}', "7"),
        ("/events/0/id", b'{"events": [{"id": "e"}]}', "e"),
        ("/a~1b/c~0d", b'{"a/b": {"c~d": "x"}}', "x"),
    ],
)
def test_a_key_is_found_in_the_payload(pointer: str, body: bytes, key: str) -> None:
    assert from_payload(pointer)(request(body)) == key


@pytest.mark.parametrize(
    ("pointer", "body", "error"),
    [
        ("/id", b"{", KeyInvalid),
        ("/id", b"{}", KeyMissing),
        ("/id", b'{"id": true}', KeyInvalid),
        ("/id", b'{"id": 7.0}', KeyInvalid),
        ("/id", b'{"id": ' + b"9" * 300 + b"}", KeyInvalid),
        ("/id", b'{"id": {"a": 1}}', KeyInvalid),
        ("/id", b"3", KeyMissing),
        ("/3/id", b'[{"id": "e"}]', KeyMissing),
        ("/x", b"[1]", KeyMissing),
    ],
)
def test_a_payload_without_a_key_is_refused(pointer: str, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        from_payload(pointer)(request(body))


def test_a_pointer_has_to_be_one() -> None:
    with pytest.raises(ConfigurationError, match="starts with /"):
        from_payload("id")
