"""``forget``: the answers of a principal go, the facts stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    ResponseForgotten,
    forget_principal,
    money_moving,
)
from idem_runtime.operate import forgetting
from tests.runtime.adapters.contract import ledger
from tests.runtime.commands.conftest import Database, Run

WHO = ("--by", "ann", "--why", "GDPR 17")
INSERT = "INSERT INTO ledger (amount) VALUES (%s)"


@pytest.fixture
def transfer(dsn: str, db: Database) -> Iterator[Any]:
    idem = Idempotency(dsn)
    idem.install()

    @money_moving(operation="pay", key=lambda key, *_: key, principal=lambda key, amount, who="alice": who)
    def transfer(key: str, amount: int, who: str = "alice", db: Any = idem.lent) -> str:
        db.execute(INSERT, (amount,))
        return f"DE89 {amount}"

    yield transfer
    idem.close()


def bodies(db: Database) -> list[Any]:
    return db.execute(
        "SELECT convert_from(response_body, 'utf8') FROM idempotency_records ORDER BY scope"
    ).fetchall()


def test_answers_of_one_principal_go_and_their_retries_are_refused(
    transfer: Any, run: Run, dsn: str, db: Database
) -> None:
    for key in "abc":
        transfer(key, 7)
    transfer("a", 8, "alice2")
    code, said = run("forget", "--principal", "alice", *WHO, "--dsn", dsn, "--batch", "2")
    assert code == 0
    assert said.splitlines()[0] == "3 answers deleted; a retry of theirs gets executed_response_lost"
    for amount in (7, 9):
        with pytest.raises(ResponseForgotten) as refused:
            transfer("a", amount)
    assert refused.value.code == "executed_response_lost"
    assert transfer("a", 8, "alice2") == "DE89 8"
    assert ledger(db) == [7, 7, 7, 8]
    whole = db.execute(
        "SELECT string_agg(record::text, ' ') FROM idempotency_records AS record WHERE scope LIKE '5:%'"
    ).fetchone()
    assert whole is not None
    assert "DE89" not in whole[0]
    assert "v1:" not in whole[0]


def test_the_decision_is_shown_with_the_record(transfer: Any, run: Run, dsn: str) -> None:
    transfer("a", 7)
    run("forget", "--principal", "alice", *WHO, "--dsn", dsn)
    _, said = run("show", "5:alice3:pay", "a", "--dsn", dsn)
    assert "state      FORGOTTEN: executed, and its answer was deleted" in said
    assert "decided forgotten by ann: GDPR 17" in said
    assert run("forget", "--principal", "alice", *WHO, "--dsn", dsn)[1].startswith("0 answers deleted")


def test_what_has_no_answer_yet_is_named_and_left(run: Run, dsn: str, db: Database, unknown: Any) -> None:
    unknown("done")
    code, said = run("forget", "--principal", "alice", *WHO, "--dsn", dsn, "--dry-run")
    assert (code, said.splitlines()[0]) == (0, "1 answers would be deleted")
    code, said = run("forget", "--principal", "alice", *WHO, "--dsn", dsn)
    assert code == 1
    assert "1 records have no answer yet" in said


def test_what_somebody_works_on_is_left_for_another_run(transfer: Any, run: Run, dsn: str) -> None:
    transfer("a", 7)
    transfer("b", 7)
    with psycopg.connect(dsn) as other:
        other.execute("SELECT FROM idempotency_records WHERE idempotency_key = 'a' FOR UPDATE")
        code, said = run("forget", "--principal", "alice", *WHO, "--dsn", dsn)
    assert code == 1
    assert "1 answers are left, of records that somebody works on: run it again" in said


def test_a_program_may_forget_as_well(transfer: Any, dsn: str, db: Database) -> None:
    transfer("a", 7, "7")
    assert forget_principal(dsn, 7, by="ann", why="GDPR") == forgetting.Forgotten(1, 0, 0)
    assert bodies(db) == [(None,)]
    with pytest.raises(ConfigurationError, match="others will have to go by them"):
        forget_principal(dsn, 7, by=" ", why="GDPR")


@pytest.mark.parametrize("colour", ["--by", "--why", "--principal"])
def test_blank_words_are_refused(run: Run, dsn: str, colour: str) -> None:
    words = {"--by": "ann", "--why": "GDPR", "--principal": "alice"} | {colour: " "}
    code, said = run("forget", *(part for pair in words.items() for part in pair), "--dsn", dsn)
    assert (code, "is empty, and is what others will have to go by" in said) == (2, True)
