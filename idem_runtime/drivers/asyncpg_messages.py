"""Our statements as messages for asyncpg, and what comes back for them.

asyncpg has no pipeline, and gives no rows for several statements in one message. So a statement whose rows are needed is
sent as ``COPY (…) TO STDOUT``, which the simple protocol lets stand among others: everything that psycopg sends in one round
trip is one here, too, nothing is prepared, and a transaction pooler sees nothing unusual.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from idem_runtime.drivers.statement_text import filled, names, pieces
from idem_runtime.drivers.table import Table
from idem_runtime.model import Result, Results, Statement
from idem_runtime.sql import query

ENCODING = "utf-8"
"""asyncpg's connections have no other one."""


@dataclass(frozen=True, slots=True)
class Message:
    """SQL for one round trip. ``rows``: some come back; ``last``: of the last statement, else of one before it."""

    text: str
    rows: bool
    last: bool


def message(table: Table, statement: Statement, level: str) -> Message:
    """``statement`` as one message.

    asyncpg takes one COPY in it. A row that comes before is kept in a setting of the transaction, and told with the last.
    """
    asked = statement.name.split("+")
    rows = [name for name in asked if _has_rows(name)]
    parts = list[str]()
    for name in asked:
        text = _bound(table, name, statement.params, level)
        if name in rows[:-1]:
            text = KEPT.format(text)
        elif name in rows:
            text = COPIED.format(TOLD.format(text) if len(rows) > 1 else text)
        parts.append(text)
    return Message(";\n".join(parts), bool(rows), asked[-1] in rows)


COPIED = "COPY ({}) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *)"
KEPT = "SELECT set_config('idem.told', row_to_json(told)::text, true) FROM ({}) AS told"
TOLD = "SELECT * FROM (SELECT current_setting('idem.told') AS told) AS told LEFT JOIN ({}) AS asked ON true"


def _has_rows(name: str) -> bool:
    """Whether rows of the query ``name`` are read; those of ``idle`` say nothing."""
    text = query(name)
    queries = text.startswith(("SELECT", "WITH")) or "RETURNING" in text
    return queries and ";" not in text and name != "idle"


def _bound(table: Table, name: str, params: Mapping[str, Any], level: str) -> str:
    cut = pieces(table, name, previous=bool(params.get("previous")), encoding=ENCODING)
    values = {name: literal(value).encode(ENCODING) for name, value in params.items()}
    return filled(cut, {**names(params, level, ENCODING), **values}).decode(ENCODING)


def literal(value: Any) -> str:
    """``value`` as SQL text, whatever ``standard_conforming_strings`` says.

    :raises psycopg.DataError: text with a NUL in it.
    """
    if value is None:
        return " NULL"
    if isinstance(value, bool):
        return " true" if value else " false"
    if isinstance(value, int | float):
        return f" {value!r}"
    if isinstance(value, bytes):
        return f" E'\\\\x{value.hex()}'"
    if isinstance(value, list | tuple):
        items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType] - isinstance knows no item types
        return f" ARRAY[{','.join(map(literal, items))}]" if items else " '{}'"
    if "\0" in (text := str(value)):
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    return f" E'{quoted}'"


FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])')
READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("mine", "free", "alive", "past", "awaited", "wrote", "confirmed"), "t".__eq__),
    "age": float,
    "response_data": json.loads,
    "response_body": lambda text: bytes.fromhex(text[2:]),
}
"""How the columns of our queries are read that are no text, by name: COPY says no types."""


def results_of(sent: Message, copied: str, tag: str) -> Results:
    """As the protocol reads it: a result for each statement with rows, and one for the last."""
    if not sent.rows:
        return [Result(tag)]
    header, *values = _records(copied)
    row = (
        {name: _read(name, text) for name, text in zip(map(str, header), values[0], strict=True)}
        if values
        else {}
    )
    told = row.pop("told", None)
    results = [] if told is None else [Result("", json.loads(told))]
    there = any(
        value is not None for value in row.values()
    )  # no row, where another was told with it, is one of NULLs
    results.append(Result(tag if sent.last else "", row if there else None))
    return results if sent.last else [*results, Result(tag)]


def _records(copied: str) -> list[list[str | None]]:
    """The names, and what is in the rows: in quotes, or NULL."""
    records: list[list[str | None]] = [[]]
    for value in FIELD.finditer(copied):
        records[-1].append(value[2] or None if value[1] is None else value[1].replace('""', '"'))
        if value[3] == "\n":
            records.append([])
    return records[:-1]


def _read(name: str, text: str | None) -> Any:
    return text if text is None or name not in READERS else READERS[name](text)
