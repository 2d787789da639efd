"""Records in logs: named without their keys."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idem_runtime import Idempotency, KeyReused, TransactionBroken, current_attempt, log_records, money_moving
from idem_runtime.model import Again, Ask, Decision, Refuse, Verdict
from idem_runtime.protocol.fingerprint import of_value

LEASE = timedelta(seconds=4)
"""Renewed after a third of it; longer than a busy machine keeps a thread waiting."""
NAMED = st.tuples(st.text("a1:", max_size=4), st.text("a1:", max_size=4))


def test_a_record_has_the_same_twelve_digits_in_every_process() -> None:
    assert log_records.digest("5:alice3:pay", "k") == "d8d81d83acfb"
    assert log_records.digest("5:\ud800", "k") != log_records.digest("5:\ud801", "k")


@given(NAMED, NAMED)
def test_two_records_have_two_digests(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (log_records.digest(*one) == log_records.digest(*other)) is (one == other)


def test_the_logger_is_named_for_the_package() -> None:
    assert log_records.LOGGER.name == "idem_runtime"


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage().partition(" ")[2]) for record in caplog.records]


@pytest.fixture
def idem(dsn: str, db: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture) -> Iterator[Idempotency]:
    caplog.set_level(logging.DEBUG, "idem_runtime")
    idem = Idempotency(dsn, wait=0, lease=LEASE)
    idem.install()
    yield idem
    idem.close()


LOCAL: dict[str, Any] = {
    "operation": "pay",
    "key": lambda key, *_: key,
    "principal": lambda *_: "alice",
    "ignore": ("/outcome",),
}
KEY = "8e03978e-secret"
EXECUTES, RECORDED = ("DEBUG", "executes"), ("INFO", "is executed and recorded")


def test_what_happens_is_logged_and_a_record_is_named_by_its_digest_only(
    idem: Idempotency, caplog: pytest.LogCaptureFixture
) -> None:
    @money_moving(**LOCAL)
    def pay(key: str, amount: int, outcome: str = "", db: Any = idem.lent) -> int:
        db.execute("INSERT INTO ledger (amount) VALUES (%s)", (amount,))
        if outcome == "fails":
            raise ValueError
        if outcome == "ends":
            db.execute("COMMIT")
        return amount

    with pytest.raises(ValueError, match=r"^$"):
        pay(KEY, 4071, "fails")
    for amount in (4071, 4071, 4072):
        with contextlib.suppress(KeyReused):
            pay(KEY, amount)
    with pytest.raises(TransactionBroken):
        pay(f"{KEY}2", 4071, "ends")
    assert lines(caplog) == [
        EXECUTES,
        ("INFO", "is undone, and its key is free"),
        EXECUTES,
        RECORDED,
        ("INFO", "is replayed"),
        ("WARNING", "is refused: key_reused"),
        EXECUTES,
        ("ERROR", "is refused: transaction_broken"),
    ]
    assert caplog.messages[3].startswith(f"{log_records.digest('5:alice3:pay', KEY)} ")
    assert not [text for text in caplog.messages if "secret" in text or "alice" in text or "407" in text]


def test_conflicts_are_logged(idem: Idempotency, caplog: pytest.LogCaptureFixture) -> None:
    left = [psycopg.errors.SerializationFailure("once")]

    @money_moving(**LOCAL)
    def pay(key: str, db: Any = idem.lent) -> int:
        if left:
            raise left.pop()
        db.execute("INSERT INTO ledger (amount) VALUES (1)")
        return 1

    assert pay(KEY) == 1
    assert lines(caplog) == [EXECUTES, ("INFO", "lost a conflict and is run again"), EXECUTES, RECORDED]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_an_external_attempt_that_loses_its_lease_or_gives_no_answer_is_logged(
    idem: Idempotency, db: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture, colour: str
) -> None:
    def until_lost() -> Iterator[None]:
        db.execute("UPDATE idempotency_records SET attempt = gen_random_uuid()")
        while not current_attempt().lost:
            yield
        raise ValueError

    @money_moving(effect="external", **LOCAL)
    def charge(key: str) -> None:
        for _ in until_lost():
            time.sleep(0.01)

    @money_moving(effect="external", **LOCAL)
    async def charge_async(key: str) -> None:
        for _ in until_lost():
            await asyncio.sleep(0.01)

    async def run() -> None:
        try:
            await charge_async(KEY)
        finally:
            await idem.aclose()

    with pytest.raises(ValueError, match=r"^$"):
        charge(KEY) if colour == "sync" else asyncio.run(run())
    assert lines(caplog) == [
        EXECUTES,
        ("WARNING", "has lost its lease"),
        ("WARNING", "ended without an answer: released if it said so, else unknown"),
    ]


def test_every_outcome_has_a_line() -> None:
    assert set(log_records.ADMITTED) | {Refuse} == {*get_args(Decision), Again}
    assert set(log_records.ENDED) | {Refuse} == set(get_args(Verdict))


def test_a_structured_log_has_operation_and_handler_beside_the_digest(
    idem: Idempotency, caplog: pytest.LogCaptureFixture
) -> None:
    @money_moving(**LOCAL)
    def pay(key: str, amount: int, db: Any = idem.lent) -> int:
        db.execute("INSERT INTO ledger (amount) VALUES (%s)", (amount,))
        return amount

    pay(KEY, 1)
    with pytest.raises(KeyReused):
        pay(KEY, 2)
    said = {(r.idem_operation, r.idem_handler, r.idem_record) for r in caplog.records}  # type: ignore[attr-defined]
    name = f"{pay.__module__}.{pay.__qualname__}"
    assert said == {("pay", name, log_records.digest("5:alice3:pay", KEY))}
    log_records.heartbeat_answered(Ask("5:alice3:pay", KEY, of_value(1), ""), alive=None)
    assert caplog.records[-1].idem_handler is None  # type: ignore[attr-defined]
