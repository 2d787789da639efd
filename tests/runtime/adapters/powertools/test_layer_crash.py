"""What a killed process and a silent database leave, and the ways out of it: at least once, and never in silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from idem_runtime import StoreUnavailable
from idem_runtime.adapters.powertools import layer_store
from idem_runtime.adapters.powertools.records import SCOPE
from idem_runtime.operate import cli
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, cause, config
from tests.runtime.stores import until

PROGRAM = """
import os, signal, sys
import psycopg
from aws_lambda_powertools.utilities.idempotency import idempotent_function
from idem_runtime.adapters.powertools import PostgresPersistenceLayer
from psycopg_pool import ConnectionPool
from tests.runtime.adapters.powertools.layers import PAYMENT, config

dsn, table = sys.argv[1:]
pool = ConnectionPool(dsn, min_size=1, max_size=1, open=True, kwargs={"autocommit": True})
layer = PostgresPersistenceLayer(pool=pool, table_name=table)

@idempotent_function(data_keyword_argument="payment", persistence_store=layer, config=config(), key_prefix="pay")
def pay(*, payment):
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("INSERT INTO ledger (amount) VALUES (5)")
    os.kill(os.getpid(), signal.SIGKILL)

pay(payment=PAYMENT)
"""


def killed(subject: Subject, dsn: str) -> None:
    """A process that is killed after the effect and before the record."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, dsn, subject.table], cwd=Path.cwd(), capture_output=True, text=True
    )
    assert done.returncode == -9, done.stderr
    assert subject.statuses == ["INPROGRESS"]


def pay_again(subject: Subject) -> Any:
    def body(payment: Any) -> Any:
        subject.db.execute("INSERT INTO ledger (amount) VALUES (5)")
        return "paid"

    return subject.attempt(subject.function(body, key_prefix="pay"))


def effects(subject: Subject) -> int:
    return len(subject.db.execute("SELECT 1 FROM ledger").fetchall())


@pytest.mark.parametrize("ours", ["own", pytest.param("six", marks=pytest.mark.exhaustive)], indirect=True)
def test_what_a_killed_process_left_is_in_progress_and_then_executed_again(ours: Subject, dsn: str) -> None:
    """That is the contract, and why the mark is stronger."""
    killed(ours, dsn)
    assert isinstance(pay_again(ours), IdempotencyAlreadyInProgressError)
    assert effects(ours) == 1
    ours.age()
    assert (pay_again(ours), effects(ours)) == ("paid", 2)


@pytest.mark.parametrize("ours", ["own"], indirect=True)
def test_an_operator_can_say_what_a_killed_process_has_done(
    ours: Subject, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On our table, before its retry executes it again."""
    ours.layer.configure(config(), key_prefix="pay")
    ours.layer.save_inprogress(PAYMENT, 60_000)
    ours.db.execute("INSERT INTO ledger (amount) VALUES (5)")
    ours.age()
    assert cli.main(["list", "--dsn", dsn]) == 0
    assert "aws-lambda-powertools  persistence-layer" in capsys.readouterr().out
    [(key,)] = ours.sql("SELECT idempotency_key FROM {table}")
    who = ["--by", "ann", "--why", "it is in the ledger"]
    assert cli.main(["resolve", SCOPE, key, "--dsn", dsn, *who, "--executed", "--body", '"paid"']) == 0
    assert (pay_again(ours), effects(ours)) == ("paid", 1)


def test_a_silent_database_is_given_up(ours: Subject, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_store, "STORE_TIMEOUT", 0.3)
    assert ours.layer.store.place
    with psycopg.connect(dsn) as other:
        lock: Any = f"LOCK TABLE {ours.table} IN ACCESS EXCLUSIVE MODE"
        other.execute(lock)
        outcome = ours.attempt(ours.function())
        waits = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        assert until(lambda: not ours.sql(waits))  # the server is told to give up, too
    assert isinstance(cause(outcome), StoreUnavailable)
    assert ours.runs == []
    assert ours.function()(payment=PAYMENT) == {"run": 1}
