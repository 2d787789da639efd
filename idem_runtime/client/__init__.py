"""For those who call: transports that set an idempotency key per intent, and keep it over retries (docs/client.md).

The transports are ``idem_runtime.client.httpx``, ``.requests`` and ``.grpc``: each imports its own library, and nothing here
imports another. Stores of intents: :class:`FileIntents`, :class:`PostgresIntents`, :class:`AsyncPostgresIntents`.
"""

from __future__ import annotations

from idem_runtime.client.call import Sent, sent
from idem_runtime.client.errors import (
    AmbiguousIntent,
    BodyTooLarge,
    CallRefused,
    ClientError,
    IntentMissing,
    KeyReused,
    KeyTooOld,
    OutcomeUnknown,
    ResponseLost,
    StoreUnreadable,
)
from idem_runtime.client.file_intents import FileIntents
from idem_runtime.client.intents import Intent, current_intent, intent
from idem_runtime.client.kept_keys import AsyncIntentStore, IntentStore, KeptKey
from idem_runtime.client.policy import CallPolicy
from idem_runtime.client.postgres_intents import AsyncPostgresIntents, PostgresIntents

__all__ = [
    "AmbiguousIntent",
    "AsyncIntentStore",
    "AsyncPostgresIntents",
    "BodyTooLarge",
    "CallPolicy",
    "CallRefused",
    "ClientError",
    "FileIntents",
    "Intent",
    "IntentMissing",
    "IntentStore",
    "KeptKey",
    "KeyReused",
    "KeyTooOld",
    "OutcomeUnknown",
    "PostgresIntents",
    "ResponseLost",
    "Sent",
    "StoreUnreadable",
    "current_intent",
    "intent",
    "sent",
]
