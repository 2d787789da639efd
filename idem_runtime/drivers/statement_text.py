"""Statements as one message of the simple protocol: texts are cut once, and only what differs is put in per call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import psycopg
from psycopg.adapt import Transformer

from idem_runtime.drivers.table import Table
from idem_runtime.sql import query

Piece: TypeAlias = tuple[bytes, str]
"""SQL text, and the placeholder that follows it, or nothing."""

PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(?:savepoint|isolation)\}")


@cache
def pieces(table: Table, name: str, *, previous: bool, encoding: str) -> tuple[Piece, ...]:
    """The query ``name`` for ``table``, cut where its parameters go."""
    pieces_before: list[Piece] = []
    at, text = 0, query(name, previous=previous)
    for placeholder in PLACEHOLDER.finditer(text):
        between = table.named(text[at : placeholder.start()]).encode(encoding)
        pieces_before.append((between, placeholder[1] or placeholder[0]))
        at = placeholder.end()
    return (*pieces_before, (table.named(text[at:]).encode(encoding), ""))


def compose(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any],
    table: Table,
    name: str,
    params: Mapping[str, Any],
    *,
    level: str = "READ_COMMITTED",
) -> bytes:
    """The query ``name`` for ``table`` with its parameters bound, as one message for the server.

    Values become literals: the simple protocol takes no parameters of its own, and it is what makes several statements one
    round trip.
    """
    encoding = connection.info.encoding
    named = names(params, level, encoding)
    parts: list[bytes] = []
    for text, placeholder in pieces(table, name, previous=bool(params.get("previous")), encoding=encoding):
        parts.append(text)
        is_value = placeholder in params
        parts.append(_literal(connection, params[placeholder]) if is_value else named[placeholder])
    return b"".join(parts)


def filled(cut: tuple[Piece, ...], named: Mapping[str, bytes]) -> bytes:
    """A statement without values: only names and the level are put in."""
    whole = b""
    for text, placeholder in cut:
        whole += text + named[placeholder]
    return whole


def names(params: Mapping[str, Any], level: str, encoding: str) -> dict[str, bytes]:
    """What is put in that is no value, by placeholder: the savepoint's name, the level, and nothing at a text's end."""
    savepoint = str(params.get("savepoint", "")).replace('"', '""')
    return {"{savepoint}": f'"{savepoint}"'.encode(encoding), "{isolation}": _spelled(level), "": b""}


@cache
def _spelled(level: str) -> bytes:
    return level.replace("_", " ").encode()


def _literal(connection: Any, value: Any) -> bytes:
    if isinstance(value, str) and _is_plain(value):
        return b"'" + value.replace("'", "''").encode() + b"'"
    if value.__class__ is int:
        return b" %d" % value
    return bytes(Transformer(connection).as_literal(value))


def _is_plain(value: str) -> bool:
    """Whether only its quotes have to be doubled, whatever the encoding and ``standard_conforming_strings``."""
    return value.isascii() and "\\" not in value and "\0" not in value
