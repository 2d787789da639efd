"""The idempotency key that a handler sends on to a provider."""

from __future__ import annotations

import base64
import hashlib


def downstream_key(scope: str, key: str, provider: str) -> str:
    """The key to send to ``provider``: the same on every attempt, another for every (scope, key, provider)."""
    text = "".join(f"{len(part)}:{part}" for part in (scope, key, provider))
    return base64.b32encode(hashlib.blake2b(text.encode(), digest_size=20).digest()).decode().lower()
