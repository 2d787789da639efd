"""What ``doctor`` looks at: the server, what stands before it, the table, its keeping, the permissions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from idem_runtime.drivers.admin import Admin
from idem_runtime.maintenance import AUDIT, OURS, columns, taken

OLDEST_SERVER = 140_000
CLOCKS_APART = 5.0
"""Seconds."""
MANY_EXPIRED = 10_000
RECORDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
DECISIONS = ("SELECT", "INSERT")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``remedy``: what to do about it; ``None`` where it is well."""

    about: str
    what: str
    remedy: str | None = None


def examine(admin: Admin, *, local_clock: float) -> Iterator[Finding]:
    """Everything that is looked at. ``local_clock``: this machine's, in seconds since 1970."""
    server = admin.row("server", schema=admin.table.schema) or {}
    yield from _or_well(_server(server), "server", f"Postgres {server['named']}, primary")
    yield from _or_well(_durability(server), "durability", "a commit is on disk before it is answered")
    yield from _or_well(_clock(server["clock"] - local_clock), "clock", "agrees with this machine's")
    yield from _or_well(_pooler(admin), "pooler", _connection(admin))
    missing = list(_missing(admin, server))
    yield from missing
    if missing:
        return
    yield from _or_well(_table(admin), "table", f"{admin.table.quoted}, {len(OURS)} columns, primary key")
    denied = list(_permissions(admin))
    yield from _or_well(iter(denied), "permissions", f"{admin.role} may do everything that is needed")
    readable = not any(each.what.startswith("SELECT") for each in denied)
    if readable and columns(admin, admin.table.quoted).keys() >= OURS.keys():
        yield from _or_well(_retention(admin), "retention", "answers are kept for 24 h at least, and purged")


def _or_well(found: Iterator[Finding], about: str, well: str) -> Iterator[Finding]:
    wrong = list(found)
    yield from wrong or [Finding(about, well)]


def _server(server: dict[str, Any]) -> Iterator[Finding]:
    if server["replica"]:
        yield Finding(
            "server", "this server is a replica: it cannot be written", "point the DSN at the primary"
        )
    elif server["read_only"]:
        yield Finding(
            "server",
            "transactions are read only here",
            "set default_transaction_read_only = off for this role and database",
        )
    if server["version"] < OLDEST_SERVER:
        yield Finding("server", f"this is Postgres {server['named']}", "use Postgres 14 or later")


def _durability(server: dict[str, Any]) -> Iterator[Finding]:
    if server["synchronous_commit"] == "off":
        yield Finding(
            "durability",
            "synchronous_commit is off: a crash can forget a transfer that was answered",
            "set synchronous_commit = on for this role",
        )


def _clock(apart: float) -> Iterator[Finding]:
    if abs(apart) > CLOCKS_APART:
        yield Finding(
            "clock",
            f"this machine's clock is {abs(apart):.0f} s off the database's",
            "set the clock; the runtime uses the database's only, but logs will not agree",
        )


def _pooler(admin: Admin) -> Iterator[Finding]:
    if not admin.whole_transactions():
        yield Finding(
            "pooler",
            "a pooler in statement mode stands between: it refuses transactions, so nothing can be protected",
            "set pool_mode = transaction (or session) in the pooler",
        )


def _connection(admin: Admin) -> str:
    return "a transaction pooler, which is fine" if pooled(admin) else "none seen; a connection of its own"


def pooled(admin: Admin, looks: int = 5) -> bool:
    """Whether a transaction pooler was seen: one connection, several backends. A quiet one is not always seen."""
    return len({(admin.row("backend") or {})["backend"] for _ in range(looks)}) > 1


def _missing(admin: Admin, server: dict[str, Any]) -> Iterator[Finding]:
    table = admin.table
    if not server["schema_there"]:
        yield Finding("table", f"there is no schema {table.namespace} here", "run idem-runtime migrate")
    elif not server["usable"]:
        yield Finding(
            "permissions",
            f"USAGE on schema {table.namespace} is missing",
            f"GRANT USAGE ON SCHEMA {table.namespace} TO {admin.role}",
        )
    elif not columns(admin, table.quoted):
        yield Finding(
            "table",
            f"{table.quoted} does not exist in database {server['database']}",
            "run idem-runtime migrate; if it was, say where with --schema and --table",
        )


