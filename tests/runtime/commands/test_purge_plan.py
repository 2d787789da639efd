"""``purge`` stays on its index, on a table of many records that was never analysed, whatever is in it."""

from __future__ import annotations

import psycopg
import pytest

from idem_runtime.drivers.statement_text import compose
from idem_runtime.drivers.table import Table
from idem_runtime.operate.admin_connection import Admin
from tests.runtime.commands.conftest import Database, Run, quoted

ROWS = 30_000
EXPIRED = "now() - interval '1 day' + n * interval '1 ms'"
KEPT = "now() + interval '1 day' + n * interval '1 ms'"
FILLED = {
    "most are kept": ("'COMPLETED'", f"CASE WHEN n % 100 = 0 THEN {EXPIRED} ELSE {KEPT} END", ROWS // 100),
    "all are expired": ("'COMPLETED'", EXPIRED, ROWS),
    "many are unknown": (
        "CASE WHEN n % 10 = 0 THEN 'COMPLETED' ELSE 'INPROGRESS' END",
        EXPIRED,
        ROWS // 10,
    ),
    "nothing is expired": ("'COMPLETED'", KEPT, 0),
}


def _fill(db: Database, table: Table, status: str, expiry: str) -> None:
    db.execute(
        f"INSERT INTO {table.quoted} (scope, idempotency_key, status, expiry_time, created_at, completed_at, response_body)"
        f" SELECT '5:alice3:pay', 'key ' || n, {status}, {expiry}, now(), now(), repeat('x', 200)::bytea"
        f" FROM generate_series(1, {ROWS}) n"
    )
    analysed = db.execute(
        "SELECT reltuples FROM pg_class WHERE oid = %s::regclass", (table.quoted,)
    ).fetchone()
    assert analysed == (-1,), "what is to be shown is shown on a table that was never analysed only"


def _plan(dsn: str, table: Table, name: str, verb: str, **params: int) -> str:
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        text = compose(connection, table, name, params)
        cursor = connection.execute(text.replace(verb.encode(), b"EXPLAIN " + verb.encode(), 1))
        while cursor.nextset():
            pass
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("filled", FILLED)
def test_purge_of_a_table_that_was_never_analysed_stays_on_the_index(
    filled: str, run: Run, dsn: str, db: Database, spare: str
) -> None:
    there, table = ("--dsn", dsn, "--schema", spare), Table(schema=spare)
    run("migrate", *there)
    status, expiry, removed = FILLED[filled]
    _fill(db, table, status, expiry)
    for name, verb, params in (
        ("by_index+purge", "WITH expired", {"batch": 1000}),
        ("by_index+purgeable", "SELECT count", {}),
    ):
        plan = _plan(dsn, table, name, verb, **params)
        assert ("Seq Scan" in plan, "Sort" in plan, "Bitmap" in plan) == (False, False, False), plan
        assert "idempotency_records_expiry_time on" in plan, plan
        assert "Index Cond: (expiry_time <= statement_timestamp())" in plan, "reads on past what is expired"
    code, said = run("purge", *there, "--batch", "1000")
    assert (code, f"{removed} records removed" in said) == (0, True)
    left = db.execute(f"SELECT count(*) FROM {table.quoted}").fetchone()
    assert left == (ROWS - removed,)


def test_each_record_that_is_purged_is_found_by_its_key(dsn: str, db: Database, run: Run, spare: str) -> None:
    table = Table(schema=spare)
    run("migrate", "--dsn", dsn, "--schema", spare)
    _fill(db, table, *FILLED["all are expired"][:2])
    plan = _plan(dsn, table, "by_index+purge", "WITH expired", batch=1000)
    assert "Nested Loop" in plan
    assert f"Index Scan using idempotency_records_pkey on {quoted('idempotency_records')}"[:40] in plan


def test_the_planner_is_told_for_one_transaction_only(dsn: str, db: Database) -> None:
    with Admin(dsn, Table()) as admin:
        admin.count("by_index+purge", batch=1)
        cursor = admin._connection.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


def test_what_another_purge_holds_is_left_for_the_next_run(run: Run, dsn: str, db: Database) -> None:
    db.execute(
        "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, created_at)"
        " SELECT 's', n::text, 'COMPLETED', now(), now() FROM generate_series(1, 4) n"
    )
    with psycopg.connect(dsn) as other:
        other.execute("SELECT FROM idempotency_records WHERE idempotency_key = '2' FOR UPDATE")
        assert "3 records removed" in run("purge", "--dsn", dsn)[1]
    assert "1 records removed" in run("purge", "--dsn", dsn)[1]


@pytest.mark.parametrize("name", ["purge", "layer_own_purge", "layer_six_purge", "layer_six_purge_marked"])
def test_no_plan_takes_more_than_a_batch(name: str, dsn: str, db: Database) -> None:
    """Where rows are joined one by one, a subquery with a limit would be asked again for each, and give others each time."""
    status = "EXPIRED" if name.endswith("marked") else "COMPLETED"
    db.execute(
        "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, created_at)"
        f" SELECT 's', n::text, '{status}', now(), now() FROM generate_series(1, 5) n"
    )
    off = " ".join(f"-c enable_{way}=off" for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"))
    with psycopg.connect(dsn, options=off, cursor_factory=psycopg.ClientCursor) as connection:
        taken = connection.execute(compose(connection, Table(), name, {"batch": 2, "scope": "s"})).rowcount
    assert taken == 2
