"""The order of ``doctor``'s checks, and which of them need the ones before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idem_runtime.drivers.columns import RECORD_COLUMNS
from idem_runtime.operate import access_obstacles, table_access
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks import (
    durability,
    permissions,
    pooler,
    retention,
    server,
    standbys,
    table,
)
from idem_runtime.operate.doctor_checks.findings import Finding, or_ok, problem
from idem_runtime.operate.migration import columns_of


def examine(admin: Admin, *, local_clock: float) -> Iterator[Finding]:
    """Everything that is looked at. ``local_clock``: this machine's, in seconds since 1970."""
    access = table_access.of_row(
        admin.table, admin.row("access", **table_access.parameters(admin.table)) or {}
    )
    yield from _server_findings(admin, access, local_clock)
    yield from or_ok(pooler.check(admin), "pooler", pooler.description(admin))
    yield from _table_findings(admin, access)


def _server_findings(admin: Admin, access: table_access.Access, local_clock: float) -> Iterator[Finding]:
    row = admin.row("server") or {}
    yield from or_ok(server.check(row), "server", f"Postgres {row['named']}, primary")
    if not row["replica"]:
        yield from or_ok(durability.check(row), "durability", durability.description(row))
        yield from _standby_findings(admin, row, access.quoted_role)
    yield from or_ok(
        server.check_clock(row["clock"] - local_clock), "clock", "agrees with this machine's within 5 s"
    )
    yield from or_ok(
        server.check_time_limits(admin.rows("time_limits")),
        "limits",
        "the server ends no statement or transaction of this role within 60 s",
    )


def _standby_findings(admin: Admin, row: dict[str, Any], role: str) -> Iterator[Finding]:
    if row["storage"] is None:  # else the server replicates below Postgres
        visible = (admin.row("sees_standbys") or {})["allowed"]
        yield standbys.check(row, admin.rows("standbys"), visible=visible, role=role)


def _table_findings(admin: Admin, access: table_access.Access) -> Iterator[Finding]:
    obstacles = [
        problem(obstacle.about, obstacle.what, obstacle.remedy)
        for obstacle in (*access_obstacles.refusals(access), *access_obstacles.shadows(access))
    ]
    if access.oid is None or not access.usable:
        yield from obstacles
        return
    table_problems = [finding for finding in obstacles if finding.about == "table"]
    well = f"{admin.table.quoted} in schema {access.schema}, {len(RECORD_COLUMNS)} columns, primary key"
    table_problems += table.check(admin)
    yield from or_ok(table_problems, "table", well)
    if not table_problems:
        yield table.schema(admin)
    denied = [finding for finding in obstacles if finding.about == "permissions"]
    yield from permissions.check(admin, access, denied)
    readable = "SELECT" not in access.lacks
    if readable and columns_of(admin, admin.table.quoted).keys() >= RECORD_COLUMNS.keys():
        yield from retention.check(admin)
