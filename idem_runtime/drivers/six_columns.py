"""The table of six columns that other programs' Powertools layers write, too (docs/decisions.md#the-table)."""

from __future__ import annotations

import re
from importlib.resources import files

from psycopg import sql

from idem_runtime.drivers.table import Table
from idem_runtime.errors import ConfigurationError

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_PART = r'(?:"(?:[^"\0]|"")+"|[A-Za-z_][A-Za-z0-9_$]*)'
_NAME = re.compile(rf"({_PART})(?:\.({_PART}))?", re.ASCII)
_DECLARED = "{schema}.idempotency_records"


def flyway_migration(schema: str) -> str:
    """The SQL of the six columns in ``schema``, for a file such as ``V7__idempotency_records.sql``.

    It is the table of the original decision record, byte for byte. The schema has to be there.

    :raises ConfigurationError: a name that Flyway would replace.
    """
    if "${" in schema:
        raise ConfigurationError("Flyway replaces ${…}, in names too: choose another name")
    return _declaration().replace("{schema}", _written(schema))


def creation(table: Table) -> str:
    """The SQL that makes ``table`` one of six columns."""
    name = (
        _written(table.name) if table.schema is None else f"{_written(table.schema)}.{_written(table.name)}"
    )
    return _declaration().replace(_DECLARED, name)


def table_of(name: str) -> Table:
    """``schema.table`` or ``table`` as SQL reads it: lower case, unless it stands in double quotes.

    :raises ConfigurationError: it is no name.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ConfigurationError(
            f"table_name={name!r}: give 'table' or 'schema.table', as in SQL: other characters than letters, digits and "
            "underscores stand in double quotes"
        )
    parts = [_read(part) for part in match.groups() if part is not None]
    return Table(parts[-1], parts[0] if len(parts) > 1 else None)


def _declaration() -> str:
    return (files("idem_runtime.sql") / "powertools_six_columns.sql").read_text(encoding="utf-8")


def _read(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()


def _written(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else sql.Identifier(name).as_string(None)
