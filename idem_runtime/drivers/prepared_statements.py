"""Claim and seal as prepared statements: which messages have that form, and what a connection has prepared so far.

A connection of psycopg says by its ``prepare_threshold`` whether it may prepare; ``None`` is what is set behind a
transaction pooler. Pools that we open set that, too, and still may where the server itself answers (``Located``). The names
are ours: no name of psycopg's own looks like them, and one name never stands for two texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import ValuesView
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count, islice
from typing import Any, NamedTuple, TypeAlias

import psycopg
from psycopg import capabilities
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from idem_runtime import log_records
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pipeline import pipelined
from idem_runtime.drivers.statement_text import filled, names, pieces
from idem_runtime.drivers.table import Table
from idem_runtime.model import Statement

Real: TypeAlias = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]

PREPARED = frozenset(
    {"try_lock", "idle", "read", "wrote", "note_written", "insert", "insert_if_written", "discard"}
)
"""What is worth a plan that the server keeps."""
ONE_SHOT = frozenset({"begin", "savepoint", "release_savepoint", "undo", "commit"})
"""What needs no plan; the name of a savepoint is another one for each attempt, and must be."""
TYPES = {
    "namespace": 23,
    "lock": 23,
    "identity": 23,
    "response_data": 3802,
    "response_body": 17,
    "kept_for": 1186,
    "attempt": 2950,
}
"""Type oids of parameters; all others are text. They are said, so that a plan never depends on a guess."""
TEXT, BYTEA = 25, 17
MISSING, DUPLICATE = "26000", "42P05"
"""``invalid_sql_statement_name`` and ``duplicate_prepared_statement``."""
PLAN_CHANGED = "0A000"
"""What the server says where the result of a prepared statement would have another type than when it was prepared."""


@dataclass(frozen=True, slots=True)
class Part:
    """One SQL statement of a message; ``name``: what it is called where it is prepared, a digest of all that it is."""

    pieces: tuple[tuple[bytes, str], ...]
    text: bytes = b""
    params: tuple[str, ...] = ()
    types: tuple[int, ...] = ()
    formats: list[int] | None = None  # psycopg 3.2 takes no tuple
    name: bytes = b""


@cache
def parts_of(table: Table, name: str, encoding: str) -> tuple[Part, ...] | None:
    """The statements of the message ``name``; ``None``: it has only the simple form."""
    names = name.split("+")
    if len(names) == 1 or not PREPARED.union(ONE_SHOT).issuperset(names):
        return None
    return tuple(_part(table, part, encoding) for part in names)


class Form(NamedTuple):
    """A message as one connection sends it."""

    claims: bool
    """Whether it reads the record."""
    reading: bytes
    """What the statement that every claim has is called here."""
    parts: tuple[tuple[bytes, Part], ...]
    """Its statements, and what they are called where they are prepared."""


def _part(table: Table, name: str, encoding: str) -> Part:
    cut = pieces(table, name, previous=False, encoding=encoding)
    if name in ONE_SHOT:
        return Part(cut, cut[0][0] if len(cut) == 1 else b"")
    params = tuple(dict.fromkeys(placeholder for _, placeholder in cut if placeholder))
    text = b"".join(piece + (b"$%d" % (params.index(param) + 1) if param else b"") for piece, param in cut)
    types = tuple(TYPES.get(param, TEXT) for param in params)
    formats = [int(oid == BYTEA) for oid in types]
    digest = hashlib.sha256(repr((text, types)).encode()).hexdigest()[:16]
    return Part(cut, text, params, types, formats if any(formats) else None, f"idem_{digest}".encode())


@dataclass(slots=True)
class Memory:
    """What one connection has prepared, and whether it may."""

    names: set[bytes] = field(default_factory=set[bytes])
    allowed: bool = True
    failed: bool = False
    """Whether it had not prepared what it seemed to, once."""
    preparing: bool = False
    """Whether something was sent to be prepared, and no answer was read: who waits for one may be interrupted."""
    encoding: str = ""
    """Of what is kept here."""
    forms: dict[tuple[Table, str], Form | None] = field(
        default_factory=dict["tuple[Table, str]", "Form | None"]
    )
    """Messages by their table and name, as they are sent now."""
    _suffix: bytes = b""
    """Of the names: what is prepared anew has another one, so that nothing is prepared twice."""
    _last: bytes = b""
    _coming: int = 0
    """The name that psycopg used last, and the number of the one that comes next, when something was last sent."""

    def refresh(self, real: Real) -> bool:
        """Forget all where psycopg has deallocated all that was prepared, as it does after a ROLLBACK; whether it will not.

        It does so with the next statement that is sent through it, or did: then it has none left of its own that it had.
        """
        manager: Any = real._prepared  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - it says this nowhere else
        names, coming = manager._names, int(manager._prepared_idx)  # noqa: SLF001 - as above
        to_come = None in manager._to_flush  # noqa: SLF001 - as above
        if to_come or self.preparing or self._gone(names.values(), coming):
            self.forget()
        self._last, self._coming = next(reversed(names.values()), b""), coming
        return not to_come

    def _gone(self, names: ValuesView[bytes], coming: int) -> bool:
        """Whether none is left: its names are numbered."""
        if (self._last in names) if self._last else (coming == self._coming):
            return False
        oldest = min((int(name.rpartition(b"_")[2]) for name in names), default=coming)
        return oldest > self._coming or (oldest == self._coming and bool(self._last))

    def forget(self) -> None:
        """Prepare everything anew."""
        self.preparing = False
        self.names.clear()
        self.forms.clear()
        self._suffix = b"_%d" % next(_ROUNDS)

    def form(self, table: Table, name: str, encoding: str) -> Form | None:
        """The message ``name``; ``None``: it has only the simple form."""
        if encoding != self.encoding:
            self.forms.clear()
            self.encoding = encoding
        try:
            return self.forms[table, name]
        except KeyError:
            form = self.forms[table, name] = self._form(table, name)
            return form

    def _form(self, table: Table, name: str) -> Form | None:
        parts = parts_of(table, name, self.encoding)
        if parts is None:
            return None
        reading = _part(table, "read", self.encoding).name + self._suffix
        named = tuple((part.name and part.name + self._suffix, part) for part in parts)
        return Form("read" in name, reading, named)


def memory_of(real: Real) -> Memory:
    """What ``real`` has prepared; it goes with the connection."""
    memory: Memory | None = vars(real).get("_idem_prepared")
    if memory is None:
        memory = vars(real)["_idem_prepared"] = Memory(allowed=_can_prepare(real))
    return memory


def _can_prepare(real: Real) -> bool:
    """Whether libpq has pipelines, and psycopg says what it has deallocated."""
    manager = vars(real).get("_prepared")
    says = all(hasattr(manager, name) for name in ("_names", "_prepared_idx", "_to_flush"))
    return says and capabilities.has_pipeline()


_ROUNDS = count(1)


Text: TypeAlias = "bytes | list[bytes | None]"
"""The whole text of a statement that is not prepared; else the values of its parameters."""


class Prepared:
    """One message in this form; nothing is sent before :meth:`round_trip`."""

    __slots__ = ("_new", "memory", "statements")

    def __init__(self, memory: Memory, statements: list[tuple[bytes, Part, Text]]) -> None:
        """``memory`` is that of the connection that it is for; a statement that is prepared has a name there."""
        self.memory = memory
        self.statements = statements
        self._new: list[bytes] = []

    def round_trip(self, pgconn: PGconn) -> PQGen[list[PGresult]]:
        """The answers, as the simple form gives them: one to each statement, up to the first one that fails."""
        results = yield from pipelined(pgconn, partial(self._send, pgconn))
        return self._without_preparing(results) if self._new else results

    def _send(self, pgconn: PGconn) -> None:
        prepared = self.memory.names
        for name, part, text in self.statements:
            if isinstance(text, bytes):
                pgconn.send_query_params(text, None)
                continue
            if name not in prepared:
                self.memory.preparing = True
                self._new.append(name)
                pgconn.send_prepare(name, part.text, part.types)
            pgconn.send_query_prepared(name, text, part.formats)

    def _without_preparing(self, results: list[PGresult]) -> list[PGresult]:
        """``results`` without what was said to preparing; what is prepared stays so, whatever comes behind it."""
        answers = iter(results)
        kept: list[PGresult] = []
        for name, _, _ in self.statements:
            if name in self._new:
                prepared = next(answers, None)
                if prepared is not None and prepared.status != ExecStatus.FATAL_ERROR:
                    self.memory.names.add(name)
                elif prepared is not None:
                    kept.append(prepared)
            kept.extend(islice(answers, 1))
        self.memory.preparing = False
        return kept


def prepared(real: Real, where: Located, statement: Statement, level: str) -> Prepared | None:
    """``statement`` in this form; ``None``: it has only the simple one, or ``real`` may not prepare."""
    if not where.may_prepare(real.prepare_threshold):
        return None
    memory, params = memory_of(real), statement.params
    if not (memory.allowed and memory.refresh(real)):
        return None
    encoding = real.info.encoding
    form = memory.form(where.table, statement.name, encoding)
    if form is None or (form.claims and params.get("previous")):
        return None
    if not form.claims and form.reading not in memory.names:
        return None  # only a claim that was prepared has shown that what its seal needs is there
    named, statements = names(params, level, encoding), list[tuple[bytes, Part, Text]]()
    for name, part in form.parts:
        if not name:
            statements.append((b"", part, part.text or filled(part.pieces, named)))
            continue
        values: list[bytes | None] = []
        for param in part.params:  # no comprehension: before Python 3.12 each is a call
            value = params[param]
            if value.__class__ is str and "\0" not in value:
                values.append(value.encode(encoding))
            elif value.__class__ is int:
                values.append(b"%d" % value)
            else:
                values.append(_value(value, encoding))
        statements.append((name, part, values))
    return Prepared(memory, statements)


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
    changed = state == PLAN_CHANGED and "read" in statement.name
    if not changed and state not in (MISSING, DUPLICATE):
        return False
    memory = memory_of(real)
    if state == DUPLICATE or "read" not in statement.name:
        where.prepares = False
        log_records.not_prepared()
    memory.allowed = not memory.failed
    memory.failed = True
    memory.forget()
    return True
