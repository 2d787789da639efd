"""Stored responses, encrypted: what is in the table says nothing, and what cannot be opened is neither replayed nor run."""

from __future__ import annotations

import base64
import contextlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import ConfigurationError, Idempotency, StoreUnavailable, encryption, money_moving
from idem_runtime.model import Response
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import INSERT
from tests.runtime.testing import shop

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
TEXT = {"old": base64.b64encode(OLD).decode(), "new": base64.b64encode(NEW).decode()}
BOTH = {"new": TEXT["new"], "old": TEXT["old"]}
KEY: dict[str, Any] = {"operation": "pay", "key": lambda key, *_: key, "wait": 0}


@contextlib.contextmanager
def bank(dsn: str, keys: Any, **more: Any) -> Iterator[Any]:
    """``pay`` on an ``Idempotency`` with these keys."""
    idem = Idempotency(dsn, response_keys=keys)
    idem.install()

    def alice(key: str, amount: int, who: str = "alice") -> str:
        return who

    @money_moving(**{"principal": alice, **KEY, **more})
    def pay(key: str, amount: int, who: str = "alice", db: Any = idem.lent) -> str:
        if more.get("effect") != "external":
            db.execute(INSERT, (amount,))
        return f"DE89 {amount}"

    try:
        yield pay
    finally:
        idem.close()


def whole(db: psycopg.Connection[Any]) -> str:
    row = db.execute("SELECT string_agg(record::text, ' ') FROM idempotency_records AS record").fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("effect", ["local", "external"])
def test_the_table_says_nothing_and_a_retry_gets_everything(
    effect: str, dsn: str, db: psycopg.Connection[Any]
) -> None:
    with bank(dsn, TEXT, effect=effect) as pay:
        assert pay("k", 7) == pay("k", 7) == "DE89 7"
    assert b"DE89".hex() not in whole(db)
    assert "content-type" not in whole(db)
    assert '""encrypted"": ""old""' in whole(db)
    assert ledger(db) == ([7] if effect == "local" else [])


