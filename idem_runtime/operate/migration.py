"""The two tables: their columns, their creation, and the migration as a file for a tool that runs migrations."""

from __future__ import annotations

import re
import shlex
from hashlib import blake2b
from typing import Any, Literal

from idem_runtime.drivers.columns import RECORD_COLUMNS, SIX_COLUMNS, TIME
from idem_runtime.drivers.table import Table
from idem_runtime.errors import ConfigurationError
from idem_runtime.operate import table_access
from idem_runtime.operate.admin_connection import Admin

Format = Literal["sql", "flyway"]

DECISION_COLUMNS = {
    "scope": "text",
    "idempotency_key": "text",
    "attempt": "uuid",
    "verdict": "text",
    "decided_by": "text",
    "reason": "text",
    "decided_at": TIME,
}
LONGEST_REVISION = 32
"""Characters of Alembic's version column."""


def migrate(admin: Admin) -> str:
    """Create what is missing; running it again changes nothing. Returns what was done.

    :raises ConfigurationError: another table has the name (docs/decisions.md#the-table): it is never altered.
    """
    table = admin.table
    existing = columns_of(admin, table.quoted)
    if existing and not existing.keys() >= RECORD_COLUMNS.keys():
        raise ConfigurationError(name_is_taken(table, frozenset(existing)))
    shape = admin.row("shape", table=table.quoted, needed=[]) or {}
    if shape.get("indexed") and columns_of(admin, table.audit):
        return f"{table.quoted} is there already: nothing to do"
    if not (admin.row("access", **table_access.parameters(table)) or {}).get("schema_there"):
        admin.script(f"CREATE SCHEMA IF NOT EXISTS {table.namespace}")
    admin.script(table.creation())
    return f"created {table.quoted} and {table.audit}"


def columns_of(admin: Admin, table: str) -> dict[str, dict[str, Any]]:
    """The columns of ``table`` (SQL text) by name, whoever made it; empty where there is none."""
    return {row["column_name"]: row for row in admin.rows("columns", table=table)}


def name_is_taken(table: Table, columns: frozenset[str]) -> str:
    """Why a table of the same name, which has these columns, stays as it is, and how to choose another name."""
    owner = "a table of the six columns without scope" if columns == SIX_COLUMNS.keys() else "another table"
    other = f"{table.name}_v2"
    return (
        f"{table.quoted} is {owner}, which other services may write: it is not altered. Choose another name: "
        f"--table {shlex.quote(other)} (and {shlex.quote(f'IDEM_TABLE={other}')} for the application)."
    )


def script(table: Table, form: Format) -> str:
    """The migration as a file of SQL, for another tool that runs migrations.

    :raises ConfigurationError: a name that the tool would replace.
    """
    text = table.creation().replace(";\n", ";\n\n") + ";\n"
    if form == "flyway":
        if "${" in table.quoted:
            raise ConfigurationError("Flyway replaces ${…}, in names too: choose another name")
        return f"-- V1__{revision_name(table)}.sql\n{text}"
    return text


def revision_name(table: Table) -> str:
    """A name for the migration: short, of letters, digits and underscores, another one for another table."""
    name = table.name if table.schema is None else f"{table.schema}_{table.name}"
    if re.fullmatch(rf"\w{{1,{LONGEST_REVISION}}}", name, re.ASCII):
        return name
    suffix = blake2b(table.quoted.encode(), digest_size=4).hexdigest()
    return f"{re.sub(r'[^0-9A-Za-z]+', '_', name)[: LONGEST_REVISION - 9]}_{suffix}"
