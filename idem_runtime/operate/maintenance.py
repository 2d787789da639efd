"""What the command line does: make the table, find records in it, decide about what is unknown."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal
from uuid import uuid4

from idem_runtime.drivers.pools import Table
from idem_runtime.errors import ConfigurationError
from idem_runtime.log_records import digest
from idem_runtime.operate import table_access
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.protocol.scope import scope_of

Format = Literal["sql", "flyway"]

TIME = "timestamp with time zone"
ADR_066 = {
    "idempotency_key": "text",
    "status": "text",
    "response_data": "jsonb",
    "expiry_time": TIME,
    "in_progress_expiry": TIME,
    "payload_hash": "text",
}
"""Columns and their types."""
OURS = ADR_066 | {
    "scope": "text",
    "response_body": "bytea",
    "attempt": "uuid",
    "created_at": TIME,
    "completed_at": TIME,
}
AUDIT = {
    "scope": "text",
    "idempotency_key": "text",
    "attempt": "uuid",
    "verdict": "text",
    "decided_by": "text",
    "reason": "text",
    "decided_at": TIME,
}
PAGE = 5_000
"""Records that are read at a time while a digest is looked for."""
WITHOUT_BODY = (204, 205, 304)
LONGEST_REVISION = 32
"""Characters of Alembic's version column."""


@dataclass(frozen=True, slots=True)
class Named:
    """A record by its name."""

    scope: str
    key: str

    @property
    def digest(self) -> str:
        """As log lines show it."""
        return digest(self.scope, self.key)


def parts_of(scope: str) -> tuple[str, str] | None:
    """The principal and operation of a scope as the table has it; ``None`` where ``scope`` is not one."""
    parts: list[str] = []
    while scope:
        size, colon, rest = scope.partition(":")
        if not colon or not re.fullmatch("0|[1-9][0-9]{0,8}", size) or len(rest) < int(size):
            return None
        parts.append(rest[: int(size)])
        scope = rest[int(size) :]
    return (parts[0], parts[1]) if len(parts) == 2 else None


def is_http(scope: str) -> bool:
    """Whether the operation reads ``POST /path``; other names are mostly those of plain functions."""
    parts = parts_of(scope)
    return parts is not None and re.match(r"[A-Z]+ /", parts[1]) is not None


def migrate(admin: Admin) -> str:
    """Create what is missing; running it again changes nothing. Returns what was done.

    :raises ConfigurationError: another table has the name, such as ADR-066's own: it is never altered.
    """
    table = admin.table
    found = columns(admin, table.quoted)
    if found and not found.keys() >= OURS.keys():
        raise ConfigurationError(taken(table, frozenset(found)))
    shape = admin.row("shape", table=table.quoted, needed=[]) or {}
    if shape.get("indexed") and columns(admin, table.audit):
        return f"{table.quoted} is there already: nothing to do"
    if not (admin.row("access", **table_access.parameters(table)) or {}).get("schema_there"):
        admin.script(f"CREATE SCHEMA IF NOT EXISTS {table.namespace}")
    admin.script(table.creation())
    return f"created {table.quoted} and {table.audit}"


def columns(admin: Admin, table: str) -> dict[str, dict[str, Any]]:
    """The columns of ``table`` (SQL text) by name, whoever made it; empty where there is none."""
    return {row["column_name"]: row for row in admin.rows("columns", table=table)}


def taken(table: Table, found: frozenset[str]) -> str:
    """Why a table of the same name stays as it is, and how to choose another."""
    whose = "the table of ADR-066's six columns" if found == ADR_066.keys() else "another table"
    other = f"{table.name}_v2"
    return (
        f"{table.quoted} is {whose}, which other services may write: it is not altered. Choose another name: "
        f"--table {shlex.quote(other)} (and {shlex.quote(f'IDEM_TABLE={other}')} for the application)."
    )