def _table(admin: Admin) -> Iterator[Finding]:
    table = admin.table
    found = columns(admin, table.quoted)
    if missing := sorted(OURS.keys() - found.keys()):
        remedy = taken(table, frozenset(found))
        yield Finding("table", f"{table.quoted} has no column {', '.join(missing)}", remedy)
        return
    shape = _shape(admin, table.quoted, RECORDS)
    if not shape["is_table"]:
        yield Finding("table", f"{table.quoted} is not a table", "name the table with --schema and --table")
        return
    yield from _wrong_types(table.quoted, found, OURS)
    yield from _wrong_nulls(table.quoted, found)
    yield from _wrong_shape(table.quoted, shape)
    yield from _decisions(admin)


def _decisions(admin: Admin) -> Iterator[Finding]:
    table = admin.table
    found = columns(admin, table.audit)
    if not found:
        what = f"{table.audit}, the operators' decisions, does not exist"
        yield Finding("table", what, "run idem-runtime migrate")
    elif missing := sorted(AUDIT.keys() - found.keys()):
        what = f"{table.audit}, the operators' decisions, has no column {', '.join(missing)}"
        yield Finding("table", what, "rename it, then run idem-runtime migrate")
    else:
        yield from _wrong_types(table.audit, found, AUDIT)


def _shape(admin: Admin, table: str, needed: tuple[str, ...]) -> dict[str, Any]:
    return admin.row("shape", table=table, needed=list(needed)) or {}


def _wrong_types(table: str, found: dict[str, Any], wanted: dict[str, str]) -> Iterator[Finding]:
    for name, type_ in wanted.items():
        if (is_now := found[name]["type"]) != type_:
            yield Finding(
                "table",
                f"column {name} of {table} is {is_now}, and has to be {type_}",
                f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {type_} USING {name}::{type_}",
            )


def _wrong_nulls(table: str, found: dict[str, Any]) -> Iterator[Finding]:
    if not found["created_at"]["required"]:
        yield Finding(
            "table",
            f"column created_at of {table} may be null: a handler that ended its transaction would be recorded",
            f"ALTER TABLE {table} ALTER COLUMN created_at SET NOT NULL",
        )
    for name, column in found.items():
        if name not in OURS and column["required"] and not column["given"]:
            yield Finding(
                "table",
                f"column {name} of {table} is not ours, and NOT NULL without a default: no record can be written",
                f'ALTER TABLE {table} ALTER COLUMN "{name}" DROP NOT NULL',
            )


def _wrong_shape(table: str, shape: dict[str, Any]) -> Iterator[Finding]:
    if not shape["crash_safe"]:
        yield Finding(
            "table",
            f"{table} is unlogged or temporary: a crash empties it, and retries execute again",
            f"ALTER TABLE {table} SET LOGGED",
        )
    if shape["hides_rows"]:
        yield Finding(
            "table",
            f"row level security hides rows of {table} from this role",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, or give the role BYPASSRLS",
        )
    if not shape["keyed"]:
        yield Finding(
            "table",
            f"the primary key of {table} is missing: nothing keeps two executions of one key apart",
            f"ALTER TABLE {table} ADD PRIMARY KEY (scope, idempotency_key)",
        )
    if not shape["indexed"]:
        yield Finding(
            "index",
            "the index on expiry_time is missing: purge reads the whole table",
            f"CREATE INDEX CONCURRENTLY ON {table} (expiry_time)",
        )


def _permissions(admin: Admin) -> Iterator[Finding]:
    for table, needed, what_for in (
        (admin.table.quoted, RECORDS, ""),
        (admin.table.audit, DECISIONS, ", which idem-runtime show and resolve need"),
    ):
        allowed = _shape(admin, table, needed).get("allowed", needed)
        if missing := ", ".join(each for each in needed if each not in allowed):
            remedy = f"GRANT {missing} ON {table} TO {admin.role}"
            yield Finding("permissions", f"{missing} on {table} is missing{what_for}", remedy)


def _retention(admin: Admin) -> Iterator[Finding]:
    kept = admin.row("kept") or {}
    if kept["records"]:
        yield Finding(
            "retention",
            f"{kept['records']:,} answers are kept for less than 24 h, one for {kept['shortest'] / 3600:.1f} h only",
            "find the program that writes them; this package refuses a retention below 24 h (ADR-007)",
        )
    if (expired := (admin.row("purgeable") or {})["records"]) > MANY_EXPIRED:
        yield Finding(
            "retention", f"{expired:,} expired records are kept", "schedule idem-runtime purge, hourly"
        )
