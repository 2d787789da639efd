"""How long answers are kept, and whether expired records are purged (docs/decisions.md#retention)."""

from __future__ import annotations

from collections.abc import Iterator

from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks.findings import Finding, note, problem

MANY_EXPIRED = 10_000
SAMPLE = 100_000
"""How many answers are looked at: those that expire first."""


def check(admin: Admin) -> Iterator[Finding]:
    """Answers that are kept for less than a day, and expired records that nobody removes."""
    kept = admin.row("kept", limit=SAMPLE) or {}
    expired = (admin.row("by_index+purgeable") or {})["records"]
    if kept["records"]:
        yield problem(
            "retention",
            f"{kept['records']:,} answers are kept for less than 24 h, one for {kept['shortest'] / 3600:.1f} h only",
            "find the program that writes them; this package refuses a retention below 24 h",
        )
    if expired > MANY_EXPIRED:
        yield problem(
            "retention", f"{expired:,} expired records are kept", "schedule idem-runtime purge, hourly"
        )
    if not kept["looked_at"]:
        yield note("retention", "no answer is stored yet: how long answers are kept cannot be seen")
    elif not kept["records"] and expired <= MANY_EXPIRED:
        yield Finding("retention", _description(kept["looked_at"], expired))


def _description(sample: int, expired: int) -> str:
    answers = "the answer is" if sample == 1 else f"all {sample:,} answers are"
    if sample == SAMPLE:
        answers = f"the {sample:,} answers that expire first are"
    return f"{answers} kept for 24 h at least; {expired:,} past that, for the next idem-runtime purge"
