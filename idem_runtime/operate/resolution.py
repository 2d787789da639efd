"""What a person says became of an UNKNOWN record, checked and recorded: for the command line and the console."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from idem_runtime.errors import ConfigurationError

if TYPE_CHECKING:
    from idem_runtime.operate.admin_connection import Admin
    from idem_runtime.operate.record_names import RecordName

DEFAULT_STATUS = 200
EXECUTED_STATUSES = range(200, 500)
WITHOUT_BODY = (204, 205, 304)
"""Statuses of answers that have no body."""


@dataclass(frozen=True, slots=True)
class Executed:
    """It happened: retries get this status and body from now on."""

    status: int
    body: bytes

    @property
    def digest(self) -> str:
        """Of the answer: the same for two persons who mean the same, however they wrote the JSON."""
        meant = json.dumps(json.loads(self.body), sort_keys=True).encode() if self.body else b""
        return hashlib.sha256(b"%d " % self.status + meant).hexdigest()


@dataclass(frozen=True, slots=True)
class Decision:
    """``executed``: the answer that retries get; ``None``: nothing happened. ``why``: how it is known."""

    executed: Executed | None
    who: str
    why: str


def executed(status: int, body: str) -> Executed:
    """The answer that an operator gives for an executed operation.

    :raises ConfigurationError: not a status of an executed answer, or a body that is no JSON or does not belong there; the
        message begins with ``status`` or ``body``.
    """
    if status not in EXECUTED_STATUSES:
        raise ConfigurationError(f"status {status}: an executed operation was answered with 200 to 499")
    if status in WITHOUT_BODY:
        if body:
            raise ConfigurationError(f"body: an answer with status {status} has none")
        return Executed(status, b"")
    try:
        json.loads(body, parse_constant=_refuse_constant)
        return Executed(status, body.encode())
    except (ValueError, RecursionError):
        raise ConfigurationError('body is not JSON, such as {"id": 7}') from None


def record(
    admin: Admin, name: RecordName, decision: Decision, *, retention: float, seen: str | None = None
) -> bool:
    """Record ``decision``, and who has made it; ``False``: the record is not UNKNOWN, or not the attempt ``seen``.

    ``retention``: seconds that the answer is kept.
    """
    names = {"scope": name.scope, "key": name.key, "who": decision.who, "why": decision.why, "seen": seen}
    if decision.executed is None:
        return admin.row("resolve_not_executed", **names) is not None
    status = decision.executed.status
    headers = [] if status in WITHOUT_BODY else [["content-type", "application/json"]]
    completed = admin.row(
        "resolve_executed",
        **names,
        response_data=json.dumps({"status": status, "headers": headers}),
        response_body=decision.executed.body,
        attempt=str(uuid4()),
        retention=retention,
    )
    return completed is not None


def _refuse_constant(name: str) -> None:
    """``NaN`` and ``Infinity``, which Python reads and JSON does not have."""
    raise ValueError(name)
