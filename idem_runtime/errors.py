"""The errors. Every class knows its code, HTTP status and gRPC status; its docstring is the default message.

Exception
 ├─ IdempotencyError                an answer to the caller: RFC 9457 problem, clients switch on ``code``
 │   ├─ KeyMissing                  400 INVALID_ARGUMENT
 │   ├─ KeyInvalid                  400 INVALID_ARGUMENT
 │   ├─ PrincipalMissing            401 UNAUTHENTICATED
 │   ├─ BodyTooLarge                413 RESOURCE_EXHAUSTED
 │   ├─ KeyReused                   409 FAILED_PRECONDITION   (profile ``ietf``: 422)
 │   ├─ InProgress                  409 ABORTED, may be retried later
 │   ├─ OutcomeUnknown              409 ABORTED
 │   │   └─ LeaseLost
 │   ├─ ExecutedResponseLost        409 ABORTED
 │   │   └─ ResponseForgotten
 │   ├─ ResponseUnstorable          500 INTERNAL
 │   ├─ TransactionBroken           500 INTERNAL
 │   ├─ RaisedSuccess               500 INTERNAL
 │   ├─ NotInstalled                500 INTERNAL
 │   │   └─ LedgerWriteOutside
 │   ├─ HandlerTimeout              503 DEADLINE_EXCEEDED, may be retried later
 │   ├─ RetriesExhausted            503 UNAVAILABLE, may be retried later
 │   └─ StoreUnavailable            503 UNAVAILABLE, may be retried later
 ├─ ConfigurationError              the program is written or configured wrongly; raised at start-up
 └─ NotExecuted                     raised *by* an external handler: nothing happened, release the key
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class IdempotencyError(Exception):
    """The request was not executed."""

    code: ClassVar[str] = "idempotency_error"
    http_status: ClassVar[int] = 500
    grpc_status: ClassVar[str] = "INTERNAL"
    retriable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        """``message`` replaces the docstring; ``retry_after`` (seconds) is only said by retriable errors."""
        self.message = message or inspect.cleandoc(type(self).__doc__ or "")
        self.retry_after = (retry_after or 1) if self.retriable else None
        super().__init__(self.message)


class KeyMissing(IdempotencyError):
    """This operation moves money: send an Idempotency-Key header, the same one on every retry."""

    code = "key_missing"
    http_status = 400
    grpc_status = "INVALID_ARGUMENT"


class KeyInvalid(IdempotencyError):
    """The Idempotency-Key is not usable: send it once, 1 to 255 printable ASCII characters."""

    code = "key_invalid"
    http_status = 400
    grpc_status = "INVALID_ARGUMENT"


class PrincipalMissing(IdempotencyError):
    """Nobody is known to ask: keys belong to a principal, so authenticate first."""

    code = "principal_missing"
    http_status = 401
    grpc_status = "UNAUTHENTICATED"


TOO_LARGE = "The request body is larger than the {} bytes that are taken here."


class BodyTooLarge(IdempotencyError):
    """The request body is larger than this operation takes, and was not read to its end."""

    code = "body_too_large"
    http_status = 413
    grpc_status = "RESOURCE_EXHAUSTED"


class KeyReused(IdempotencyError):
    """This Idempotency-Key was used for a different request: use a new key for a new intent."""

    code = "key_reused"
    http_status = 409
    grpc_status = "FAILED_PRECONDITION"


class InProgress(IdempotencyError):
    """The original request with this key is still running: retry later with the same key."""

    code = "in_progress"
    http_status = 409
    grpc_status = "ABORTED"
    retriable = True


class OutcomeUnknown(IdempotencyError):
    """Whether the original request took effect is not known: it is not executed again; it has to be resolved."""

    code = "outcome_unknown"
    http_status = 409
    grpc_status = "ABORTED"


class LeaseLost(OutcomeUnknown):
    """The lease of this attempt could not be kept, so another may have decided about it: nothing more was done."""


class ExecutedResponseLost(IdempotencyError):
    """The original request was executed, but its response could not be stored."""

    code = "executed_response_lost"
    http_status = 409
    grpc_status = "ABORTED"


class ResponseForgotten(ExecutedResponseLost):
    """The original request was executed, and its response has been deleted since, as its principal has asked."""


class ResponseUnstorable(IdempotencyError):
    """The response cannot be stored (streamed, or too large), so the effect was undone and the key is free."""

    code = "response_unstorable"
    http_status = 500
    grpc_status = "INTERNAL"


class TransactionBroken(IdempotencyError):
    """The handler ended or left the transaction that it was given; what it did is recorded as unknown."""

    code = "transaction_broken"
    http_status = 500
    grpc_status = "INTERNAL"


class RaisedSuccess(IdempotencyError):
    """A success was raised as an exception, so its effect was undone and the key is free: return it instead."""

    code = "raised_success"
    http_status = 500
    grpc_status = "INTERNAL"


class NotInstalled(IdempotencyError):
    """A money-moving handler was reached with no idempotency installed: call idem.install(...) at start-up."""

    code = "not_installed"
    http_status = 500
    grpc_status = "INTERNAL"


class LedgerWriteOutside(NotInstalled):
    """A @ledger_write function was called outside a money-moving execution: mark its entry point @money_moving."""


class HandlerTimeout(IdempotencyError):
    """The handler took longer than it may, so its effect was undone: retry later with the same key."""

    code = "handler_timeout"
    http_status = 503
    grpc_status = "DEADLINE_EXCEEDED"
    retriable = True


class RetriesExhausted(IdempotencyError):
    """The transaction kept conflicting with others and was undone: retry later with the same key."""

    code = "retries_exhausted"
    http_status = 503
    grpc_status = "UNAVAILABLE"
    retriable = True


class StoreUnavailable(IdempotencyError):
    """The idempotency store did not answer in time: retry later with the same key."""

    code = "store_unavailable"
    http_status = 503
    grpc_status = "UNAVAILABLE"
    retriable = True


class ConfigurationError(Exception):
    """A setting or a mark that cannot be used; the message names it and says what is allowed."""


class NotExecuted(Exception):
    """Nothing happened at the provider: the key is released and a retry may execute."""
