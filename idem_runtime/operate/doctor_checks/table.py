"""The two tables: their columns, what keeps executions apart, and what could hide or lose records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from idem_runtime.drivers.columns import RECORD_COLUMNS
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks.findings import Finding, problem
from idem_runtime.operate.migration import DECISION_COLUMNS, columns_of, name_is_taken

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
    yield from _missing_indexes(table.quoted, shape)
    yield from _decisions(admin)


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


def _missing_indexes(table: str, shape: Mapping[str, Any]) -> Iterator[Finding]:
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
