"""The example of a function with several routes does what it says, and the linter finds its handlers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idem_runtime.adapters.powertools import flyway_migration

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "examples" / "lambda_cases"
Database = psycopg.Connection[Any]


@pytest.fixture
def cases(db: Database) -> Iterator[Database]:
    for script in ("schema.sql", "migrations/V1__idempotency_records.sql"):
        db.execute((EXAMPLE / script).read_text(encoding="utf-8"))  # type: ignore[call-overload]
    db.execute("TRUNCATE aml.idempotency_records")
    yield db
    db.execute("DROP TABLE payments, cases")


def invoked(dsn: str, *events: str) -> list[Any]:
    """What the function returns for each of the example's events."""
    done = subprocess.run(
        [sys.executable, EXAMPLE / "invoke.py", *(f"events/{event}.json" for event in events)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": dsn},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def counted(db: Database, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index,call-overload]


def test_what_moves_money_is_done_once_whatever_is_sent_again(dsn: str, cases: Database) -> None:
    opened, again, without, paid, paid_again, other, quoted, read, no_case, no_case_again = invoked(
        dsn,
        "open_case",
        "open_case",
        "pay_without_key",
        "pay",
        "pay",
        "pay_other_amount",
        "quote",
        "read",
        "pay_no_case",
        "pay_no_case",
    )
    assert (opened["statusCode"], again["statusCode"], again["body"]) == (201, 201, opened["body"])
    assert (without["statusCode"], json.loads(without["body"])["code"]) == (400, "key_missing")
    assert (paid["statusCode"], paid_again["body"]) == (201, paid["body"])
    assert paid_again["multiValueHeaders"]["idempotent-replayed"] == ["true"]
    assert (other["statusCode"], json.loads(other["body"])["code"]) == (409, "key_reused")
    assert json.loads(quoted["body"]) == {"fee_cents": 5}
    assert json.loads(read["body"]) == {"id": 1, "subject": "card blocked", "paid_cents": 500}
    assert (no_case["statusCode"], no_case_again["body"]) == (404, no_case["body"])
    assert no_case_again["multiValueHeaders"]["idempotent-replayed"] == ["true"]
    assert (counted(cases, "cases"), counted(cases, "payments")) == (1, 1)


@pytest.mark.exhaustive
def test_a_token_of_a_case_is_its_customers_own_and_stands_for_one_subject(dsn: str, cases: Database) -> None:
    opened, other, theirs, without = invoked(
        dsn,
        "open_case",
        "open_case_other_subject",
        "open_case_other_customer",
        "open_case_without_token",
    )
    assert (other["statusCode"], without["statusCode"]) == (409, 422)
    assert (opened["statusCode"], theirs["statusCode"]) == (201, 201)
    assert json.loads(opened["body"])["id"] != json.loads(theirs["body"])["id"]
    assert counted(cases, "cases") == counted(cases, "aml.idempotency_records") == 2


def test_the_migration_of_the_example_is_the_one_that_the_layer_gives() -> None:
    migration = EXAMPLE / "migrations" / "V1__idempotency_records.sql"
    assert migration.read_text(encoding="utf-8") == flyway_migration("aml")


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """The example as a project of its own."""
    folder = tmp_path / "cases"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "idem_lint", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_the_linter_has_nothing_to_say_of_it(alone: Path) -> None:
    told = lint(alone)
    assert told.returncode == 0, told.stdout


@pytest.mark.exhaustive
def test_the_linter_finds_the_handlers(alone: Path) -> None:
    listed = json.loads(lint(alone, "inventory", "--format", "json").stdout)["handlers"]
    assert [(row["qualname"], row["mark"], row["domain"]) for row in listed] == [
        ("open_case", "not_money_moving", "custom"),
        ("pay", "money_moving", "custom"),
        ("quote", "not_money_moving", "custom"),
    ]


@pytest.mark.exhaustive
def test_the_linter_says_where_a_mark_is_missing(alone: Path) -> None:
    app = alone / "app.py"
    marked = app.read_text(encoding="utf-8")
    app.write_text(marked.replace("@money_moving\ndef pay", "def pay"), encoding="utf-8")
    told = lint(alone)
    assert told.returncode == 1
    assert "IDM001 `pay` answers POST" in told.stdout
