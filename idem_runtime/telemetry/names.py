"""The names of what is measured: those of the dashboard and the alert rules beside this file, which a test holds to them."""

from __future__ import annotations

SCOPE = "idem_runtime"
"""The instrumentation scope."""

REQUESTS = "idem.requests"
"""Counter of requests and calls by ``idem.outcome``: every one that a mark was asked about, once."""
DUPLICATES_BLOCKED = "idem.duplicates.blocked"
"""Counter of those that would have been executed a second time."""
WAIT = "idem.wait.duration"
"""Histogram, in seconds: from the arrival at the mark until it is decided whether the handler runs."""
RECORD = "idem.record.duration"
"""Histogram, in seconds: from the handler's end until effect, key and answer are recorded, or taken back."""
UNKNOWN = "idem.unknown.records"
"""Gauge: records whose outcome nobody knows."""
OLDEST_UNKNOWN = "idem.unknown.oldest.age"
"""Gauge, in seconds: the age of the oldest of them; 0 where there is none."""

ADMIT_SPAN = "idem.admit"
RECORD_SPAN = "idem.record"

OUTCOME = "idem.outcome"
OPERATION = "idem.operation"
EFFECT = "idem.effect"
CODE = "idem.code"
DIGEST = "idem.record"
HANDLER = "code.function.name"
TABLE = "idem.table"
SHARD = "idem.shard"
