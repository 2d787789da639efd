"""How an operator names a record: scope and key, principal, operation and key, or the digest of a log line."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_runtime import log_records
from idem_runtime.protocol.scope import scope_of

if TYPE_CHECKING:
    from idem_runtime.operate.admin_connection import Admin

PAGE = 5_000
"""Records that are read at a time while a digest is looked for."""
ELSEWHERE = 5
"""Other scopes of a key that are shown."""


@dataclass(frozen=True, slots=True)
class RecordName:
    """Scope and key of a record, whether it exists or not."""

    scope: str
    key: str

    @property
    def digest(self) -> str:
        """As log lines show it."""
        return log_records.digest(self.scope, self.key)


def record_name(principal: str, operation: str, key: str) -> RecordName:
    """The record of a principal's operation under ``key``."""
    return RecordName(scope_of((principal, operation)), key)


def parts_of_scope(scope: str) -> tuple[str, str] | None:
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
    parts = parts_of_scope(scope)
    return parts is not None and re.match(r"[A-Z]+ /", parts[1]) is not None


def find_by_digest(admin: Admin, digest: str) -> list[RecordName]:
    """The records with this digest, and the decisions about records that are gone: reads all names, a page at a time."""
    decided = (RecordName(**row) for row in admin.rows("decided"))
    matching = {record for record in decided if record.digest == digest}
    last = RecordName("", "")
    while page := [
        RecordName(**row) for row in admin.rows("identities", scope=last.scope, key=last.key, limit=PAGE)
    ]:
        matching.update(record for record in page if record.digest == digest)
        last = page[-1]
    return sorted(matching, key=lambda record: (record.scope, record.key))


def same_key_elsewhere(admin: Admin, name: RecordName) -> list[RecordName]:
    """The records of the same key under other scopes, the latest of them."""
    rows = admin.rows("elsewhere", key=name.key, limit=ELSEWHERE)
    return [RecordName(row["scope"], name.key) for row in rows]


def command_to_paste(verb: str, name: RecordName, table_options: str) -> str:
    """``idem-runtime VERB`` for this record; ``table_options``: those that choose the table."""
    if name.key.startswith("-") or not name.scope.isprintable():  # an option, or nothing to paste
        return f"idem-runtime {verb} --digest {name.digest}{table_options}"
    return f"idem-runtime {verb} {shlex.quote(name.scope)} {shlex.quote(name.key)}{table_options}"
