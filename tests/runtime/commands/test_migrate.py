"""``migrate``: the tables under any name, and the migration for other tools."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers.six_columns import flyway_migration
from idem_runtime.drivers.table import Table
from idem_runtime.operate import migration
from idem_runtime.operate.admin_connection import Admin
from tests.runtime.commands.conftest import Database, Run, quoted

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
    assert {row[0] for row in made} == {
        name,
        f"{name}_decisions",
        f"{name}_expiry_time",
        f"{name}_in_progress",
    }


def test_a_name_that_postgres_would_cut_is_refused(run: Run, dsn: str) -> None:
    code, said = run("migrate", "--dsn", dsn, "--table", "é" * 26)
    assert (code, "table: 52 bytes in UTF-8, and at most 51" in said) == (2, True)


def test_what_is_missing_beside_the_table_is_made(run: Run, dsn: str, db: Database, spare: str) -> None:
    there = ("--dsn", dsn, "--schema", spare)
    run("migrate", *there)
    for missing in (
        f"TABLE {Table(schema=spare).audit}",
        f"INDEX {quoted(spare, 'idempotency_records_expiry_time')}",
        f"INDEX {quoted(spare, 'idempotency_records_in_progress')}",
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


class TestSixColumns:
    """The table that Powertools' persistence layers share."""

    def test_the_migration_is_printed_for_flyway(self, run: Run) -> None:
        code, said = run("migrate", "--format", "flyway", "--six-columns", "--schema", "aml")
        assert (code, said) == (0, flyway_migration("aml"))

    @pytest.mark.parametrize(
        "options",
        [
            ["--schema", "aml"],
            ["--format", "sql", "--schema", "aml"],
            ["--format", "alembic", "--schema", "aml"],
            ["--format", "flyway"],
            ["--format", "flyway", "--schema", "aml", "--table", "records"],
        ],
        ids=" ".join,
    )
    def test_what_it_cannot_do_is_refused(self, run: Run, options: list[str]) -> None:
        code, said = run("migrate", "--six-columns", *options)
        assert code == 2
        assert "--six-columns is for --format flyway with --schema" in said

    @pytest.mark.parametrize("option", ["--head", "--alembic-ini"])
    def test_alembic_s_options_are_refused_beside_it(self, run: Run, option: str) -> None:
        code, said = run("migrate", "--format", "flyway", "--six-columns", "--schema", "aml", option, "x")
        assert (code, "without Alembic's options" in said) == (2, True)
