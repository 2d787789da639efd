"""What the command line does: make the table, look after it, decide about what is unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from idem_runtime.drivers.admin import Admin
from idem_runtime.drivers.pools import Table
from idem_runtime.errors import ConfigurationError

Format = Literal["sql", "flyway", "alembic"]

ADR_066 = frozenset(
    ("idempotency_key", "status", "response_data", "expiry_time", "in_progress_expiry", "payload_hash")
)
OURS = ADR_066 | {"scope", "response_body", "attempt", "created_at", "completed_at"}
OLDEST_SERVER = 140_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it has to be, and what to do about it."""

    what: str
    remedy: str


def columns(admin: Admin) -> frozenset[str]:
    """The columns of our table's name, whoever made it; empty where there is none."""
    return frozenset(row["column_name"] for row in admin.rows("columns", table=admin.table.quoted))


def migrate(admin: Admin) -> str:
    """Create what is missing; running it again changes nothing. Returns what was done.

    :raises ConfigurationError: another table has the name, such as ADR-066's own: it is never altered.
    """
    found = columns(admin)
    if found >= OURS:
        return f"{admin.table.quoted} is there already: nothing to do"
    if found:
        raise ConfigurationError(_taken(admin.table, found))
    schema = admin.table.schema
    if schema is not None and not (admin.row("schema_exists", schema=schema) or {}).get("present"):
        admin.script(f"CREATE SCHEMA {Table(schema).quoted}")
    admin.script(admin.table.creation())
    return f"created {admin.table.quoted} and {admin.table.audit}"


def _taken(table: Table, found: frozenset[str]) -> str:
    whose = "the table of ADR-066's six columns" if found == ADR_066 else "another table"
    return (
        f"{table.quoted} is {whose}, which other services may write: it is not altered. "
        f"Choose another name: --table {table.name}_v2 (and IDEM_TABLE={table.name}_v2 for the application)."
    )


def script(table: Table, form: Format) -> str:
    """The migration as a file for who runs migrations otherwise."""
    text = table.creation().replace(";\n", ";\n\n") + ";\n"
    if form == "flyway":
        return f"-- V1__{table.name}.sql\n{text}"
    if form == "alembic":
        return ALEMBIC.format(
            name=table.name, statements=json.dumps(text)[1:-1].replace("\\n", "\n").replace('\\"', '"')
        )
    return text


ALEMBIC = '''"""The idempotency records of idem-runtime."""

from alembic import op

revision = "{name}"
down_revision = None  # set to your current head
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
{statements}"""
    )


def downgrade() -> None:
    raise RuntimeError("the records say which money has moved: drop the table by hand if you are sure")
'''


def problems(admin: Admin, *, local_clock: float) -> Iterator[Problem]:
    """What ``doctor`` finds wrong; nothing where all is well."""
    health = admin.row("health", table=admin.table.quoted) or {}
    if health["replica"]:
        yield Problem("this server is a replica: it cannot be written", "point the DSN at the primary")
    if health["version"] < OLDEST_SERVER:
        yield Problem(f"server version {health['version']}", "use Postgres 14 or later")
    yield from _table_problems(admin, health)
    if health["synchronous_commit"] == "off":
        yield Problem(
            "synchronous_commit is off: a crash can forget a transfer that was answered",
            "set synchronous_commit = on for this role",
        )
    if abs(health["clock"] - local_clock) > 5:
        yield Problem(
            f"this machine's clock is {abs(health['clock'] - local_clock):.0f} s off the database's",
            "set the clock; the runtime uses the database's only, but logs will not agree",
        )


def _table_problems(admin: Admin, health: dict[str, Any]) -> Iterator[Problem]:
    found = columns(admin)
    if not found:
        yield Problem(f"{admin.table.quoted} does not exist here", "run idem-runtime migrate")
        return
    if missing := sorted(OURS - found):
        yield Problem(f"{admin.table.quoted} has no column {', '.join(missing)}", _taken(admin.table, found))
        return
    if not health["permitted"]:
        yield Problem(
            f"this role may not read and write {admin.table.quoted}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {admin.table.quoted} TO this role",
        )
        return
    if health["indexes"] < 2:
        yield Problem(
            "the index on expiry_time is missing: purge reads the whole table",
            f"CREATE INDEX CONCURRENTLY ON {admin.table.quoted} (expiry_time)",
        )
    if (expired := (admin.row("purgeable") or {"records": 0})["records"]) > 10_000:
        yield Problem(f"{expired} expired records are kept", "schedule idem-runtime purge, hourly")


def pooled(admin: Admin, looks: int = 5) -> bool:
    """Whether a transaction pooler stands between: one connection, several backends. Nothing is wrong with that."""
    return len({(admin.row("backend") or {})["backend"] for _ in range(looks)}) > 1


def purge(admin: Admin, batch: int) -> Iterator[int]:
    """Remove expired records, ``batch`` at a time; yields how many are gone. Never INPROGRESS or UNKNOWN."""
    gone = 0
    while removed := admin.count("purge", batch=batch):
        gone += removed
        yield gone


def resolve_executed(
    admin: Admin, scope: str, key: str, *, who: str, why: str, status: int, body: bytes
) -> bool:
    """Record that an UNKNOWN operation was executed, with the answer its caller gets; ``False``: it is not UNKNOWN."""
    data = json.dumps({"status": status, "headers": [["content-type", "application/json"]]})
    done = admin.row(
        "resolve_executed",
        scope=scope,
        key=key,
        who=who,
        why=why,
        response_data=data,
        response_body=body,
        attempt=str(uuid4()),
        retention=86_400.0,
    )
    return done is not None


def resolve_not_executed(admin: Admin, scope: str, key: str, *, who: str, why: str) -> bool:
    """Record that an UNKNOWN operation did not happen: its key is free; ``False``: it is not UNKNOWN."""
    return admin.row("resolve_not_executed", scope=scope, key=key, who=who, why=why) is not None
