"""``migrate``, ``purge`` and ``stats`` on a real database."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from typing import Any

import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers.pools import Table
from idem_runtime.operate import migration
from idem_runtime.operate.admin_connection import Admin
from tests.runtime.adapters.contract import records
from tests.runtime.commands.conftest import Database, Pay, Run, quoted

ODD = ['odd"name', "per%cent", "per%scent", "per%(scope)s", "{table}", "{audit}", "{}", "[[alone: x]]", "a:b :c ::d", "é" * 25, "x" * 51, 'end"', "back\\slash", '"""', "'; --", "${a}"]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_a_table_works_under_any_name_that_fits(
    name: str, run: Run, dsn: str, db: Database, spare: str
) -> None:
    there = ("--dsn", dsn, "--schema", spare, "--table", name)
    assert "created" in run("migrate", *there)[1]
    assert "nothing to do" in run("migrate", *there)[1]
    assert run("doctor", *there)[0] == 0
    idem = Idempotency(dsn, schema=spare, table=name)
    idem.install()

    @money_moving(operation="pay", key=lambda key: key, principal=lambda key: "alice")
    def pay(key: str, db: Any = idem.lent) -> int:
        return int(db.execute("INSERT INTO ledger (amount) VALUES (5) RETURNING id").fetchone()[0])

    assert pay("a") == pay("a")
    idem.close()
    assert run("stats", *there)[1].splitlines()[0].split() == ["completed", "1"]
    assert (
        run("show", "5:alice3:pay", "a", *there)[0] == run("list", *there)[0] == run("purge", *there)[0] == 0
    )
    made = db.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relname NOT LIKE '%%pkey' AND relkind IN ('r', 'i')",
        (quoted(spare),),
    ).fetchall()
    assert {row[0] for row in made} == {name, f"{name}_decisions", f"{name}_expiry_time"}


def test_a_name_that_postgres_would_cut_is_refused(run: Run, dsn: str) -> None:
    code, said = run("migrate", "--dsn", dsn, "--table", "é" * 26)
    assert (code, "table: 52 bytes in UTF-8, and at most 51" in said) == (2, True)


def test_what_is_missing_beside_the_table_is_made(run: Run, dsn: str, db: Database, spare: str) -> None:
    there = ("--dsn", dsn, "--schema", spare)
    run("migrate", *there)
    for missing in (
        f"TABLE {Table(schema=spare).audit}",
        f"INDEX {quoted(spare, 'idempotency_records_expiry_time')}",
    ):
        db.execute(f"DROP {missing}")
        assert "created" in run("migrate", *there)[1]
        assert run("doctor", *there)[0] == 0


def test_two_migrations_at_once_both_succeed(dsn: str, db: Database, spare: str) -> None:
    said: list[str] = []

    def migrate() -> None:
        with Admin(dsn, Table(schema=spare)) as admin:
            said.append(migration.migrate(admin))

    threads = [threading.Thread(target=migrate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 6


def test_migrate_never_alters_a_table_of_the_same_name(run: Run, dsn: str, db: Database, spare: str) -> None:
    table = quoted(spare, "idempotency_records")
    db.execute(f"CREATE SCHEMA {quoted(spare)}")
    db.execute(
        f"CREATE TABLE {table} (idempotency_key text PRIMARY KEY, status text NOT NULL,"
        " response_data jsonb, expiry_time timestamptz NOT NULL, in_progress_expiry timestamptz, payload_hash text)"
    )
    there = ("--dsn", dsn, "--schema", spare)
    code, said = run("migrate", *there)
    assert (
        code,
        "a table of the six columns without scope" in said,
        "--table idempotency_records_v2" in said,
    ) == (2, True, True)
    assert "no column attempt" in run("doctor", *there)[1]
    db.execute(f"ALTER TABLE {table} ADD other text")
    assert "another table" in run("migrate", *there)[1]
    assert run("migrate", *there, "--table", "idempotency_records_v2")[0] == 0


@pytest.mark.parametrize("form", ["sql", "flyway"])
@pytest.mark.parametrize("name", ["idempotency_records", *ODD[:-1]])
def test_migrations_can_be_printed_for_other_tools(
    run: Run, dsn: str, db: Database, spare: str, form: str, name: str
) -> None:
    code, said = run("migrate", "--schema", spare, "--table", name, "--format", form)
    assert code == 0
    db.execute(f"CREATE SCHEMA {quoted(spare)}")
    for _ in range(2):
        db.execute(said.encode())
    assert db.execute("SELECT to_regclass(%s)", (quoted(spare, name),)).fetchone() != (None,)
    assert run("doctor", "--dsn", dsn, "--schema", spare, "--table", name)[0] == 0


def test_every_table_has_a_revision_of_its_own(spare: str) -> None:
    tables = [Table(), Table(schema="money"), Table(schema=spare), *(Table(name) for name in ODD)]
    assert len({migration.revision_name(table) for table in tables}) == len(tables)
    assert migration.revision_name(Table()) == "idempotency_records"


def test_flyway_would_replace_some_names(run: Run) -> None:
    code, said = run("migrate", "--table", "${a}", "--format", "flyway")
    assert (code, "Flyway" in said) == (2, True)


def test_purge_removes_what_is_expired_and_never_what_is_unknown(
    run: Run, dsn: str, db: Database, unknown: Pay
) -> None:
    for key in "abcde":
        unknown(key)
    unknown("kept")
    db.execute(
        "UPDATE idempotency_records SET expiry_time = now() - interval '1 s' WHERE idempotency_key <> 'kept'"
    )
    assert (
        "idem-runtime purge --table idempotency_records"
        in run("stats", "--dsn", dsn, "--table", "idempotency_records")[1]
    )
    assert run("purge", "--dsn", dsn, "--dry-run") == (0, "5 records would be removed\n")
    code, said = run("purge", "--dsn", dsn, "--batch", "2")
    assert (code, said) == (0, "5 records removed\n2 of 5 removed\n4 of 5 removed\n5 of 5 removed\n")
    assert records(db) == 2
    lines = run("stats", "--dsn", dsn)[1].splitlines()
    assert lines[0].split() == ["completed", "1"]
    assert lines[1].split() == ["expired", "0"]
    assert lines[3].split() == ["unknown", "1", "idem-runtime", "list", "--unknown"]
    assert lines[4].startswith("oldest unknown")
    assert lines[5].split()[0] == "size"


def test_purge_counts_on_one_line_in_a_terminal(dsn: str, db: Database, pay: Pay) -> None:
    for key in "ab":
        pay(key)
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 s'")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "idem_runtime", "purge", "--dsn", dsn, "--batch", "1"]
    done = subprocess.run(command, stderr=theirs, stdout=subprocess.PIPE, text=True, check=True)
    os.close(theirs)
    assert (os.read(ours, 999), done.stdout) == (b"1 of 2 removed\r2 of 2 removed\r", "2 records removed\n")
    os.close(ours)


def test_a_record_without_a_lease_counts_as_unknown_everywhere(run: Run, dsn: str, db: Database) -> None:
    db.execute(
        "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, created_at)"
        " VALUES ('5:alice3:pay', 'k', 'INPROGRESS', now(), now())"
    )
    assert "unknown                 1" in run("stats", "--dsn", dsn)[1]
    assert "UNKNOWN" in run("list", "--unknown", "--dsn", dsn)[1]
    assert "UNKNOWN" in run("show", "5:alice3:pay", "k", "--dsn", dsn)[1]
    assert (
        run("resolve", "5:alice3:pay", "k", "--not-executed", "--by", "a", "--why", "b", "--dsn", dsn)[0] == 0
    )
