"""Which of the two tables the layer has before it, or what is missing there (docs/decisions.md#the-table)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from idem_runtime.adapters.powertools.records import Form, Place, ask
from idem_runtime.drivers.columns import RECORD_COLUMNS, SIX_COLUMNS
from idem_runtime.drivers.six_columns import creation
from idem_runtime.drivers.table import Table
from idem_runtime.errors import ConfigurationError
from idem_runtime.model import Steps

KEYS = {"own": "idempotency_key,scope", "six": "idempotency_key"}
"""The columns of a unique key that a claim can conflict on, in alphabetical order."""
KINDS = {
    "p": "a partitioned table, whose rows have no xmin when they are inserted",
    "v": "a view, whose rows have no xmin",
    "m": "a materialized view",
    "f": "a foreign table",
}


PERMANENT = "p"


def find(table: Table) -> Steps[Place]:
    """What kind of table ``table`` is, named with its schema.

    :raises ConfigurationError: neither of the two, or one that a crash empties; the message lists what is missing, and the
        SQL that makes it right.
    """
    row = (yield from ask("layer_columns", {"table": table.quoted})).row
    if row is not None and row["kind"] == "r" and row["persistence"] != PERMANENT:
        raise ConfigurationError(_not_kept(table, row["persistence"]))
    problems = [f"there is no table {table.quoted}"] if row is None else _problems(row)
    if row is None or problems:
        raise ConfigurationError(
            f"table_name: {'; '.join(problems)}. The layer works on the table of `idem-runtime migrate`, or on one of six "
            f"columns, which a migration makes:\n{creation(table)}"
        )
    return Place(table._replace(schema=row["schema"]), _form(_types(row)))


def _not_kept(table: Table, persistence: str) -> str:
    if persistence == "t":
        return (
            f"table_name: {table.quoted} is a temporary table, which goes with its connection: retries would execute again. "
            "Name the permanent one with its schema"
        )
    return (
        f"table_name: {table.quoted} is UNLOGGED: a crash of the server would empty it, and retries would execute again. "
        f"ALTER TABLE {table.quoted} SET LOGGED"
    )


def _problems(row: Mapping[str, Any]) -> list[str]:
    if row["kind"] != "r":
        return [f"it is {KINDS.get(row['kind'], 'no table')}"]
    types = _types(row)
    form = _form(types)
    wanted = RECORD_COLUMNS if form == "own" else SIX_COLUMNS
    problems = [
        f"{column} is {types[column]}, not {kind}" if column in types else f"{column} ({kind}) is missing"
        for column, kind in wanted.items()
        if types.get(column) != kind
    ]
    unfilled = set((row["required"] or "").split(",")) - wanted.keys() - {""}
    problems += [f"{column} is NOT NULL without a default, and unknown here" for column in sorted(unfilled)]
    if not problems and KEYS[form] not in (row["unique_keys"] or "").split(";"):
        problems.append(f"it has no primary key ({KEYS[form]})")
    return problems


def _types(row: Mapping[str, Any]) -> dict[str, str]:
    types: dict[str, str] = json.loads(row["types"] or "{}")
    return types


def _form(types: Mapping[str, str]) -> Form:
    return "own" if "scope" in types else "six"
