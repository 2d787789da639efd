"""The two tables: their columns, what keeps executions apart, and what could hide or lose records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from idem_runtime.drivers.columns import RECORD_COLUMNS
from idem_runtime.drivers.table import Table
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks.findings import Finding, note, problem
from idem_runtime.operate.migration import DECISION_COLUMNS, columns_of, name_is_taken, schema_version
from idem_runtime.sql import SCHEMA_VERSION

WHOLE = 1 - 1e-9
"""Of all keys: shares are floating-point numbers."""
Columns = Mapping[str, Mapping[str, Any]]
"""Rows of the query ``columns``, by the column's name."""


def check(admin: Admin) -> Iterator[Finding]:
    """Whether both tables are as ``migrate`` makes them."""
    table = admin.table
    columns = columns_of(admin, table.quoted)
    if missing := sorted(RECORD_COLUMNS.keys() - columns.keys()):
        remedy = name_is_taken(table, frozenset(columns))
        yield problem("table", f"{table.quoted} has no column {', '.join(missing)}", remedy)
        return
    shape = admin.row("shape", table=table.quoted, needed=[]) or {}
    if not shape["is_table"]:
        yield problem("table", f"{table.quoted} is not a table", "name the table with --schema and --table")
        return
    yield from _wrong_types(table.quoted, columns, RECORD_COLUMNS)
    yield from _wrong_nulls(table.quoted, columns)
    yield from _lost_or_hidden_rows(table.quoted, shape)
    yield from _missing_indexes(table.quoted, shape, schema_version(admin))
    if shape["partitioned"]:
        yield from _partitions(table, admin.rows("partitions", table=table.quoted))
    yield from _decisions(admin)


def schema(admin: Admin) -> Finding:
    """Which version the schema has, beside that of this library."""
    version = schema_version(admin)
    if version < SCHEMA_VERSION:
        what = f"version {version}; this library makes {SCHEMA_VERSION}, and works with both"
        return note("schema", what, "run idem-runtime migrate, while the application runs")
    if version > SCHEMA_VERSION:
        what = f"version {version}, which a newer library made; this one knows {SCHEMA_VERSION}, and works with both"
        return note("schema", what)
    parts = len(admin.rows("partitions", table=admin.table.quoted))
    return Finding(
        "schema", f"version {version}" + (f", {parts} partitions by a hash of the key" if parts else "")
    )


def _partitions(table: Table, rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What makes a partition lose records, or refuse them."""
    name = table.quoted
    if sum(row["share"] or 0 for row in rows) < WHOLE:
        yield problem(
            "table",
            f"{name} has no partition for some keys, or is not partitioned by hash: their requests fail",
            f"CREATE TABLE … PARTITION OF {name} FOR VALUES WITH (MODULUS …, REMAINDER …)",
        )
    for row in rows:
        if not row["crash_safe"]:
            what = f"partition {row['name']} is unlogged: a crash empties it, and retries execute again"
            yield problem("table", what, f"ALTER TABLE {row['name']} SET LOGGED")
        if not table.is_partition(row["name"]):
            what = f"partition {row['name']}: a lost race is only known by the names that migrate gives"
            yield problem("table", what, f"rename it {table.name}_pN, with any number")


def _decisions(admin: Admin) -> Iterator[Finding]:
    table = admin.table.audit
    columns = columns_of(admin, table)
    if not columns:
        what = f"{table}, the operators' decisions, does not exist"
        yield problem("table", what, "run idem-runtime migrate")
    elif missing := sorted(DECISION_COLUMNS.keys() - columns.keys()):
        what = f"{table}, the operators' decisions, has no column {', '.join(missing)}"
        yield problem("table", what, "rename it, then run idem-runtime migrate")
    else:
        yield from _wrong_types(table, columns, DECISION_COLUMNS)


def _wrong_types(table: str, columns: Columns, expected: Mapping[str, str]) -> Iterator[Finding]:
    for name, expected_type in expected.items():
        actual_type = columns[name]["type"]
        if actual_type != expected_type:
            yield problem(
                "table",
                f"column {name} of {table} is {actual_type}, and has to be {expected_type}",
                f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {expected_type} USING {name}::{expected_type}",
            )


def _wrong_nulls(table: str, columns: Columns) -> Iterator[Finding]:
    if not columns["created_at"]["required"]:
        yield problem(
            "table",
            f"column created_at of {table} may be null: a handler that ended its transaction would be recorded",
            f"ALTER TABLE {table} ALTER COLUMN created_at SET NOT NULL",
        )
    for name, column in columns.items():
        if name not in RECORD_COLUMNS and column["required"] and not column["given"]:
            yield problem(
                "table",
                f"column {name} of {table} is not ours, and NOT NULL without a default: no record can be written",
                f'ALTER TABLE {table} ALTER COLUMN "{name}" DROP NOT NULL',
            )


def _lost_or_hidden_rows(table: str, shape: Mapping[str, Any]) -> Iterator[Finding]:
    if not shape["crash_safe"]:
        yield problem(
            "table",
            f"{table} is unlogged or temporary: a crash empties it, and retries execute again",
            f"ALTER TABLE {table} SET LOGGED",
        )
    if shape["hides_rows"]:
        yield problem(
            "table",
            f"row level security applies to this role, and may hide rows of {table}: what is hidden is executed again",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, or give the role BYPASSRLS",
        )


def _missing_indexes(table: str, shape: Mapping[str, Any], version: int) -> Iterator[Finding]:
    if not shape["keyed"]:
        yield problem(
            "table",
            f"the primary key of {table} is missing: nothing keeps two executions of one key apart",
            f"ALTER TABLE {table} ADD PRIMARY KEY (scope, idempotency_key)",
        )
    if not shape["indexed"]:
        yield problem(
            "index",
            "the index on expiry_time is missing: purge reads the whole table",
            f"CREATE INDEX CONCURRENTLY ON {table} (expiry_time)",
        )
    if not shape["in_progress_indexed"] and version >= 2:
        yield problem(
            "index",
            "the index on what is in progress is missing: list, and the metrics of unknown outcomes, read the whole table",
            f"CREATE INDEX CONCURRENTLY ON {table} (created_at) WHERE status = 'INPROGRESS'",
        )
