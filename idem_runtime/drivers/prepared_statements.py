"""Claim and seal as prepared statements: which messages have that form, and what a connection has prepared so far.

A connection of psycopg says by its ``prepare_threshold`` whether it may prepare; ``None`` is what is set behind a transaction
pooler. The names are ours: no name of psycopg's own looks like them, and one name never stands for two texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeAlias

import psycopg
from psycopg import capabilities
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from idem_runtime import log_records
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pipeline import pipelined
from idem_runtime.drivers.pools import Table
from idem_runtime.drivers.statement_text import filled, pieces
from idem_runtime.model import Statement

Real: TypeAlias = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]

PREPARED = frozenset(
    {"try_lock", "idle", "read", "wrote", "note_written", "insert", "insert_if_written", "discard"}
)
"""What is worth a plan that the server keeps."""
ONE_SHOT = frozenset({"begin", "savepoint", "release_savepoint", "undo", "commit"})
"""What needs no plan; the name of a savepoint is another one for each attempt, and must be."""
TYPES = {"namespace": 23, "lock": 23, "identity": 23, "response_data": 3802, "response_body": 17, "kept_for": 1186, "attempt": 2950}  # fmt: skip
"""Type oids of parameters; all others are text. They are said, so that a plan never depends on a guess."""
TEXT, BYTEA = 25, 17
MISSING, DUPLICATE, PLAN_CHANGED = "26000", "42P05", "0A000"
"""``invalid_sql_statement_name``, ``duplicate_prepared_statement``, and what a plan says whose result has another type now."""


@dataclass(frozen=True, slots=True)
class Part:
    """One SQL statement of a message; ``name``: what it is called where it is prepared, a digest of all that it is."""

    pieces: tuple[tuple[bytes, str], ...]
    text: bytes = b""
    params: tuple[str, ...] = ()
    types: tuple[int, ...] = ()
    formats: tuple[int, ...] | None = None
    name: bytes = b""


@cache
def parts_of(table: Table, name: str, encoding: str) -> tuple[Part, ...] | None:
    """The statements of the message ``name``; ``None``: it has only the simple form."""
    names = name.split("+")
    if len(names) == 1 or not PREPARED.union(ONE_SHOT).issuperset(names):
        return None
    return tuple(_part(table, part, encoding) for part in names)


def _part(table: Table, name: str, encoding: str) -> Part:
    cut = pieces(table, name, previous=False, encoding=encoding)
    if name in ONE_SHOT:
        return Part(cut)
    params = tuple(dict.fromkeys(placeholder for _, placeholder in cut if placeholder))
    text = b"".join(piece + (b"$%d" % (params.index(param) + 1) if param else b"") for piece, param in cut)
    types = tuple(TYPES.get(param, TEXT) for param in params)
    formats = tuple(int(oid == BYTEA) for oid in types)
    digest = hashlib.sha256(repr((text, types)).encode()).hexdigest()[:16]
    return Part(cut, text, params, types, formats if any(formats) else None, f"idem_{digest}".encode())


@dataclass(slots=True)
class Memory:
    """What one connection has prepared, and whether it may."""

    names: set[bytes] = field(default_factory=set[bytes])
    allowed: bool = True
    failed: bool = False
    """Whether it had not prepared what it seemed to, once."""
    _round: int = 0
    """In the names: what is prepared anew has another one, so that nothing is prepared twice."""
    _seen: bytes = b""

    def refresh(self, real: Real) -> None:
        """Forget all where psycopg has deallocated all that was prepared, as it does after a ROLLBACK.

        Its names are numbered. The last one that was there before, or was to come next, is not there then.
        """
        manager: Any = real._prepared  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - it says this nowhere else
        names, coming = manager._names, b"_pg3_%d" % manager._prepared_idx  # noqa: SLF001 - as above
        if self._seen not in (b"", coming) and self._seen not in names.values():
            self.forget()
        self._seen = next(reversed(names.values()), coming)

    def forget(self) -> None:
        """Prepare everything anew."""
        self.names.clear()
        self._round += 1

    def name(self, part: Part) -> bytes:
        """What ``part`` is called on this connection."""
        return b"%s_%d" % (part.name, self._round)


def memory_of(real: Real) -> Memory:
    """What ``real`` has prepared; it goes with the connection."""
    memory: Memory | None = vars(real).get("_idem_prepared")
    if memory is None:
        memory = vars(real)["_idem_prepared"] = Memory(allowed=_can_prepare(real))
    return memory


def _can_prepare(real: Real) -> bool:
    """Whether libpq has pipelines, and psycopg says what it has deallocated."""
    manager = vars(real).get("_prepared")
    return capabilities.has_pipeline() and hasattr(manager, "_names") and hasattr(manager, "_prepared_idx")


Command: TypeAlias = tuple[bytes, Callable[[], None]]
"""What sends a message, and the name that it prepares, or nothing."""


class Prepared:
    """One message in this form; ``None`` of :func:`prepared` where it has only the simple one."""

    __slots__ = ("_commands", "_memory")

    def __init__(self, memory: Memory, commands: list[Command]) -> None:
        """Nothing is sent by this."""
        self._memory = memory
        self._commands = commands

    def round_trip(self, pgconn: PGconn) -> PQGen[list[PGresult]]:
        """The answers, as the simple form gives them: one to each statement, up to the first one that fails."""
        found = yield from pipelined(pgconn, self._send)
        answers: list[PGresult] = []
        for (name, _), result in zip(self._commands, found, strict=False):
            if not name or result.status == ExecStatus.FATAL_ERROR:
                answers.append(result)
            else:
                self._memory.names.add(name)
        return answers

    def _send(self) -> None:
        for _, send in self._commands:
            send()


def prepared(real: Real, where: Located, statement: Statement, level: str) -> Prepared | None:
    """``statement`` as a message of prepared statements, where it has that form and ``real`` may prepare."""
    if not where.prepares or real.prepare_threshold is None:
        return None
    memory, encoding = memory_of(real), real.info.encoding
    parts = parts_of(where.table, statement.name, encoding)
    if parts is None or not memory.allowed or (statement.params.get("previous") and "read" in statement.name):
        return None
    memory.refresh(real)
    commands: list[Command] = []
    for part in parts:
        if part.name:
            commands += _kept(real.pgconn, memory, part, _values(part, statement.params, encoding))
        else:
            text = filled(part.pieces, statement.params, level, encoding)
            commands.append((b"", partial(real.pgconn.send_query_params, text, None)))
    return Prepared(memory, commands)


def _kept(pgconn: PGconn, memory: Memory, part: Part, values: list[bytes | None]) -> Iterator[Command]:
    name = memory.name(part)
    if name not in memory.names:
        yield name, partial(pgconn.send_prepare, name, part.text, part.types)
    yield b"", partial(pgconn.send_query_prepared, name, values, part.formats)


def _values(part: Part, params: Mapping[str, Any], encoding: str) -> list[bytes | None]:
    return [_value(params[name], encoding) for name in part.params]


def _value(value: Any, encoding: str) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    text = str(value)
    if "\0" in text:  # libpq would send what stands before it
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text.encode(encoding)


def outdated(real: Real, where: Located, statement: Statement, state: str | None) -> bool:
    """Whether a failure means that the connection has not prepared what it seemed to, or has an old plan of it.

    Then everything is prepared anew; and where that was no use, or where there is a pooler that gives the statements of one
    client to another, nothing is prepared any more.
    """
    changed = state == PLAN_CHANGED and statement.name.endswith("read")
    if not changed and state not in (MISSING, DUPLICATE):
        return False
    memory = memory_of(real)
    if state == DUPLICATE or statement.name.endswith("commit"):
        where.prepares = False
        log_records.not_prepared()
    memory.allowed = not memory.failed
    memory.failed = True
    memory.forget()
    return True
