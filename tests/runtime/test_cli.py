"""The command line on a real database."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, OutcomeUnknown, cli, maintenance, money_moving
from idem_runtime.drivers.admin import Admin
from idem_runtime.drivers.pools import Table
from tests.runtime.adapters.contract import records
from tests.runtime.postgres import free_port

Database = psycopg.Connection[Any]
Run = Callable[..., tuple[int, str]]
SCOPE = "5:alice3:pay"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "IDEM_DSN", "IDEM_TABLE", "IDEM_SCHEMA_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def runner(*arguments: str) -> tuple[int, str]:
        code = cli.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return runner


@pytest.fixture
def spare(db: Database) -> Iterator[str]:
    """A schema that is not there yet, and is gone afterwards."""
    yield "Spare Schema"
    db.execute('DROP SCHEMA IF EXISTS "Spare Schema" CASCADE')


@pytest.fixture
def pay(dsn: str, db: Database) -> Iterator[Callable[[str], int]]:
    idem = Idempotency(dsn)
    idem.install()

    @money_moving(operation="pay", effect="external", key=lambda key: key, scope=lambda key: "alice")
    def pay(key: str) -> int:
        if key == "crash":
            raise RuntimeError
        return 7

    yield pay
    idem.close()


@pytest.fixture
def unknown(pay: Callable[[str], int]) -> Callable[[str], int]:
    with pytest.raises(RuntimeError):
        pay("crash")
    return pay


def test_version_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("idem-runtime ")


def test_without_a_command_it_explains_itself(run: Run) -> None:
    code, said = run()
    assert (code, "usage: idem-runtime" in said) == (0, True)


@pytest.mark.parametrize("command", [["doctor"], ["stats"], ["migrate"]])
def test_without_a_store_it_says_how_to_name_one(run: Run, command: list[str]) -> None:
    code, said = run(*command)
    assert (code, "--dsn" in said) == (2, True)


def test_a_store_that_does_not_answer_is_named_without_its_password(run: Run) -> None:
    code, said = run("stats", "--dsn", f"postgresql://u:hunter2@127.0.0.1:{free_port()}/x")
    assert (code, "no connection" in said, "hunter2" in said) == (2, True, False)


def test_migrate_makes_a_table_that_works_and_does_nothing_the_second_time(
    run: Run, dsn: str, db: Database, spare: str
) -> None:
    there = ("--dsn", dsn, "--schema", spare, "--table", 'odd"name')
    assert run("doctor", *there)[0] == 1
    assert "created" in run("migrate", *there)[1]
    assert "nothing to do" in run("migrate", *there)[1]
    assert run("doctor", *there)[0] == 0
    idem = Idempotency(dsn, schema=spare, table='odd"name')
    idem.install()

    @money_moving(operation="pay", key=lambda key: key, scope=lambda key: "alice")
    def pay(key: str, db: Any = idem.lent) -> int:
        return int(db.execute("INSERT INTO ledger (amount) VALUES (5) RETURNING id").fetchone()[0])

    assert pay("a") == pay("a")
    idem.close()
    assert "completed    1" in run("stats", *there)[1]


def test_migrate_never_alters_a_table_of_the_same_name(run: Run, dsn: str, db: Database, spare: str) -> None:
    db.execute(f'CREATE SCHEMA "{spare}"')  # type: ignore[call-overload]
    db.execute(
        f'CREATE TABLE "{spare}".idempotency_records (idempotency_key text PRIMARY KEY, status text NOT NULL,'  # type: ignore[call-overload]
        " response_data jsonb, expiry_time timestamptz NOT NULL, in_progress_expiry timestamptz, payload_hash text)"
    )
    there = ("--dsn", dsn, "--schema", spare)
    code, said = run("migrate", *there)
    assert (code, "ADR-066" in said, "--table idempotency_records_v2" in said) == (2, True, True)
    assert "no column attempt" in run("doctor", *there)[1]
    db.execute(f'ALTER TABLE "{spare}".idempotency_records ADD other text')  # type: ignore[call-overload]
    assert "another table" in run("migrate", *there)[1]
    assert run("migrate", *there, "--table", "idempotency_records_v2")[0] == 0


@pytest.mark.parametrize("form", ["sql", "flyway", "alembic"])
def test_migrations_can_be_printed_for_other_tools(run: Run, db: Database, spare: str, form: str) -> None:
    code, said = run("migrate", "--schema", spare, "--format", form)
    assert code == 0
    if form == "alembic":
        module = ast.parse(said)
        strings = [node.value for node in ast.walk(module) if isinstance(node, ast.Constant)]
        said = next(text for text in strings if isinstance(text, str) and "CREATE TABLE" in text)
    db.execute(f'CREATE SCHEMA "{spare}"')  # type: ignore[call-overload]
    db.execute(said)  # type: ignore[call-overload]
    db.execute(said)  # type: ignore[call-overload]
    assert db.execute("SELECT to_regclass(%s)", (f'"{spare}".idempotency_records',)).fetchone() != (None,)


def test_doctor_finds_all_well(run: Run, dsn: str, db: Database) -> None:
    code, said = run("doctor", "--dsn", dsn)
    assert (code, "is well, on a connection of its own" in said) == (0, True)


def test_doctor_names_each_problem_with_its_remedy(
    run: Run, dsn: str, db: Database, spare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ("--dsn", dsn + "?options=-csynchronous_commit%3Doff", "--schema", spare)
    run("migrate", *there)
    db.execute(f'DROP INDEX "{spare}".idempotency_records_expiry_time')  # type: ignore[call-overload]
    db.execute(
        f"INSERT INTO \"{spare}\".idempotency_records SELECT 's', n::text, 'COMPLETED', null, null, null,"  # type: ignore[call-overload]
        " now() - interval '1 s', null, null, now(), now() FROM generate_series(1, 10001) n"
    )
    monkeypatch.setattr("time.time", lambda: 0.0)
    code, said = run("doctor", *there)
    assert code == 1
    for words in ("synchronous_commit", "clock is", "index on expiry_time", "10001 expired records"):
        assert words in said
    assert said.count("remedy:") == said.count("problem:") == 4


def test_doctor_sees_a_role_that_may_not_write(run: Run, dsn: str, db: Database) -> None:
    db.execute("DROP ROLE IF EXISTS reader")
    db.execute("CREATE ROLE reader LOGIN")
    code, said = run("doctor", "--dsn", dsn.replace("postgres@", "reader@"))
    assert (code, "GRANT SELECT, INSERT, UPDATE, DELETE" in said) == (1, True)
    db.execute("DROP ROLE reader")


def test_doctor_knows_replicas_old_servers_and_poolers(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Admin(dsn, Table()) as admin:
        real = admin.row
        health = {"replica": True, "version": 130_000}
        monkeypatch.setattr(
            admin, "row", lambda name, **p: (real(name, **p) or {}) | (health if name == "health" else {})
        )
        found = [
            each.what for each in maintenance.problems(admin, local_clock=real("health", table="x")["clock"])
        ]  # type: ignore[index]
        assert found == ["this server is a replica: it cannot be written", "server version 130000"]
        backends = iter(range(9))
        monkeypatch.setattr(admin, "row", lambda name, **p: {"backend": next(backends)})
        assert maintenance.pooled(admin)


def test_show_tells_what_is_known_of_a_key_and_no_payload(run: Run, dsn: str, db: Database, pay: Any) -> None:
    assert run("show", SCOPE, "a", "--dsn", dsn) == (1, "no record: this key is free\n")
    pay("a")
    code, said = run("show", SCOPE, "a", "--dsn", dsn)
    assert code == 0
    assert "state                COMPLETED" in said
    assert "body_bytes           1" in said


def test_an_operator_can_say_that_an_unknown_operation_was_executed(
    run: Run, dsn: str, db: Database, unknown: Callable[[str], int]
) -> None:
    with pytest.raises(OutcomeUnknown):
        unknown("crash")
    assert "UNKNOWN" in run("show", SCOPE, "crash", "--dsn", dsn)[1]
    resolve = ("resolve", SCOPE, "crash", "--dsn", dsn, "--by", "ann", "--why", "seen in the rail's report")
    assert run(*resolve, "--executed", "--body", "9") == (0, "resolved\n")
    assert unknown("crash") == 9
    assert "executed by ann: seen in the rail's report" in run("show", SCOPE, "crash", "--dsn", dsn)[1]
    code, said = run(*resolve, "--executed")
    assert (code, "nothing to resolve" in said) == (1, True)


def test_an_operator_can_say_that_an_unknown_operation_did_not_happen(
    run: Run, dsn: str, db: Database, unknown: Callable[[str], int]
) -> None:
    resolve = (
        "resolve",
        SCOPE,
        "crash",
        "--dsn",
        dsn,
        "--by",
        "ann",
        "--why",
        "not in the report",
        "--not-executed",
    )
    assert run(*resolve)[0] == 0
    assert records(db) == 0
    code, said = run("show", SCOPE, "crash", "--dsn", dsn)
    assert (code, "not_executed by ann" in said, "free" in said) == (0, True, True)


def test_purge_removes_what_is_expired_and_never_what_is_unknown(
    run: Run, dsn: str, db: Database, unknown: Callable[[str], int]
) -> None:
    for key in "abcde":
        unknown(key)
    unknown("kept")
    db.execute(
        "UPDATE idempotency_records SET expiry_time = now() - interval '1 s' WHERE idempotency_key <> 'kept'"
    )
    assert run("purge", "--dsn", dsn, "--dry-run") == (0, "5 records would be removed\n")
    code, said = run("purge", "--dsn", dsn, "--batch", "2")
    assert (code, said) == (0, "5 records removed\n2 removed\n4 removed\n5 removed\n")
    assert records(db) == 2
    stats = dict(line.split() for line in run("stats", "--dsn", dsn)[1].splitlines())
    assert (stats["completed"], stats["unknown"], stats["expired"]) == ("1", "1", "0")


@pytest.mark.parametrize("batch", ["0", "x"])
def test_a_batch_has_to_be_a_number_of_records(batch: str) -> None:
    with pytest.raises(SystemExit):
        cli.main(["purge", "--batch", batch])


def test_the_package_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "idem_runtime", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("idem-runtime ")
