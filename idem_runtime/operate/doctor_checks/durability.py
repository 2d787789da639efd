"""What an answered commit survives on the server itself; ``standbys.py`` is about its loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from idem_runtime.operate.doctor_checks.findings import Finding, note, problem


def check(row: Mapping[str, Any]) -> Iterator[Finding]:
    """Settings with which a crash loses commits or damages the table. ``row``: of the query ``server``."""
    if row["synchronous_commit"] == "off":
        yield problem(
            "durability",
            "synchronous_commit is off: a crash can forget a transfer that was answered",
            "set synchronous_commit = on for this role",
        )
    if row["storage"] is not None:
        yield note(
            "durability",
            f"{row['storage']} keeps commits in storage of its own, which cannot be seen from here",
        )
        return
    if row["fsync"] == "off":
        yield problem(
            "durability",
            "fsync is off: if the machine fails, what was answered is lost, or the table is damaged",
            "set fsync = on in postgresql.conf and reload",
        )
    if row["full_page_writes"] == "off":
        yield note(
            "durability",
            "full_page_writes is off: if the machine fails while it writes, the table is damaged, unless the file system "
            "writes pages whole (as ZFS does), which cannot be seen from here",
            "set full_page_writes = on in postgresql.conf and reload, if the file system is another",
        )


def description(row: Mapping[str, Any]) -> str:
    """What was seen, where nothing is wrong."""
    return f"synchronous_commit = {row['synchronous_commit']}: what is answered is on this server's disk"
