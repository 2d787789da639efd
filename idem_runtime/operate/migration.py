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
from idem_runtime.sql import SCHEMA_VERSION

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


def migrate(admin: Admin, *, partitions: int | None = None) -> str:
    """Create what is missing, and upgrade an earlier schema; running it again changes nothing. Returns what was done.

    An upgrade takes no lock that the application would wait for, and every version of the library writes every schema.
    ``partitions``: how many hash partitions a new table gets.

    :raises ConfigurationError: another table has the name (docs/decisions.md#the-table): it is never altered. Or the table
        is there and has not these partitions.
    """
    table = admin.table
    existing = columns_of(admin, table.quoted)
    if existing and not existing.keys() >= RECORD_COLUMNS.keys():
        raise ConfigurationError(name_is_taken(table, frozenset(existing)))
    if existing and partitions is not None:
        _check_partitions(admin, partitions)
    shape = admin.row("shape", table=table.quoted, needed=[]) or {}
    version = schema_version(admin) if existing else SCHEMA_VERSION
    indexed = shape.get("indexed") and (shape["in_progress_indexed"] or version < 2)
    if indexed and columns_of(admin, table.audit):
        return _upgraded(admin, version)
    if not (admin.row("access", **table_access.parameters(table)) or {}).get("schema_there"):
        admin.script(f"CREATE SCHEMA IF NOT EXISTS {table.namespace}")
    if version < SCHEMA_VERSION:
        _upgraded(admin, version)
    admin.script(table.creation(partitions=partitions))
    return f"created {table.quoted} and {table.audit}"


def schema_version(admin: Admin) -> int:
    """Which schema the table has, as its comment says; one that says nothing has the first."""
    comment = (admin.row("comment", table=admin.table.quoted) or {})["comment"]
    named = re.fullmatch(r"idem-runtime schema (\d+)", comment or "")
    return int(named[1]) if named else 1


def _upgraded(admin: Admin, version: int) -> str:
    """Bring the schema from ``version`` to that of this library; what a newer library made is left alone."""
    name = admin.table.quoted
    if version > SCHEMA_VERSION:
        return f"{name} has schema {version}, which a newer version of idem-guard made: nothing is changed"
    if version == SCHEMA_VERSION:
        return f"{name} is there already: nothing to do"
    for earlier in range(version, SCHEMA_VERSION):
        for statement in admin.table.upgrade(earlier):
            admin.command(statement)
    return f"upgraded {name} from schema {version} to {SCHEMA_VERSION}"


def _check_partitions(admin: Admin, wanted: int) -> None:
    there = len(admin.rows("partitions", table=admin.table.quoted))
    if there != wanted:
        raise ConfigurationError(
            f"{admin.table.quoted} is there and has {there or 'no'} partitions: a table is partitioned when it is made. Its "
            "records can be moved to one that is, in a window without requests: docs/scaling.md#partitions"
        )


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


def upgrade_statements(table: Table, version: int) -> list[str]:
    """What brings schema ``version`` to that of this library.

    :raises ConfigurationError: there is no such earlier schema.
    """
    if not 1 <= version < SCHEMA_VERSION:
        raise ConfigurationError(f"--from {version}: earlier schemas are 1 to {SCHEMA_VERSION - 1}")
    return [statement for earlier in range(version, SCHEMA_VERSION) for statement in table.upgrade(earlier)]


def script(
    table: Table, form: Format, *, partitions: int | None = None, from_version: int | None = None
) -> str:
    """The migration as a file of SQL, for another tool that runs migrations; ``from_version``: an upgrade from there.

    :raises ConfigurationError: a name that the tool would replace, or an earlier schema that there is not.
    """
    if from_version is None:
        statements = table.creation(partitions=partitions).split(";\n")
    else:
        statements = upgrade_statements(table, from_version)
    text = ";\n\n".join(statements) + ";\n"
    if form == "flyway":
        if "${" in table.quoted:
            raise ConfigurationError("Flyway replaces ${…}, in names too: choose another name")
        if from_version is not None:
            hint = (
                "in its .conf: executeInTransaction=false, because an index is built without blocking writers"
            )
            return f"-- V2__{revision_name(table)}.sql; {hint}\n{text}"
        return f"-- V1__{revision_name(table)}.sql\n{text}"
    return text


def revision_name(table: Table) -> str:
    """A name for the migration: short, of letters, digits and underscores, another one for another table."""
    name = table.name if table.schema is None else f"{table.schema}_{table.name}"
    if re.fullmatch(rf"\w{{1,{LONGEST_REVISION}}}", name, re.ASCII):
        return name
    suffix = blake2b(table.quoted.encode(), digest_size=4).hexdigest()
    return f"{re.sub(r'[^0-9A-Za-z]+', '_', name)[: LONGEST_REVISION - 9]}_{suffix}"
