"""Records and counts as a program reads them: values for ``--format json``, whose keys ``--help`` documents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from idem_runtime.operate.maintenance import Named, parts_of
from idem_runtime.operate.server_checks import Finding
from idem_runtime.operate.terminal_output import MEANINGS, state_of

Document = dict[str, Any]


def moment(seconds: float | None) -> str | None:
    """Seconds since 1970 as RFC 3339 in UTC; ``None`` where there is none, or none that a calendar has."""
    if seconds is None or not math.isfinite(seconds):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def name(record: Named) -> Document:
    """Who, what and which key; principal and operation are null where the scope is not one of ours."""
    principal, operation = parts_of(record.scope) or (None, None)
    return {
        "principal": principal,
        "operation": operation,
        "scope": record.scope,
        "key": record.key,
        "digest": record.digest,
    }


def listed(rows: Sequence[Mapping[str, Any]], limit: int) -> Document:
    """The records without an answer; ``rows``: one more than ``limit`` where there are more."""
    records = [
        {"age_seconds": row["age"], "state": row["state"], **name(Named(row["scope"], row["key"]))}
        for row in rows[:limit]
    ]
    return {"records": records, "more": len(rows) > limit}


def shown(
    named: Named,
    record: Mapping[str, Any] | None,
    decisions: Iterable[Mapping[str, Any]],
    *,
    now: float,
    elsewhere: Iterable[Named] = (),
) -> Document:
    """One record: its state, its times, who decided about it. ``now``: seconds since 1970."""
    state, row = state_of(record), record or {}
    lease = row.get("lease") if state in ("INPROGRESS", "UNKNOWN") else None
    return {
        **name(named),
        "state": state,
        "meaning": MEANINGS.get(state),
        "fingerprint": row.get("payload_hash"),
        "attempt": row.get("attempt"),
        "answer": None if row.get("response_status") is None else _answer(row),
        "created_at": moment(row.get("created")),
        "completed_at": moment(row.get("completed")),
        "expires_at": moment(row.get("expires")) if state in ("COMPLETED", "EXPIRED", "LOST") else None,
        "lease_ends_at": moment(lease or None),
        "given_up": lease == 0,
        "now": moment(now),
        "decisions": [_decision(row) for row in decisions],
        "elsewhere": [other.scope for other in elsewhere],
    }


def _answer(row: Mapping[str, Any]) -> Document:
    status = row["response_status"]
    return {
        "status": int(status) if status.isdecimal() else None,
        "body_bytes": row["body_bytes"],
        "body_sha256": row["body_digest"],
    }


def _decision(row: Mapping[str, Any]) -> Document:
    return {
        "verdict": row["verdict"],
        "decided_by": row["decided_by"],
        "reason": row["reason"],
        "decided_at": moment(row["decided"]),
    }


def counted(table: str, row: Mapping[str, Any]) -> Document:
    """The row of ``stats``. ``table``: SQL text."""
    return {
        "table": table,
        **{state: row[state] for state in ("completed", "expired", "in_progress", "unknown")},
        "oldest_unknown_seconds": row["oldest"],
        "bytes": row["bytes"],
    }


def examined(table: str, findings: Iterable[Finding]) -> Document:
    """What ``doctor`` found. ``table``: SQL text."""
    rows = [
        {"about": finding.about, "what": finding.what, "level": finding.level, "remedy": finding.remedy}
        for finding in findings
    ]
    return {"table": table, "problems": sum(row["level"] == "problem" for row in rows), "findings": rows}
