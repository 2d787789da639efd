"""The states of a record as an operator sees them, and what a retry gets in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idem_runtime.protocol.local_effect import FORGOTTEN

MEANINGS = {
    "COMPLETED": "a retry gets the stored answer",
    "LOST": "executed, but its answer could not be stored: a retry gets executed_response_lost",
    "FORGOTTEN": "executed, and its answer was deleted (idem-runtime forget): a retry gets executed_response_lost",
    "EXPIRED": "answered, but past its retention: a retry executes again",
    "INPROGRESS": "it is running: a retry waits, then gets in_progress",
    "UNKNOWN": "nobody recorded whether it happened: no retry executes it, each gets outcome_unknown",
    "free": "there is no record (any longer): a retry executes",
}


def state_of(record: Mapping[str, Any] | None) -> str:
    """The state of a row of the query ``show``, as :data:`MEANINGS` has it; ``None``: there is no record."""
    if record is None:
        return "free"
    if record["state"] == "COMPLETED" and record["payload_hash"] == FORGOTTEN:
        return "FORGOTTEN"
    lost = record["state"] == "COMPLETED" and record["body_bytes"] is None
    return "LOST" if lost else str(record["state"])
