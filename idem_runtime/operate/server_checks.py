"""What ``doctor`` finds about the server, whatever the table: which it is, what outlives a crash, clock, time limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

OLDEST_SERVER = 140_000
CLOCKS_APART = 5.0
"""Seconds."""
HANDLER_SECONDS = 60.0
"""What a handler may well need, where it calls others; a lower limit of the server's is said."""
WAITS_FOR = {
    "remote_write": "has been received by {standby}, which may not have it on disk yet",
    "on": "is on the disk of {standby}, too",
    "remote_apply": "is on the disk of {standby} and can be read there, too",
}
"""What ``synchronous_commit`` makes a commit wait for, where standbys are synchronous."""
NOT_STANDBYS = ("backup",)
"""States of who copies the server once."""

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``note``: good to know, nothing to repair. ``remedy``: what to do about it."""

    about: str
    what: str
    level: Level = "ok"
    remedy: str | None = None


def problem(about: str, what: str, remedy: str) -> Finding:
    """Something that has to be repaired."""
    return Finding(about, what, "problem", remedy)


def note(about: str, what: str, remedy: str | None = None) -> Finding:
    """Something that is good to know."""
    return Finding(about, what, "note", remedy)


def or_well(findings: Iterator[Finding], about: str, well: str) -> Iterator[Finding]:
    """The findings; where there are none, that it is well."""
    wrong = list(findings)
    yield from wrong or [Finding(about, well)]


def server(row: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether it is one that can be written, and new enough."""
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


def clock(apart: float) -> Iterator[Finding]:
    """``apart``: seconds that the server is ahead of this machine."""
    if abs(apart) > CLOCKS_APART:
        yield problem(
            "clock",
            f"this machine's clock is {abs(apart):.0f} s off the database's",
            "set the clock; the runtime uses the database's only, but logs will not agree",
        )


def durability(row: Mapping[str, Any]) -> Iterator[Finding]:
    """What a commit that was answered outlives on this server itself; ``standbys`` tells the rest."""
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


def survives(row: Mapping[str, Any]) -> str:
    """What is said where ``durability`` finds nothing."""
    return f"synchronous_commit = {row['synchronous_commit']}: what is answered is on this server's disk"


def standbys(
    row: Mapping[str, Any], replication: Iterable[Mapping[str, Any]], *, seen: bool, role: str
) -> Finding:
    """What a commit that was answered outlives if this server is lost.

    ``replication``: rows of ``pg_stat_replication``; ``seen``: whether ``role`` (as SQL text) may see what is in them.
    """
    connected = [line for line in replication if line["state"] not in NOT_STANDBYS]
    names, level = row["synchronous_standby_names"].strip(), row["synchronous_commit"]
    who = _listed(connected) if seen else _counted(len(connected), role)
    if names and level in WAITS_FOR:
        return _synchronous(names, level, who, connected, seen=seen, role=role)
    idle = (
        f" (synchronous_commit = {level} does not wait for synchronous_standby_names = {names})"
        if names
        else ""
    )
    reveal = None if seen or not connected else _reveal(role)
    if not connected:
        return note(
            "standbys", f"none is connected{idle}: if this server's disk is lost, so is what it answered last"
        )
    return note(
        "standbys",
        f"{who}; none is waited for{idle}: a failover can lose what was answered last, effect and record together",
        reveal,
    )


def _synchronous(
    names: str, level: str, who: str, connected: Sequence[Mapping[str, Any]], *, seen: bool, role: str
) -> Finding:
    wanted = _wanted(names)
    confirming = sum(line["sync_state"] in ("sync", "quorum") for line in connected)
    if not connected or (seen and confirming < wanted):
        return problem(
            "standbys",
            f"synchronous_standby_names = {names}: {wanted} needed, {confirming} connected ({who}). Every commit waits, "
            "and no request is answered",
            "start the standby under the name that is listed, or take it off synchronous_standby_names and reload",
        )
    if not seen:
        return note(
            "standbys",
            f"{who}; synchronous_standby_names = {names}: whether they are among these cannot be seen",
            _reveal(role),
        )
    standby = "a synchronous standby" if wanted == 1 else f"{wanted} synchronous standbys"
    what = f"{who}; synchronous_commit = {level}: what is answered {WAITS_FOR[level].format(standby=standby)}"
    if level == "remote_write":
        return note("standbys", f"{what}: lost if both machines fail at once")
    return Finding("standbys", what)


def _wanted(names: str) -> int:
    """How many standbys a commit waits for: ``FIRST 2 (a, b)``, ``ANY 1 (a, b)``, ``2 (a, b)``, or a list."""
    counted = re.match(r"(?:(?:FIRST|ANY)\s+)?(\d+)\s*\(", names, re.IGNORECASE)
    return int(counted[1]) if counted else 1


def _listed(connected: Sequence[Mapping[str, Any]]) -> str:
    states = (f"{line['name']} ({line['sync_state']}, {line['state']})" for line in connected)
    return ", ".join(states) or "none"


def _counted(count: int, role: str) -> str:
    return f"{count} connected, of which {role} may not see names and states" if count else "none"


def _reveal(role: str) -> str:
    return f"GRANT pg_read_all_stats TO {role}"


def time_limits(rows: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Limits of the server's, of this role and database, that a handler may reach."""
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