def script(table: Table, form: Format) -> str:
    """The migration as a file for who runs migrations otherwise.

    :raises ConfigurationError: a name that the tool would replace.
    """
    text = table.creation().replace(";\n", ";\n\n") + ";\n"
    if form == "flyway":
        if "${" in table.quoted:
            raise ConfigurationError("Flyway replaces ${…}, in names too: choose another name")
        return f"-- V1__{revision(table)}.sql\n{text}"
    return text


def revision(table: Table) -> str:
    """A name for the migration: short, of letters, digits and underscores, another one for another table."""
    name = table.name if table.schema is None else f"{table.schema}_{table.name}"
    if re.fullmatch(rf"\w{{1,{LONGEST_REVISION}}}", name, re.ASCII):
        return name
    mark = blake2b(table.quoted.encode(), digest_size=4).hexdigest()
    return f"{re.sub(r'[^0-9A-Za-z]+', '_', name)[: LONGEST_REVISION - 9]}_{mark}"


def purge(admin: Admin, batch: int) -> Iterator[int]:
    """Remove expired records, ``batch`` at a time; yields how many are gone. Never INPROGRESS or UNKNOWN."""
    gone = 0
    while removed := admin.count("by_index+purge", batch=batch):
        gone += removed
        yield gone


def find(admin: Admin, wanted: str) -> list[Named]:
    """The records, and those with a decision, whose digest is ``wanted``: reads all names, a page at a time."""
    at, found = Named("", ""), {Named(**row) for row in admin.rows("decided")}
    found = {each for each in found if each.digest == wanted}
    while page := [Named(**row) for row in admin.rows("identities", scope=at.scope, key=at.key, limit=PAGE)]:
        found.update(each for each in page if each.digest == wanted)
        at = page[-1]
    return sorted(found, key=lambda each: (each.scope, each.key))


def answer(status: int, body: str | None) -> bytes:
    """The bytes of the answer that an operator gives for an executed operation.

    :raises ConfigurationError: not a status of an executed answer, or a body that is no JSON or does not belong there.
    """
    if not 200 <= status <= 499:
        raise ConfigurationError(f"--status {status}: an executed operation was answered with 200 to 499")
    if status in WITHOUT_BODY:
        if body:
            raise ConfigurationError(f"--body: an answer with status {status} has none")
        return b""
    if body is None:
        raise ConfigurationError(
            "--executed needs --body: every retry gets it, as JSON, in place of the answer that was lost. For a plain "
            "function it is the value that it would have returned (null for None)"
        )
    try:
        json.loads(body, parse_constant=_refuse)
        return body.encode()
    except (ValueError, RecursionError):
        raise ConfigurationError(
            "--body is not JSON: mind the shell's quotes, as in --body '{\"id\": 7}'"
        ) from None


def _refuse(name: str) -> None:
    raise ValueError(name)


def resolve_executed(
    admin: Admin, record: Named, *, who: str, why: str, status: int, body: bytes, retention: float
) -> bool:
    """Record that an UNKNOWN operation was executed, with the answer its caller gets; ``False``: it is not UNKNOWN.

    ``retention``: seconds that the answer is kept.
    """
    headers = [] if status in WITHOUT_BODY else [["content-type", "application/json"]]
    done = admin.row(
        "resolve_executed",
        scope=record.scope,
        key=record.key,
        who=who,
        why=why,
        response_data=json.dumps({"status": status, "headers": headers}),
        response_body=body,
        attempt=str(uuid4()),
        retention=retention,
    )
    return done is not None


def resolve_not_executed(admin: Admin, record: Named, *, who: str, why: str) -> bool:
    """Record that an UNKNOWN operation did not happen: its key is free; ``False``: it is not UNKNOWN."""
    return admin.row("resolve_not_executed", scope=record.scope, key=record.key, who=who, why=why) is not None


def named(principal: str, operation: str, key: str) -> Named:
    """The record of a principal's operation under ``key``."""
    return Named(scope_of((principal, operation)), key)
