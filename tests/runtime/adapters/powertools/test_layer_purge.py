"""The scheduled clean-up removes what has expired, in batches, and nothing that is still of use."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from idem_runtime import ConfigurationError
from idem_runtime.adapters.powertools import purge_handler
from idem_runtime.adapters.powertools.records import SCOPE
from tests.runtime.adapters.powertools.layers import PAYMENT, Context, Subject

LONG_AGO = "now() - interval '1 hour'"
SOON = "now() + interval '1 hour'"
ROWS = {
    "completed, expired": ("COMPLETED", LONG_AGO, "NULL", True),
    "completed, live": ("COMPLETED", SOON, "NULL", False),
    "in progress, live": ("INPROGRESS", SOON, SOON, False),
    "in progress, live past its retention": ("INPROGRESS", LONG_AGO, SOON, False),
    "in progress, its expiry passed": ("INPROGRESS", SOON, LONG_AGO, False),
    "in progress, crashed long ago": ("INPROGRESS", LONG_AGO, LONG_AGO, True),
    "in progress, without an expiry, long ago": ("INPROGRESS", LONG_AGO, "NULL", True),
}


def fill(subject: Subject, scope: str = SCOPE) -> None:
    for key, (status, expires, in_progress, _) in ROWS.items():
        if subject.kind == "own":
            subject.sql(
                "INSERT INTO {table} (scope, idempotency_key, status, expiry_time, in_progress_expiry, created_at) "
                f"VALUES (%s, %s, %s, {expires}, {in_progress}, now())",
                scope,
                key,
                status,
            )
        else:
            subject.sql(
                f"INSERT INTO {{table}} VALUES (%s, %s, NULL, {expires}, {in_progress}, NULL)", key, status
            )


def keys(subject: Subject) -> list[str]:
    return [row[0] for row in subject.sql("SELECT idempotency_key FROM {table} ORDER BY 1")]


LEFT = sorted(key for key, (*_, removed) in ROWS.items() if not removed)


def test_what_expired_is_removed_and_nothing_that_lives(ours: Subject) -> None:
    fill(ours)
    purge = purge_handler(ours.layer)
    assert purge({}, Context()) == {"removed": 3, "complete": True}
    assert keys(ours) == LEFT
    assert purge({}, None) == {"removed": 0, "complete": True}


@pytest.mark.parametrize("batch", [1, 2, 3, 1000])
def test_it_goes_on_in_batches_until_nothing_is_left(ours: Subject, batch: int) -> None:
    fill(ours)
    assert purge_handler(ours.layer, batch=batch)({}, Context()) == {"removed": 3, "complete": True}
    assert keys(ours) == LEFT


def test_it_begins_no_further_batch_when_the_lambda_s_time_is_nearly_over(ours: Subject) -> None:
    """A Lambda's default time-out is three seconds: one batch is always removed."""
    fill(ours)
    purge = purge_handler(ours.layer, batch=2)
    assert [purge({}, Context(3000)), purge({}, Context(3000))] == [
        {"removed": 2, "complete": False},
        {"removed": 1, "complete": True},
    ]


def test_locked_records_are_left_for_the_next_run(ours: Subject, dsn: str) -> None:
    fill(ours)
    with psycopg.connect(dsn) as rival:
        lock: Any = f"SELECT 1 FROM {ours.table} WHERE idempotency_key = 'completed, expired' FOR UPDATE"
        rival.execute(lock)
        assert purge_handler(ours.layer)({}, Context()) == {"removed": 2, "complete": True}


def test_what_another_program_has_marked_expired_is_removed(six: Subject) -> None:
    six.sql("INSERT INTO {table} VALUES ('marked', 'EXPIRED', NULL, now() + interval '1 hour', NULL, NULL)")
    fill(six)
    assert purge_handler(six.layer, batch=2)({}, Context()) == {"removed": 4, "complete": True}
    assert keys(six) == LEFT


@pytest.mark.parametrize("ours", ["own"], indirect=True)
def test_of_marked_operations_only_what_is_completed_goes(ours: Subject) -> None:
    """What is unknown is never removed: somebody has to look."""
    fill(ours, scope="5:alice3:pay")
    assert purge_handler(ours.layer)({}, Context()) == {"removed": 1, "complete": True}
    assert keys(ours) == sorted(set(ROWS) - {"completed, expired"})


def test_a_record_that_was_marked_expired_may_be_executed_again(six: Subject) -> None:
    pay = six.function()
    pay(payment=PAYMENT)
    six.sql("UPDATE {table} SET status = 'EXPIRED'")
    assert pay(payment=PAYMENT) == {"run": 2}


def test_it_finds_expired_records_by_the_index_of_the_migration(six: Subject) -> None:
    from idem_runtime.sql import query

    with six.db.transaction():
        six.sql("SET LOCAL enable_seqscan = off")
        plan = "\n".join(
            row[0] for row in six.sql("EXPLAIN " + query("layer_six_purge").replace("%(batch)s", "10"))
        )
    assert "idempotency_records_expiry_time_idx" in plan


@pytest.mark.parametrize("batch", [0, -1, True])
def test_a_batch_is_a_positive_number(ours: Subject, batch: Any) -> None:
    with pytest.raises(ConfigurationError, match="batch"):
        purge_handler(ours.layer, batch=batch)
