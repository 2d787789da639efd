"""One execution per (scope, key), decided in Postgres (docs/decisions.md#one-transaction).

Importing this package imports no framework and no driver, and no module of its own before one of its names is asked for:
so a pytest run that has the plugin (``idem_runtime.testing``) and does not use it pays nothing for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
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
        ResponseForgotten,
        ResponseUnstorable,
        RetriesExhausted,
        StoreUnavailable,
        TransactionBroken,
    )
    from idem_runtime.execution.attempt import Attempt
    from idem_runtime.execution.current import current_attempt
    from idem_runtime.idempotency import Idempotency
    from idem_runtime.key import from_header, from_payload, standard_webhook, webhook_event
    from idem_runtime.marks import ledger_write, money_moving, not_money_moving
    from idem_runtime.model import Response
    from idem_runtime.operate.forgetting import forget_principal
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
    "ResponseForgotten",
    "ResponseUnstorable",
    "RetriesExhausted",
    "StoreUnavailable",
    "TransactionBroken",
    "current_attempt",
    "forget_principal",
    "from_header",
    "from_payload",
    "ledger_write",
    "money_moving",
    "not_money_moving",
    "sqlalchemy_metadata",
    "standard_webhook",
    "webhook_event",
]

_MODULES: dict[str, tuple[str, ...]] = {
    "idem_runtime.errors": (
        "BodyTooLarge",
        "ConfigurationError",
        "ExecutedResponseLost",
        "HandlerTimeout",
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
        "ResponseForgotten",
        "ResponseUnstorable",
        "RetriesExhausted",
        "StoreUnavailable",
        "TransactionBroken",
    ),
    "idem_runtime.execution.attempt": ("Attempt",),
    "idem_runtime.execution.current": ("current_attempt",),
    "idem_runtime.idempotency": ("Idempotency",),
    "idem_runtime.key": (
        "from_header",
        "from_payload",
        "standard_webhook",
        "webhook_event",
    ),
    "idem_runtime.marks": (
        "ledger_write",
        "money_moving",
        "not_money_moving",
    ),
    "idem_runtime.model": ("Response",),
    "idem_runtime.operate.forgetting": ("forget_principal",),
    "idem_runtime.operate.sqlalchemy_metadata": ("sqlalchemy_metadata",),
}
_LATER = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A name is imported, and the version read, when it is asked for the first time."""
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version("idem-guard")
    if f"{__name__}.{name}" in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LATER[name]), name)
    return value
