"""Which table it is, how long records are kept, and what the layer refuses to begin with."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idem_runtime import ConfigurationError
from idem_runtime.adapters import powertools
from idem_runtime.adapters.powertools import PostgresPersistenceLayer, flyway_migration
from idem_runtime.drivers.six_columns import creation, table_of
from idem_runtime.drivers.table import Table
from idem_runtime.operate import migration
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, cause, config

DECLARED = "0f136f82e6af2c5c"
"""Of the statements in the decision record."""


def created(db: Any, *statements: str) -> None:
    for statement in statements:
        db.execute(statement)


@pytest.fixture
def other(empty: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A schema for tables of all kinds."""
    created(empty, "CREATE SCHEMA other")
    yield empty
    created(empty, "DROP SCHEMA other CASCADE")


def refusal(six: Subject, table: str) -> str:
    layer = PostgresPersistenceLayer(pool=six.pool, table_name=table)
    error = cause(six.attempt(six.function(layer=layer)))
    assert isinstance(error, ConfigurationError)
    assert six.runs == []
    return str(error)


def test_a_table_that_is_not_there_is_refused_with_the_sql_that_makes_it(six: Subject, other: Any) -> None:
    message = refusal(six, "other.records")
    assert 'there is no table "other"."records"' in message
    created(other, message.partition("makes:\n")[2])
    layer = PostgresPersistenceLayer(pool=six.pool, table_name="other.records")
    assert six.function(layer=layer)(payment=PAYMENT) == {"run": 1}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE other.records DROP COLUMN payload_hash", "payload_hash (text) is missing"),
        ("ALTER TABLE other.records ALTER response_data TYPE text", "response_data is text, not jsonb"),
        ("ALTER TABLE other.records ADD tenant text NOT NULL", "tenant is NOT NULL without a default"),
        ("ALTER TABLE other.records DROP CONSTRAINT records_pkey", "it has no primary key (idempotency_key)"),
        ("ALTER TABLE other.records ADD scope text", "attempt (uuid) is missing"),
        (
            "ALTER TABLE other.records RENAME TO hidden; CREATE VIEW other.records AS SELECT * FROM other.hidden",
            "it is a view",
        ),
        (
            "DROP TABLE other.records; CREATE TABLE other.records (idempotency_key text PRIMARY KEY) PARTITION BY HASH (idempotency_key)",
            "it is a partitioned table",
        ),
        ("DROP TABLE other.records; CREATE SEQUENCE other.records", "it is no table"),
        ("DROP TABLE other.records; CREATE TABLE other.records ()", "status (text) is missing"),
    ],
)
def test_another_table_is_refused_and_what_is_missing_is_listed(
    six: Subject, other: Any, statement: str, said: str
) -> None:
    created(other, creation(Table("records", "other")), *statement.split("; "))
    message = refusal(six, "other.records")
    assert said in message
    assert "CREATE TABLE IF NOT EXISTS other.records (" in message


@pytest.mark.parametrize("table", ["own", "six"])
def test_a_table_that_a_crash_would_empty_is_refused_until_it_is_logged(
    six: Subject, other: Any, table: str
) -> None:
    name = Table("records", "other")
    created(other, name.creation() if table == "own" else creation(name))
    created(other, "ALTER TABLE other.records SET UNLOGGED")
    message = refusal(six, "other.records")
    created(other, message.partition("again. ")[2])
    layer = PostgresPersistenceLayer(pool=six.pool, table_name="other.records")
    assert six.function(layer=layer)(payment=PAYMENT) == {"run": 1}


