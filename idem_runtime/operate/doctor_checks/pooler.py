"""What stands between this machine and the server: no pooler, or one, and in which mode."""

from __future__ import annotations

from collections.abc import Iterator

from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks.findings import Finding, problem


def check(admin: Admin) -> Iterator[Finding]:
    """Whether transactions are possible at all."""
    if not admin.whole_transactions():
        yield problem(
            "pooler",
            "a pooler in statement mode stands between: it refuses transactions, so nothing can be protected",
            "set pool_mode = transaction (or session) in the pooler",
        )


def description(admin: Admin) -> str:
    """What was seen, where nothing is wrong."""
    return (
        "a transaction pooler, which is fine"
        if is_pooled(admin)
        else "none seen; a pooler that is not busy looks the same"
    )


def is_pooled(admin: Admin, samples: int = 5) -> bool:
    """Whether a transaction pooler was seen: one connection, several backends. A quiet one is not always seen."""
    return len({(admin.row("backend") or {})["backend"] for _ in range(samples)}) > 1
