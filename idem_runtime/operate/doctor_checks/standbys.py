"""The standbys: what an answered commit survives if this server is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from idem_runtime.operate.doctor_checks.findings import Finding, note, problem

WAITS_FOR = {
    "remote_write": "has been received by {standby}, which may not have it on disk yet",
    "on": "is on the disk of {standby}, too",
    "remote_apply": "is on the disk of {standby} and can be read there, too",
}
"""What ``synchronous_commit`` makes a commit wait for, where standbys are synchronous."""
NOT_STANDBYS = ("backup",)
"""States of connections that copy the server once."""
CONFIRMING = ("sync", "quorum")

Standby = Mapping[str, Any]
"""A row of ``pg_stat_replication``."""


def check(row: Mapping[str, Any], replication: Iterable[Standby], *, visible: bool, role: str) -> Finding:
    """``row``: of the query ``server``; ``visible``: whether ``role`` (SQL text) may see names and states of standbys."""
    connected = [standby for standby in replication if standby["state"] not in NOT_STANDBYS]
    names, level = row["synchronous_standby_names"].strip(), row["synchronous_commit"]
    if names and level in WAITS_FOR:
        return _synchronous(names, level, connected, visible=visible, role=role)
    unused = (
        f" (synchronous_commit = {level} does not wait for synchronous_standby_names = {names})"
        if names
        else ""
    )
    if not connected:
        return note(
            "standbys",
            f"none is connected{unused}: if this server's disk is lost, so is what it answered last",
        )
    return note(
        "standbys",
        f"{_described(connected, visible=visible, role=role)}; none is waited for{unused}: a failover can lose what was "
        "answered last, effect and record together",
        None if visible else _grant(role),
    )


def _synchronous(
    names: str, level: str, connected: Sequence[Standby], *, visible: bool, role: str
) -> Finding:
    """Commits wait for standbys: whether those are there, and what they have confirmed."""
    described = _described(connected, visible=visible, role=role)
    needed = _needed(names)
    confirming = sum(standby["sync_state"] in CONFIRMING for standby in connected)
    if not connected or (visible and confirming < needed):
        return problem(
            "standbys",
            f"synchronous_standby_names = {names}: {needed} needed, {confirming} connected ({described}). Every commit "
            "waits, and no request is answered",
            "start the standby under the name that is listed, or take it off synchronous_standby_names and reload",
        )
    if not visible:
        return note(
            "standbys",
            f"{described}; synchronous_standby_names = {names}: whether they are among these cannot be seen",
            _grant(role),
        )
    standby = "a synchronous standby" if needed == 1 else f"{needed} synchronous standbys"
    what = f"{described}; synchronous_commit = {level}: what is answered {WAITS_FOR[level].format(standby=standby)}"
    if level == "remote_write":
        return note("standbys", f"{what}: lost if both machines fail at once")
    return Finding("standbys", what)


def _needed(names: str) -> int:
    """How many standbys a commit waits for: ``FIRST 2 (a, b)``, ``ANY 1 (a, b)``, ``2 (a, b)``, or a list."""
    count = re.match(r"(?:(?:FIRST|ANY)\s+)?(\d+)\s*\(", names, re.IGNORECASE)
    return int(count[1]) if count else 1


def _described(connected: Sequence[Standby], *, visible: bool, role: str) -> str:
    if not connected:
        return "none"
    if not visible:
        return f"{len(connected)} connected, of which {role} may not see names and states"
    return ", ".join(
        f"{standby['name']} ({standby['sync_state']}, {standby['state']})" for standby in connected
    )


def _grant(role: str) -> str:
    return f"GRANT pg_read_all_stats TO {role}"
