"""What ``doctor`` looks at: the server, what stands before it, the table, its keeping, the permissions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idem_runtime.operate import server_checks, table_access
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.maintenance import AUDIT, OURS, columns, taken
from idem_runtime.operate.server_checks import Finding, note, or_well, problem

MANY_EXPIRED = 10_000
LOOKED_AT = 100_000
"""How many answers are looked at for how long they are kept."""
DECISIONS = ("SELECT", "INSERT")


def examine(admin: Admin, *, local_clock: float) -> Iterator[Finding]:
    """Everything that is looked at. ``local_clock``: this machine's, in seconds since 1970."""
    allowed = table_access.of_row(
        admin.table, admin.row("access", **table_access.parameters(admin.table)) or {}
    )
    yield from _of_server(admin, allowed, local_clock)
    yield from or_well(_pooler(admin), "pooler", _connection(admin))
    met = [*table_access.refusals(allowed), *table_access.shadows(allowed)]
    obstacles = [problem(obstacle.about, obstacle.what, obstacle.remedy) for obstacle in met]
    if allowed.oid is None or not allowed.usable:
        yield from obstacles
        return
    about_table = [finding for finding in obstacles if finding.about == "table"]
    well = f"{admin.table.quoted} in schema {allowed.schema}, {len(OURS)} columns, primary key"
    yield from or_well(iter([*about_table, *_table(admin)]), "table", well)
    denied = [finding for finding in obstacles if finding.about == "permissions"]
    yield from _permissions(admin, allowed, denied)
    if "SELECT" not in allowed.lacks and columns(admin, admin.table.quoted).keys() >= OURS.keys():
        yield from _retention(admin)


def _of_server(admin: Admin, allowed: table_access.Access, local_clock: float) -> Iterator[Finding]:
    row = admin.row("server") or {}
    yield from or_well(server_checks.server(row), "server", f"Postgres {row['named']}, primary")
    if not row["replica"]:
        yield from or_well(server_checks.durability(row), "durability", server_checks.survives(row))
        yield from _standbys(admin, row, allowed.quoted_role)
    yield from or_well(
        server_checks.clock(row["clock"] - local_clock), "clock", "agrees with this machine's within 5 s"
    )
    limits = server_checks.time_limits(admin.rows("time_limits"))
    yield from or_well(
        limits, "limits", "the server ends no statement or transaction of this role within 60 s"
    )


def _standbys(admin: Admin, row: dict[str, Any], role: str) -> Iterator[Finding]:
    if row["storage"] is None:  # such a server replicates below Postgres
        seen = (admin.row("sees_standbys") or {})["allowed"]
        yield server_checks.standbys(row, admin.rows("standbys"), seen=seen, role=role)


def _pooler(admin: Admin) -> Iterator[Finding]:
    if not admin.whole_transactions():
        yield problem(
            "pooler",
            "a pooler in statement mode stands between: it refuses transactions, so nothing can be protected",
            "set pool_mode = transaction (or session) in the pooler",
        )


def _connection(admin: Admin) -> str:
    return (
        "a transaction pooler, which is fine"
        if pooled(admin)
        else "none seen; a pooler that is not busy looks the same"
    )


def pooled(admin: Admin, looks: int = 5) -> bool:
    """Whether a transaction pooler was seen: one connection, several backends. A quiet one is not always seen."""
    return len({(admin.row("backend") or {})["backend"] for _ in range(looks)}) > 1


def _table(admin: Admin) -> Iterator[Finding]:
    table = admin.table
    found = columns(admin, table.quoted)
    if missing := sorted(OURS.keys() - found.keys()):
        remedy = taken(table, frozenset(found))
        yield problem("table", f"{table.quoted} has no column {', '.join(missing)}", remedy)
        return
    shape = _shape(admin, table.quoted)
    if not shape["is_table"]:
        yield problem("table", f"{table.quoted} is not a table", "name the table with --schema and --table")
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
        yield problem("table", what, "run idem-runtime migrate")
    elif missing := sorted(AUDIT.keys() - found.keys()):
        what = f"{table.audit}, the operators' decisions, has no column {', '.join(missing)}"
        yield problem("table", what, "rename it, then run idem-runtime migrate")
    else:
        yield from _wrong_types(table.audit, found, AUDIT)


