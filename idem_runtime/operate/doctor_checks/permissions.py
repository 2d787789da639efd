"""The permissions of the role that is connected, on both tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks.findings import Finding, note, problem
from idem_runtime.operate.table_access import Access

ON_DECISIONS = ("SELECT", "INSERT")
"""What ``show`` and ``resolve`` need on the table of decisions."""


def check(admin: Admin, access: Access, denied: Sequence[Finding]) -> Iterator[Finding]:
    """``denied``: what is missing for the statements of the runtime."""
    yield from denied
    table, role = admin.table.audit, access.quoted_role
    shape = admin.row("shape", table=table, needed=list(ON_DECISIONS)) or {}
    allowed = shape.get("allowed", ON_DECISIONS)
    missing = ", ".join(privilege for privilege in ON_DECISIONS if privilege not in allowed)
    if missing:
        yield problem(
            "permissions",
            f"{missing} on {table} is missing, which idem-runtime show and resolve need",
            f"GRANT {missing} ON {table} TO {role}",
        )
    if access.superuser:
        what = f"{role} is a superuser; what the application's role may do is seen with the application's DSN"
        yield note("permissions", what)
    elif not denied and not missing:
        yield Finding("permissions", f"{role} may do everything that is needed")
