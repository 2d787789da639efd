"""One execution per (scope, key), decided in Postgres (ADR-007, ADR-066).

Importing this package imports no framework and no driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from idem_runtime.errors import (
    BodyTooLarge,
    ConfigurationError,
    ExecutedResponseLost,
    HandlerTimeout,
    IdempotencyError,
    InProgress,
    KeyInvalid,
    KeyMissing,
    KeyReused,
    LeaseLost,
    LedgerWriteOutside,
    NotExecuted,
    NotInstalled,
    OutcomeUnknown,
    PrincipalMissing,
    RaisedSuccess,
    ResponseUnstorable,
    RetriesExhausted,
    StoreUnavailable,
    TransactionBroken,
)
from idem_runtime.key import from_header, from_payload, standard_webhook
from idem_runtime.marks import ledger_write, money_moving, not_money_moving
from idem_runtime.model import Response

if TYPE_CHECKING:
    from idem_runtime.attempt import Attempt
    from idem_runtime.context import current_attempt
    from idem_runtime.drivers.metadata import sqlalchemy_metadata
    from idem_runtime.install import Idempotency

__all__ = [
    "Attempt",
    "BodyTooLarge",
    "ConfigurationError",
    "ExecutedResponseLost",
    "HandlerTimeout",
    "Idempotency",
    "IdempotencyError",
    "InProgress",
    "KeyInvalid",
    "KeyMissing",
    "KeyReused",
    "LeaseLost",
    "LedgerWriteOutside",
    "NotExecuted",
    "NotInstalled",
    "OutcomeUnknown",
    "PrincipalMissing",
    "RaisedSuccess",
    "Response",
    "ResponseUnstorable",
    "RetriesExhausted",
    "StoreUnavailable",
    "TransactionBroken",
    "current_attempt",
    "from_header",
    "from_payload",
    "ledger_write",
    "money_moving",
    "not_money_moving",
    "sqlalchemy_metadata",
    "standard_webhook",
]

_LATER = {
    "Attempt": "idem_runtime.attempt",
    "Idempotency": "idem_runtime.install",
    "current_attempt": "idem_runtime.context",
    "sqlalchemy_metadata": "idem_runtime.drivers.metadata",
}


def __getattr__(name: str) -> Any:
    """What needs a driver is imported when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