def test_a_temporary_table_in_the_place_of_the_records_is_refused(six: Subject, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as own:
        own.execute("CREATE TEMP TABLE shadows (LIKE aml.idempotency_records INCLUDING ALL)")
        layer = PostgresPersistenceLayer(connection=own, table_name="shadows")
        error = cause(six.attempt(six.function(layer=layer)))
    assert "is a temporary table" in str(error)
    assert six.runs == []


def test_more_columns_are_none_of_our_business(six: Subject, other: Any) -> None:
    created(
        other,
        creation(Table("records", "other")),
        "ALTER TABLE other.records ADD note text, ADD n int NOT NULL DEFAULT 1",
    )
    layer = PostgresPersistenceLayer(pool=six.pool, table_name="other.records")
    assert six.function(layer=layer)(payment=PAYMENT) == {"run": 1}


def test_the_table_is_looked_at_once(ours: Subject) -> None:
    ours.function()(payment=PAYMENT)
    first = ours.layer.store.place
    ours.function()(payment={"id": "2"})
    assert ours.layer.store.place is first
    assert first.form == ours.kind


def test_a_role_without_rights_is_told_which(ours: Subject, dsn: str) -> None:
    ours.sql("CREATE ROLE nobody_much")
    try:
        with psycopg.connect(dsn, options="-c role=nobody_much") as connection:
            error = cause(ours.attempt(ours.function(layer=ours.another(connection=connection))))
        assert "GRANT SELECT, INSERT, UPDATE, DELETE ON" in str(error)
    finally:
        ours.sql("DROP ROLE nobody_much")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("records", Table("records")),
        ("AML.Records", Table("records", "aml")),
        ('"Aml x"."a""b"', Table('a"b', "Aml x")),
    ],
)
def test_a_table_is_named_as_in_sql(name: str, table: Table) -> None:
    assert table_of(name) == table


@pytest.mark.parametrize("name", ["", "a.b.c", "a b", "1a", 'a"b', "a;b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="double quotes"):
        table_of(name)


class TestFlyway:
    def test_the_migration_is_the_decision_s_table_byte_for_byte(self) -> None:
        text = flyway_migration("aml")
        digest = hashlib.sha256(text.replace("aml.", "{schema}.").rstrip("\n").encode()).hexdigest()
        assert digest.startswith(DECLARED)

    def test_it_makes_the_columns_that_migrate_knows(self, six: Subject) -> None:
        columns = six.sql(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = 'aml.idempotency_records'::regclass AND attnum > 0"
        )
        assert dict(columns) == migration.SIX_COLUMNS

    def test_a_schema_that_is_no_plain_name_is_quoted(self) -> None:
        assert 'CREATE TABLE IF NOT EXISTS "Bank AML".idempotency_records (' in flyway_migration("Bank AML")

    def test_what_flyway_would_replace_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="Flyway"):
            flyway_migration("${schema}")


class TestRetention:
    @pytest.mark.parametrize(
        "said", [86_399, 3600, 0, -1, "1 day", True, None, timedelta(hours=23), float("nan")]
    )
    def test_less_than_a_day_is_refused(self, six: Subject, said: Any) -> None:
        with pytest.raises(ConfigurationError, match="expires_after_seconds"):
            six.another(expires_after_seconds=said)

    @pytest.mark.parametrize(
        ("own", "said", "kept"),
        [
            (86_400, 3600, 86_400),
            (604_800, 3600, 604_800),
            (timedelta(days=7), 86_400, 604_800),
            (86_400, 604_800, 604_800),
            (86_400.5, 3600, 86_401),
        ],
    )
    def test_the_larger_one_wins(self, ours: Subject, own: Any, said: int, kept: int) -> None:
        layer = ours.another(expires_after_seconds=own)
        ours.function(layer=layer, config=config(expires_after_seconds=said))(payment=PAYMENT)
        [(left,)] = ours.sql("SELECT extract(epoch FROM expiry_time - now())::float8 FROM {table}")
        assert kept - 10 < left <= kept + 1

    def test_a_shorter_one_of_a_call_site_is_refused_before_anything_runs(self, ours: Subject) -> None:
        pay = ours.function(config=config(expires_after_seconds=600))
        with pytest.raises(ConfigurationError, match="at least 24 hours"):
            pay(payment=PAYMENT)
        assert (ours.runs, ours.statuses) == ([], [])


class TestImports:
    def test_the_layer_imports_no_event_handler_and_its_package_imports_nothing(self) -> None:
        program = (
            "import sys, idem_runtime.adapters.powertools as p; before = 'aws_lambda_powertools' in sys.modules; "
            "p.flyway_migration('aml'); between = 'aws_lambda_powertools' in sys.modules; p.PostgresPersistenceLayer; "
            "print(before, between, any('event_handler' in name for name in sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path.cwd())
        assert done.stdout.split() == ["False", "False", "False"], done.stderr

    def test_what_is_not_there_is_said(self) -> None:
        with pytest.raises(AttributeError, match="nothing_like_it"):
            _ = powertools.nothing_like_it