def test_a_response_over_http_replays_byte_for_byte(
    dsn: str, db: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from idem_runtime.testing import storm

    monkeypatch.setenv("SHOP_DSN", dsn)
    monkeypatch.setenv("IDEM_RESPONSE_KEYS", f'{{"a": "{TEXT["old"]}"}}')
    came = storm(shop.asgi(), "/transfers", json={"amount": 7}, headers={"x-tenant": "alice"})
    came.assert_executed_once()
    types = {dict(answer.headers)["content-type"] for answer in came.answers}
    assert types == {"application/json"}


def test_keys_are_rotated_by_their_ids(dsn: str, db: psycopg.Connection[Any]) -> None:
    with bank(dsn, {"old": OLD.hex() and TEXT["old"]}) as pay:
        pay("before", 1)
    with bank(dsn, BOTH) as pay:
        assert pay("before", 1) == "DE89 1"
        pay("after", 2)
    with bank(dsn, {"new": TEXT["new"]}) as pay:
        assert pay("after", 2) == "DE89 2"
        with pytest.raises(StoreUnavailable, match="The key for stored responses is not to be had"):
            pay("before", 1)
    assert ledger(db) == [1, 2]


def test_what_was_stored_before_is_replayed_and_without_keys_nothing_is_run(
    dsn: str, db: psycopg.Connection[Any]
) -> None:
    with bank(dsn, None) as pay:
        pay("plain", 1)
    with bank(dsn, TEXT) as pay:
        assert pay("plain", 1) == "DE89 1"
        pay("sealed", 2)
    with (
        bank(dsn, None) as pay,
        pytest.raises(StoreUnavailable, match="no response_keys are configured here"),
    ):
        pay("sealed", 2)
    assert ledger(db) == [1, 2]


OTHERS = "(SELECT response_body FROM idempotency_records WHERE idempotency_key = 'a')"
CHANGES = [
    f"response_body = {OTHERS}",
    "response_data = jsonb_set(response_data, '{status}', '201')",
    "response_body = ''",
]


@pytest.mark.parametrize("change", CHANGES, ids=["another row's", "another status", "cut"])
def test_a_response_that_was_not_sealed_for_its_row_does_not_open(
    change: str, dsn: str, db: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    with bank(dsn, TEXT) as pay:
        pay("a", 7)
        pay("b", 7)
        db.execute(f"UPDATE idempotency_records SET {change} WHERE idempotency_key = 'b'")  # type: ignore[call-overload]
        with caplog.at_level(logging.ERROR), pytest.raises(StoreUnavailable, match="cannot be decrypted"):
            pay("b", 7)
    assert "has a response that does not open" in caplog.text
    assert ledger(db) == [7, 7]


def test_each_tenant_has_keys_of_its_own(dsn: str, db: psycopg.Connection[Any]) -> None:
    keys: dict[str, Any] = {"alice": {"1": OLD}, "bob": {"1": NEW}}
    with bank(dsn, keys.get) as pay:
        assert pay("k", 7) == pay("k", 7)
        pay("k", 8, "bob")
        del keys["alice"]  # its data is gone with its key
        for key in ("k", "new"):
            with pytest.raises(StoreUnavailable):
                pay(key, 7)
        assert pay("k", 8, "bob") == "DE89 8"
    assert ledger(db) == [7, 8]


def test_a_key_service_that_is_away_stops_everything_before_it_runs(
    dsn: str, db: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    def away(principal: str) -> Any:
        raise TimeoutError

    for keys in (away, lambda principal: {"short": b"x"}):
        with bank(dsn, keys) as pay, pytest.raises(StoreUnavailable):
            pay("k", 7)
    assert [
        record.getMessage().partition(":")[0]
        for record in caplog.records
        if "response_keys" in record.getMessage()
    ] == [
        "response_keys= raised TimeoutError",
        "response_keys= raised ValueError",
    ]
    assert ledger(db) == []


def test_the_record_of_an_earlier_principal_opens_with_its_own_keys(
    dsn: str, db: psycopg.Connection[Any]
) -> None:
    keys: dict[str, Any] = {"alice": {"1": OLD}, "tenant-1": {"1": NEW}}
    with bank(dsn, keys.get) as pay:
        pay("k", 7)

    def earlier(key: str, amount: int) -> str:
        return "alice"

    later = {"principal": lambda key, amount: "tenant-1", "previous_principals": (earlier,)}
    with bank(dsn, keys.get, **later) as pay:
        assert pay("k", 7) == "DE89 7"
    assert ledger(db) == [7]


def test_what_a_provider_told_is_stored_encrypted(dsn: str, db: psycopg.Connection[Any]) -> None:
    idem = Idempotency(dsn, response_keys=TEXT)
    idem.install()

    @money_moving(
        **KEY, principal=lambda key: "alice", effect="external", reconcile=lambda attempt: "DE89 told"
    )
    def send(key: str) -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        send("k")
    assert send("k") == send("k") == "DE89 told"
    assert b"DE89".hex() not in whole(db)
    idem.close()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "response_keys: no key"),
        ({"a": "not base64!"}, "response_keys: key id 'a': a name, and a key of 32 bytes"),
        ({"": TEXT["old"]}, "response_keys: key id ''"),
        ({"a": base64.b64encode(b"short").decode()}, "a key of 32 bytes"),
    ],
)
def test_keys_that_cannot_be_used_are_refused(keys: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Idempotency("postgresql://nowhere.invalid/", response_keys=keys)


def test_keys_of_bytes_are_checked_alike() -> None:
    with pytest.raises(ConfigurationError, match=r"Idempotency\(response_keys=…\): key id 'a'"):
        encryption.ResponseKeys({"a": b"short"})
    cipher = encryption.ResponseKeys({"a": OLD}).cipher("alice")
    assert repr(OLD) not in repr(cipher)
    answer = Response(201, (("location", "/1:2"), ("vary", "ä")), b"\0:7")
    assert cipher.open("5:alice3:pay", "k", cipher.seal("5:alice3:pay", "k", answer)) == answer


def test_where_cryptography_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    encryption._aes.cache_clear()
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(ConfigurationError, match=r'pip install "idem-guard\[encryption\]"'):
        Idempotency("postgresql://nowhere.invalid/", response_keys=TEXT)


@pytest.mark.slow
def test_nothing_is_imported_where_nothing_is_encrypted() -> None:
    program = (
        "import sys\nfrom idem_runtime import Idempotency\nIdempotency('postgresql://x/').install()\n"
        "print([name for name in sys.modules if name.startswith('cryptography')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
