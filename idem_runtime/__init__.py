"""One execution per (scope, key), decided in Postgres (ADR-007, ADR-066).

Importing this package imports no framework and no driver.
"""

from __future__ import annotations

from idem_runtime.errors import (
    ConfigurationError,
    ExecutedResponseLost,
    IdempotencyError,
    InProgress,
    KeyInvalid,
    KeyMissing,
    KeyReused,
    LedgerWriteOutside,
    NotExecuted,
    NotInstalled,
    OutcomeUnknown,
    PrincipalMissing,
    ResponseUnstorable,
    RetriesExhausted,
    StoreUnavailable,
    TransactionBroken,
)
from idem_runtime.marks import ledger_write, money_moving, not_money_moving

__all__ = [
    "ConfigurationError",
    "ExecutedResponseLost",
    "IdempotencyError",
    "InProgress",
    "KeyInvalid",
    "KeyMissing",
    "KeyReused",
    "LedgerWriteOutside",
    "NotExecuted",
    "NotInstalled",
    "OutcomeUnknown",
    "PrincipalMissing",
    "ResponseUnstorable",
    "RetriesExhausted",
    "StoreUnavailable",
    "TransactionBroken",
    "ledger_write",
    "money_moving",
    "not_money_moving",
]
