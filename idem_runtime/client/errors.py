"""What a caller has to know of: none of it is an answer of the bank.

Exception
 └─ ClientError                   ``.idempotency_key``, ``.intent``, ``.response``, as far as they are known
     ├─ CallRefused               the server's ``code`` says that nothing is to be tried again by itself
     │   ├─ KeyReused             the key was used for another request: a mistake of this program
     │   ├─ OutcomeUnknown        nobody knows whether it was executed: ask, never pay again
     │   └─ ResponseLost          it was executed, and its answer is lost
     ├─ AmbiguousIntent           two calls in one intent that could be one call, or the other way round
     ├─ IntentMissing             a call outside any intent, where the policy wants one
     ├─ KeyTooOld                 servers may have forgotten this key: sent again, it could pay again
     ├─ BodyTooLarge              the request's body is over what is kept for retries; nothing was sent
     └─ StoreUnreadable           an entry of a store of intents is not what this library wrote

They are not those of ``idem_runtime.errors``: a handler that calls another bank would answer its own caller with them.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar


class ClientError(Exception):
    """The call has no answer that could be returned."""

    def __init__(
        self,
        message: str | None = None,
        *,
        idempotency_key: str | None = None,
        intent: str | None = None,
        response: Any = None,
    ) -> None:
        """``message`` replaces the docstring; ``intent`` is its name, ``response`` the transport's own."""
        self.message = message or inspect.cleandoc(type(self).__doc__ or "")
        self.idempotency_key = idempotency_key
        self.intent = intent
        self.response = response
        super().__init__(self.message)


class CallRefused(ClientError):
    """The server refused the key, and a retry cannot change that."""

    code: ClassVar[str] = ""


class KeyReused(CallRefused):
    """This key was used for a different request: a new intent needs a new key, a retry the same request."""

    code = "key_reused"


class OutcomeUnknown(CallRefused):
    """Nobody knows whether the call was executed: ask the server's operator; a new key could move the money twice."""

    code = "outcome_unknown"


class ResponseLost(CallRefused):
    """The call was executed, but its answer is lost: read the result elsewhere; a new key would move the money twice."""

    code = "executed_response_lost"


class AmbiguousIntent(ClientError):
    """Two calls in one intent cannot be told apart: give each a step of its own, with intent("name")."""


class IntentMissing(ClientError):
    """This call is in no intent, and the policy wants one (in a thread, contextvars.copy_context() hands it on)."""


class KeyTooOld(ClientError):
    """Servers may have forgotten this key: find out what became of the call before it is sent again."""


class BodyTooLarge(ClientError):
    """The request's body is larger than what is kept for retries, so nothing was sent: raise CallPolicy.body_cap."""


class StoreUnreadable(ClientError):
    """An entry of the store of intents cannot be read, so nothing was sent."""


REFUSALS: dict[str, type[CallRefused]] = {error.code: error for error in CallRefused.__subclasses__()}
"""By the server's ``code``."""