def _shape(admin: Admin, table: str, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    return admin.row("shape", table=table, needed=list(needed)) or {}


def _wrong_types(table: str, found: dict[str, Any], wanted: dict[str, str]) -> Iterator[Finding]:
    for name, type_ in wanted.items():
        if (is_now := found[name]["type"]) != type_:
            yield problem(
                "table",
                f"column {name} of {table} is {is_now}, and has to be {type_}",
                f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {type_} USING {name}::{type_}",
            )


def _wrong_nulls(table: str, found: dict[str, Any]) -> Iterator[Finding]:
    if not found["created_at"]["required"]:
        yield problem(
            "table",
            f"column created_at of {table} may be null: a handler that ended its transaction would be recorded",
            f"ALTER TABLE {table} ALTER COLUMN created_at SET NOT NULL",
        )
    for name, column in found.items():
        if name not in OURS and column["required"] and not column["given"]:
            yield problem(
                "table",
                f"column {name} of {table} is not ours, and NOT NULL without a default: no record can be written",
                f'ALTER TABLE {table} ALTER COLUMN "{name}" DROP NOT NULL',
            )


def _wrong_shape(table: str, shape: dict[str, Any]) -> Iterator[Finding]:
    if not shape["crash_safe"]:
        yield problem(
            "table",
            f"{table} is unlogged or temporary: a crash empties it, and retries execute again",
            f"ALTER TABLE {table} SET LOGGED",
        )
    if shape["hides_rows"]:
        yield problem(
            "table",
            f"row level security applies to this role, and may hide rows of {table}: what is hidden is executed again",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, or give the role BYPASSRLS",
        )
    if not shape["keyed"]:
        yield problem(
            "table",
            f"the primary key of {table} is missing: nothing keeps two executions of one key apart",
            f"ALTER TABLE {table} ADD PRIMARY KEY (scope, idempotency_key)",
        )
    if not shape["indexed"]:
        yield problem(
            "index",
            "the index on expiry_time is missing: purge reads the whole table",
            f"CREATE INDEX CONCURRENTLY ON {table} (expiry_time)",
        )


def _permissions(admin: Admin, allowed: table_access.Access, denied: list[Finding]) -> Iterator[Finding]:
    yield from denied
    table, role = admin.table.audit, allowed.quoted_role
    shape = _shape(admin, table, DECISIONS)
    missing = ", ".join(needed for needed in DECISIONS if needed not in shape.get("allowed", DECISIONS))
    if missing:
        yield problem(
            "permissions",
            f"{missing} on {table} is missing, which idem-runtime show and resolve need",
            f"GRANT {missing} ON {table} TO {role}",
        )
    if allowed.superuser:
        what = f"{role} is a superuser; what the application's role may do is seen with the application's DSN"
        yield note("permissions", what)
    elif not denied and not missing:
        yield Finding("permissions", f"{role} may do everything that is needed")


def _retention(admin: Admin) -> Iterator[Finding]:
    kept = admin.row("kept", limit=LOOKED_AT) or {}
    expired = (admin.row("by_index+purgeable") or {})["records"]
    if kept["records"]:
        yield problem(
            "retention",
            f"{kept['records']:,} answers are kept for less than 24 h, one for {kept['shortest'] / 3600:.1f} h only",
            "find the program that writes them; this package refuses a retention below 24 h (ADR-007)",
        )
    if expired > MANY_EXPIRED:
        yield problem(
            "retention", f"{expired:,} expired records are kept", "schedule idem-runtime purge, hourly"
        )
    if not kept["looked_at"]:
        yield note("retention", "no answer is stored yet: how long answers are kept cannot be seen")
    elif not kept["records"] and expired <= MANY_EXPIRED:
        yield Finding("retention", _keeping(kept["looked_at"], expired))


def _keeping(looked_at: int, expired: int) -> str:
    which = "the answer is" if looked_at == 1 else f"all {looked_at:,} answers are"
    if looked_at == LOOKED_AT:
        which = f"the {looked_at:,} answers that expire first are"
    return f"{which} kept for 24 h at least; {expired:,} past that, for the next idem-runtime purge"
