"""A table in hash partitions keeps every promise, and ``purge`` its index."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.drivers.table import Table
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import admission_here
from idem_runtime.model import StoreError
from tests.runtime.adapters.contract import ledger
from tests.runtime.commands.conftest import Database, Run
from tests.runtime.commands.test_purge_plan import EXPIRED, KEPT, ROWS, _plan

INSERT = "INSERT INTO ledger (amount) VALUES (5)"


@pytest.fixture
def table(run: Run, dsn: str, db: Database, spare: str) -> Table:
    """Four partitions."""
    code, said = run("migrate", "--dsn", dsn, "--schema", spare, "--partitions", "4")
    assert (code, "created" in said) == (0, True)
    return Table(schema=spare)


def options(table: Table, dsn: str) -> tuple[str, ...]:
    return ("--dsn", dsn, "--schema", str(table.schema))


def test_doctor_knows_the_partitions_and_migrate_leaves_them(run: Run, table: Table, dsn: str) -> None:
    there = options(table, dsn)
    code, said = run("doctor", *there)
    assert (code, "version 2, 4 partitions by a hash of the key" in said) == (0, True)
    for again in ((), ("--partitions", "4")):
        assert "nothing to do" in run("migrate", *there, *again)[1]
    code, said = run("migrate", *there, "--partitions", "8")
    assert (code, "is there and has 4 partitions" in said) == (2, True)


def test_a_table_without_partitions_gets_none(run: Run, dsn: str, db: Database) -> None:
    code, said = run("migrate", "--dsn", dsn, "--partitions", "4")
    assert (code, "is there and has no partitions" in said, "docs/scaling.md#partitions" in said) == (
        2,
        True,
        True,
    )


BROKEN = [
    ("DROP TABLE {table}_p3", "has no partition for some keys"),
    ("ALTER TABLE {table}_p3 SET UNLOGGED", "partition idempotency_records_p3 is unlogged"),
    ("ALTER TABLE {table}_p3 RENAME TO odd", "partition odd: a lost race is only known by the names"),
]


@pytest.mark.parametrize(("change", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_a_partition_that_is_no_good_is_named(
    change: str, said: str, run: Run, table: Table, dsn: str, db: Database
) -> None:
    db.execute(change.replace("{table}_p3", f'{table.quoted[:-1]}_p3"').encode())
    code, text = run("doctor", *options(table, dsn))
    assert (code, said in text) == (1, True)


@pytest.fixture
def idem(dsn: str, table: Table) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, schema=table.schema)
    yield idem
    idem.close()


MARK: dict[str, Any] = {"key": lambda key: key, "principal": lambda key: "alice"}


@pytest.mark.parametrize("locked", [True, False])
def test_duplicates_of_many_keys_are_executed_once(
    locked: bool, idem: Idempotency, db: Database, table: Table
) -> None:
    if not locked:
        idem.without_lock()  # the primary key alone decides, in whichever partition the key is

    @money_moving(operation="pay", **MARK)
    def pay(key: str, db: Any = Idempotency.lent) -> int:
        return int(db.execute(INSERT + " RETURNING id").fetchone()[0])

    answers: list[tuple[str, int]] = []

    def call() -> None:
        own = Idempotency(pool=runtime_of(idem).pools.sync(), schema=table.schema)  # a gate of its own
        if not locked:
            own.without_lock()
        with admission_here(FunctionAdmission(runtime_of(own))):
            answers.extend((key, pay(key)) for key in "abcdefgh")

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 32
    assert len(set(answers)) == 8
    assert ledger(db) == [5] * 8


def test_a_record_that_is_there_already_is_ours_in_any_partition(
    idem: Idempotency, table: Table, db: Database
) -> None:
    columns = "scope, idempotency_key, status, expiry_time, created_at"
    for key in "abcdefgh":
        record = f"INSERT INTO {table.quoted} ({columns}) VALUES ('s', '{key}', 'COMPLETED', now(), now())".encode()
        db.execute(record)
        with pytest.raises(psycopg.errors.UniqueViolation) as raised:
            db.execute(record)
        failure = _failure(raised.value, table)
        assert failure.ours
    assert not table.is_partition("idempotency_records_pay")


def _failure(error: psycopg.Error, table: Table) -> StoreError:
    from idem_runtime.drivers.wire_messages import failure

    made = failure(error, table, closed=False)
    assert isinstance(made, StoreError)
    return made


def test_purge_stays_on_the_index_of_each_partition(run: Run, table: Table, dsn: str, db: Database) -> None:
    db.execute(
        f"INSERT INTO {table.quoted} (scope, idempotency_key, status, expiry_time, created_at, completed_at)"
        f" SELECT '5:alice3:pay', 'key ' || n, 'COMPLETED', CASE WHEN n % 100 = 0 THEN {EXPIRED} ELSE {KEPT} END, now(), now()"
        f" FROM generate_series(1, {ROWS}) n".encode()
    )
    plan = _plan(dsn, table, "by_index+purge", "WITH expired", batch=1000)
    assert ("Seq Scan" in plan, "->  Sort" in plan, "Bitmap" in plan) == (False, False, False), plan
    assert "Index Cond: (expiry_time <= statement_timestamp())" in plan.replace("idempotency_records_1.", "")
    code, said = run("purge", *options(table, dsn), "--batch", "100")
    assert (code, f"{ROWS // 100} records removed" in said) == (0, True)
    assert db.execute(f"SELECT count(*) FROM {table.quoted}".encode()).fetchone() == (ROWS - ROWS // 100,)


def test_the_size_of_all_partitions_is_counted(run: Run, table: Table, dsn: str, db: Database) -> None:
    there = (*options(table, dsn), "--format", "json")
    before = run("stats", *there)[1]
    db.execute(
        f"INSERT INTO {table.quoted} (scope, idempotency_key, status, expiry_time, created_at, response_body)"
        " SELECT 's', n::text, 'COMPLETED', now(), now(), repeat('x', 2000)::bytea FROM generate_series(1, 100) n".encode()
    )
    import json

    assert json.loads(run("stats", *there)[1])["bytes"] > json.loads(before)["bytes"] > 0


@pytest.mark.parametrize("form", ["sql", "flyway"])
def test_partitions_are_printed_for_other_tools(
    form: str, run: Run, dsn: str, db: Database, spare: str
) -> None:
    code, said = run("migrate", "--schema", spare, "--format", form, "--partitions", "3")
    assert code == 0
    db.execute(f'CREATE SCHEMA "{spare.replace(chr(34), chr(34) * 2)}"'.encode())
    for _ in range(2):
        db.execute(said.encode())
    assert "3 partitions" in run("doctor", "--dsn", dsn, "--schema", spare)[1]


def test_the_page_moves_a_table_into_partitions(run: Run, dsn: str, db: Database) -> None:
    page = (Path(__file__).parents[3] / "docs" / "scaling.md").read_text(encoding="utf-8")
    script = re.search(r"<!-- sql: partition -->\n```sql\n(.*?)```", page, re.DOTALL)
    assert script is not None
    made = run("migrate", "--format", "sql", "--partitions", "3")[1]
    db.execute("CREATE SCHEMA moved")
    try:
        with psycopg.connect(dsn, autocommit=True, options="-c search_path=moved") as window:
            window.execute(Table().creation().encode())
            window.execute(
                "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, created_at)"
                " SELECT 's', n::text, 'COMPLETED', now(), now() FROM generate_series(1, 50) n"
            )
            window.execute(script[1].replace("\\i partitioned.sql", made).encode())
            assert window.execute("SELECT count(*) FROM idempotency_records").fetchone() == (50,)
        assert "3 partitions" in run("doctor", "--dsn", dsn, "--schema", "moved")[1]
    finally:
        db.execute("DROP SCHEMA moved CASCADE")
