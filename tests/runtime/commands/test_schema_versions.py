"""The schema has a version, and an earlier one is upgraded while both versions of the library write."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from idem_runtime import sql
from idem_runtime.drivers.table import Table
from idem_runtime.operate import migration
from idem_runtime.operate.admin_connection import Admin
from tests.runtime import postgres
from tests.runtime.commands.conftest import Database, Run, quoted
from tests.runtime.commands.writers import KEYS, SCHEMA_1, pay_until
from tests.runtime.testing.test_plugin import ROOT


def schema_1(table: Table) -> str:
    """What ``migrate`` ran then."""
    text = (SCHEMA_1 / "schema.sql").read_text(encoding="utf-8").partition("-- name: create")[2]
    return table.named(text)


@pytest.fixture
def early(db: Database, spare: str) -> tuple[Table, tuple[str, ...]]:
    """A table of schema 1, and the options that name it without the store."""
    table = Table(schema=spare)
    db.execute(f"CREATE SCHEMA {quoted(spare)}")
    db.execute(schema_1(table).encode())
    return table, ("--schema", spare)


def test_an_earlier_schema_is_upgraded_once(
    early: tuple[Table, tuple[str, ...]], run: Run, dsn: str, db: Database
) -> None:
    table, named = early
    there = ("--dsn", dsn, *named)
    code, said = run("doctor", *there)
    assert code == 0
    assert "schema" in said
    assert "version 1; this library makes 2, and works with both" in said
    assert run("migrate", *there) == (0, f"upgraded {table.quoted} from schema 1 to 2\n")
    assert run("migrate", *there) == (0, f"{table.quoted} is there already: nothing to do\n")
    assert "version 2" in run("doctor", *there)[1]


def test_an_upgrade_that_the_server_refuses_is_explained(
    early: tuple[Table, tuple[str, ...]], run: Run, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, named = early
    monkeypatch.setattr(Table, "upgrade", lambda *_: ["CREATE INDEX ON nowhere.at_all (x)"])
    code, said = run("migrate", "--dsn", dsn, *named)
    assert code == 2
    assert 'schema "nowhere" does not exist' in said
    assert "idem-runtime migrate" in said


def test_what_is_missing_in_an_earlier_schema_is_made_as_well(
    early: tuple[Table, tuple[str, ...]], run: Run, dsn: str, db: Database
) -> None:
    table, named = early
    db.execute(f"DROP TABLE {table.audit}".encode())
    assert "created" in run("migrate", "--dsn", dsn, *named)[1]
    assert "version 2" in run("doctor", "--dsn", dsn, *named)[1]


def test_an_index_that_was_left_invalid_is_built_anew(
    early: tuple[Table, tuple[str, ...]], run: Run, dsn: str, db: Database
) -> None:
    table, named = early
    with psycopg.connect(dsn) as other, psycopg.connect(dsn, autocommit=True) as building:
        other.execute(f"LOCK TABLE {table.quoted} IN ROW EXCLUSIVE MODE".encode())
        building.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            building.execute(table.upgrade(1)[1].encode())
    assert run("migrate", "--dsn", dsn, *named)[0] == 0
    valid = db.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (table.in_progress,)
    )
    assert valid.fetchone() == (True,)


def test_a_newer_schema_is_left_alone(run: Run, dsn: str, db: Database, spare: str) -> None:
    there, table = ("--dsn", dsn, "--schema", spare), Table(schema=spare)
    run("migrate", *there)
    db.execute(f"COMMENT ON TABLE {table.quoted} IS 'idem-runtime schema 7'".encode())
    assert (
        "has schema 7, which a newer version of idem-guard made: nothing is changed"
        in run("migrate", *there)[1]
    )
    code, said = run("doctor", *there)
    assert code == 0
    assert "version 7, which a newer library made; this one knows 2" in said


@pytest.mark.parametrize("form", ["sql", "flyway"])
def test_an_upgrade_is_printed_for_other_tools(
    form: str, early: tuple[Table, tuple[str, ...]], run: Run, dsn: str, db: Database
) -> None:
    _, named = early
    code, said = run("migrate", "--format", form, "--from", "1", *named)
    assert code == 0
    assert ("executeInTransaction=false" in said) is (form == "flyway")
    for statement in said.split(";\n"):
        db.execute(statement.encode())
    assert "version 2" in run("doctor", "--dsn", dsn, *named)[1]


REFUSED = [
    (["--from", "1"], "--from is for --format"),
    (["--from", "2", "--format", "sql"], "--from 2: earlier schemas are 1 to 1"),
    (["--from", "2", "--format", "flyway"], "earlier schemas are 1 to 1"),
    (["--from", "1", "--format", "sql", "--partitions", "4"], "without --partitions"),
    (["--partitions", "1"], "--partitions 1: 2 to 1024"),
    (["--partitions", "1025"], "--partitions 1025"),
    (
        ["--six-columns", "--format", "flyway", "--schema", "aml", "--partitions", "2"],
        "neither versions nor partitions",
    ),
]


@pytest.mark.parametrize(("options", "said"), REFUSED, ids=[" ".join(options) for options, _ in REFUSED])
def test_what_cannot_be_meant_is_refused(options: list[str], said: str, run: Run, dsn: str) -> None:
    code, text = run("migrate", "--dsn", dsn, *options)
    assert (code, said in text) == (2, True)


def test_the_newest_schema_is_what_create_makes() -> None:
    assert f"idem-runtime schema {sql.SCHEMA_VERSION}" in Table().creation()
    assert f"idem-runtime schema {sql.SCHEMA_VERSION}" in Table().upgrade(sql.SCHEMA_VERSION - 1)[-1]


@pytest.mark.slow
def test_both_versions_write_while_the_schema_is_upgraded(
    server: postgres.Server, worker_id: str, tmp_path: Path
) -> None:
    name = f"upgraded_{worker_id}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        try:
            _write_and_upgrade(server.dsn(name), tmp_path / "stop")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _write_and_upgrade(dsn: str, stop: Path) -> None:
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(schema_1(Table()).encode())
        db.execute("CREATE TABLE ledger (who text, amount int)")
        command = [sys.executable, "-m", "tests.runtime.commands.writers", dsn, str(stop)]
        earlier = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
        )
        answered: list[int] = []
        newer = threading.Thread(
            target=lambda: answered.append(pay_until(dsn, lambda n: stop.exists() and n > KEYS, seed=2))
        )
        newer.start()
        try:
            assert earlier.stdout is not None
            assert earlier.stdout.readline() == "ready\n"
            with Admin(dsn, Table()) as operator:
                assert migration.migrate(operator) == 'upgraded "idempotency_records" from schema 1 to 2'
        finally:
            stop.touch()
            newer.join(60)
            said = earlier.communicate(timeout=180)[0]
        assert int(said) > KEYS
        assert answered[0] > KEYS
        twice = db.execute("SELECT who FROM ledger GROUP BY who HAVING count(*) > 1").fetchall()
        assert twice == []
        made = db.execute("SELECT count(*) FROM ledger").fetchone()
        assert (
            db.execute("SELECT count(*) FROM idempotency_records WHERE status = 'COMPLETED'").fetchone()
            == made
        )


def test_the_state_of_the_schema_is_in_the_json_of_doctor(run: Run, dsn: str) -> None:
    document = json.loads(run("doctor", "--dsn", dsn, "--format", "json")[1])
    assert [finding["what"] for finding in document["findings"] if finding["about"] == "schema"] == [
        "version 2"
    ]
