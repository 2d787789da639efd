"""The server, whatever the table: its version, whether it can be written, its clock, its time limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idem_runtime.operate.doctor_checks.findings import Finding, note, problem

OLDEST_SERVER = 140_000
LARGEST_CLOCK_DIFFERENCE = 5.0
"""Seconds."""
HANDLER_SECONDS = 60.0
"""What a handler may well need, where it calls others: a lower limit of the server is reported."""


def check(row: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether it is one that can be written, and new enough. ``row``: of the query ``server``."""
    if row["replica"]:
        yield problem(
            "server", "this server is a replica: it cannot be written", "point the DSN at the primary"
        )
    elif row["read_only"]:
        yield problem(
            "server",
            "transactions are read only here",
            "set default_transaction_read_only = off for this role and database",
        )
    if row["version"] < OLDEST_SERVER:
        yield problem("server", f"this is Postgres {row['named']}", "use Postgres 14 or later")


def check_clock(difference: float) -> Iterator[Finding]:
    """``difference``: seconds that the server is ahead of this machine."""
    if abs(difference) > LARGEST_CLOCK_DIFFERENCE:
        yield problem(
            "clock",
            f"this machine's clock is {abs(difference):.0f} s off the database's",
            "set the clock; the runtime uses the database's only, but logs will not agree",
        )


def check_time_limits(rows: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """The server's time limits for this role and database that a handler may reach."""
    low = [
        f"{row['name']} = {row['milliseconds'] / 1000:g} s"
        for row in rows
        if 0 < row["milliseconds"] < HANDLER_SECONDS * 1000
    ]
    if low:
        yield note(
            "limits",
            f"{', '.join(low)}: the server ends what takes longer, and the handler is undone",
        )
