"""The revision that ``migrate --format alembic`` prints, run by Alembic: up, down, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy

import idem_runtime
from idem_runtime.drivers.table import Table
from tests.runtime.commands.conftest import Run, quoted
from tests.runtime.commands.migrations.conftest import Alembic, tables_of
from tests.runtime.commands.test_migrate import ODD
from tests.runtime.commands.test_schema_versions import schema_1


@pytest.mark.parametrize("name", ["idempotency_records", *ODD])
def test_a_revision_goes_up_and_down_under_any_name(
    name: str, printed: Callable[..., str], alembic: Alembic, bank: str, run: Run, spare: str
) -> None:
    there = ("--schema", spare, "--table", name)
    with psycopg.connect(bank) as connection:
        connection.execute(f"CREATE SCHEMA {quoted(spare)}".encode())
    assert "down_revision is first (first.py)" in printed(*there)
    known = {
        "include_schemas": True,
        "ours": lambda: [idem_runtime.sqlalchemy_metadata(schema=spare, table=name)],
    }
    alembic("upgrade", "head")
    assert tables_of(bank) == {"accounts", name, f"{name}_decisions"}
    assert run("doctor", "--dsn", bank, *there)[0] == 0
    alembic("check", attributes=known)
    alembic("downgrade", "-1")
    assert tables_of(bank) == {"accounts"}


def test_what_went_down_goes_up_again(printed: Callable[..., str], alembic: Alembic, bank: str) -> None:
    printed()
    for _ in range(2):
        alembic("upgrade", "head")
        assert "idempotency_records" in tables_of(bank)
        alembic("downgrade", "base")
        assert tables_of(bank) == set()


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ((), ["sqlalchemy_metadata()]"]),
        (("--schema", "public"), ["sqlalchemy_metadata()]"]),
        (("--table", "r"), ["sqlalchemy_metadata(table='r')]"]),
        (
            ("--schema", "money", "--table", "r"),
            [
                "sqlalchemy_metadata(schema='money', table='r')]",
                "context.configure(..., include_schemas=True)",
            ],
        ),
    ],
)
def test_the_revision_says_what_autogenerate_has_to_know(
    options: tuple[str, ...], lines: list[str], run: Run, project: Path
) -> None:
    said = run("migrate", "--format", "alembic", *options)[1]
    comment = said.partition("In env.py:\n")[2].partition("\n\n")[0]
    assert [line.partition("idem_runtime.")[2] or line[6:] for line in comment.splitlines()] == lines


def test_a_revision_can_be_written_as_sql(printed: Callable[..., str], alembic: Alembic, bank: str) -> None:
    printed()
    up = alembic("upgrade", "head", sql=True)
    down = alembic("downgrade", "idempotency_records:first", sql=True)
    with psycopg.connect(bank, autocommit=True) as connection:
        connection.execute(up.encode())
        assert tables_of(bank) == {"accounts", "idempotency_records", "idempotency_records_decisions"}
        connection.execute(down.encode())
    assert tables_of(bank) == {"accounts"}


def test_each_statement_is_sent_alone_because_some_drivers_take_one(
    printed: Callable[..., str], project: Path, bank: str
) -> None:
    printed()
    names: dict[str, Any] = {}
    exec((project / "migrations" / "versions" / "records.py").read_text(), names)
    sent: list[str] = []
    names["op"] = type("op", (), {"execute": sent.append})
    names["upgrade"]()
    names["downgrade"]()
    with psycopg.connect(bank) as connection:
        for statement in sent:
            connection.execute(statement.replace("\\:", ":").encode(), prepare=True)  # as one statement only
    assert len(sent) == 7


RECORDS = [
    "INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, created_at) VALUES ('s', 'k', 'COMPLETED', now(), now())",
    "INSERT INTO idempotency_records_decisions VALUES ('s', 'k', null, 'executed', 'ann', 'seen')",
]


@pytest.mark.parametrize("row", RECORDS, ids=["a record", "a decision"])
def test_a_downgrade_drops_nothing_that_says_which_money_has_moved(
    row: str, printed: Callable[..., str], alembic: Alembic, bank: str
) -> None:
    printed()
    alembic("upgrade", "head")
    with psycopg.connect(bank) as connection:
        connection.execute(row.encode())
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="which money has moved"):
        alembic("downgrade", "-1")
    assert {"idempotency_records", "idempotency_records_decisions"} < tables_of(bank)


def test_a_table_of_another_program_is_neither_taken_over_nor_dropped(
    printed: Callable[..., str], alembic: Alembic, bank: str
) -> None:
    printed()
    with psycopg.connect(bank) as connection:
        connection.execute("CREATE TABLE idempotency_records (expiry_time timestamptz)")
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="another program made it"):
        alembic("upgrade", "head")
    alembic("stamp", "head")
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="not the table that this revision makes"):
        alembic("downgrade", "-1")
    assert "idempotency_records" in tables_of(bank)


def test_a_table_that_migrate_made_is_taken_as_it_is(
    printed: Callable[..., str], alembic: Alembic, bank: str, run: Run
) -> None:
    run("migrate", "--dsn", bank)
    printed()
    alembic("upgrade", "head")
    alembic("check")


def test_a_name_with_the_quotes_of_the_revision_is_no_end_of_them(
    printed: Callable[..., str], alembic: Alembic, bank: str
) -> None:
    printed("--table", "a$idem$b$idem_$")
    alembic("upgrade", "head")
    assert "a$idem$b$idem_$" in tables_of(bank)


def test_an_upgrade_is_a_revision_after_which_nothing_differs(
    printed: Callable[..., str], alembic: Alembic, bank: str, run: Run
) -> None:
    alembic("upgrade", "head")
    with psycopg.connect(bank) as connection:
        connection.execute(schema_1(Table()).encode())
    printed("--from", "1")
    alembic("upgrade", "head")
    assert "version 2" in run("doctor", "--dsn", bank)[1]
    alembic("check")
    alembic("downgrade", "-1")
    assert "idempotency_records" in tables_of(bank)
