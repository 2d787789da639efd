"""What the JSON of several commands has in common; the keys of a command's document stand with the command."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from idem_runtime.operate.record_names import RecordName, parts_of_scope

Document = dict[str, Any]


def moment(seconds: float | None) -> str | None:
    """Seconds since 1970 as RFC 3339 in UTC; ``None`` where there is none, or none that a calendar has."""
    if seconds is None or not math.isfinite(seconds):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def name_document(record: RecordName) -> Document:
    """Who, what and which key; principal and operation are null where the scope is not one of ours."""
    principal, operation = parts_of_scope(record.scope) or (None, None)
    return {
        "principal": principal,
        "operation": operation,
        "scope": record.scope,
        "key": record.key,
        "digest": record.digest,
    }
