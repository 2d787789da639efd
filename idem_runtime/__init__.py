"""One execution per (scope, key), decided in Postgres (docs/decisions.md#one-transaction).

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
from idem_runtime.key import from_header, from_payload, standard_webhook, webhook_event
from idem_runtime.marks import ledger_write, money_moving, not_money_moving
from idem_runtime.model import Response

if TYPE_CHECKING:
    __version__: str
    from idem_runtime.execution.attempt import Attempt
    from idem_runtime.execution.current import current_attempt
    from idem_runtime.idempotency import Idempotency
    from idem_runtime.operate.sqlalchemy_metadata import sqlalchemy_metadata

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
    "webhook_event",
]

_LATER = {
    "Attempt": "idem_runtime.execution.attempt",
    "Idempotency": "idem_runtime.idempotency",
    "current_attempt": "idem_runtime.execution.current",
    "sqlalchemy_metadata": "idem_runtime.operate.sqlalchemy_metadata",
}


def __getattr__(name: str) -> Any:
    """What needs a driver is imported when it is asked for; the version is read when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("idem-guard")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
