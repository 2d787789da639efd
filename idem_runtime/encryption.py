"""Stored responses, encrypted at rest: AES-256-GCM under keys of the application's (docs/privacy.md#encryption-at-rest).

What is authenticated with each response is the scope, the key and the status that it is stored under: a response that was
put into another row does not open. ``cryptography`` is imported where there are keys.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError, StoreUnavailable
from idem_runtime.model import Encrypted, Response
from idem_runtime.protocol.canonical_json import sized
from idem_runtime.protocol.scope import principal_of

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"idem-response-1"
Keys: TypeAlias = Mapping[str, bytes]
"""Key id to key of 32 bytes; the first one seals, every one opens."""
KeysOf: TypeAlias = Callable[[str], "Mapping[str, bytes | str] | None"]
"""From a principal to its keys: a tenant's own. ``None``, or none: it has no key any more."""
NO_KEY = "The key for stored responses is not to be had: retry with the same key."


def checked_keys(given: Mapping[str, bytes | str]) -> dict[str, bytes]:
    """Keys as bytes; a text is base64.

    :raises ValueError: a key id or a key that cannot be used.
    """
    return {kid: _checked(kid, key) for kid, key in given.items()}


def _checked(kid: str, key: bytes | str) -> bytes:
    try:
        raw = base64.b64decode(key, validate=True) if isinstance(key, str) else bytes(key)
    except ValueError:
        raw = b""
    if not kid or len(raw) != KEY_BYTES:
        raise ValueError(
            f"key id {kid!r}: a name, and a key of {KEY_BYTES} bytes (in base64, where it is text)"
        )
    return raw


class ResponseKeys:
    """The keys of one ``Idempotency``; safe for threads."""

    def __init__(self, keys: Mapping[str, bytes | str] | KeysOf) -> None:
        """``keys``: those of everybody, or a function of the principal.

        :raises ConfigurationError: a key that cannot be used, or ``cryptography`` is not installed.
        """
        try:
            self._of: KeysOf | Keys = keys if callable(keys) else checked_keys(keys)
        except ValueError as error:
            raise ConfigurationError(f"Idempotency(response_keys=…): {error}") from None
        _aes(bytes(KEY_BYTES))

    def cipher(self, principal: str) -> Cipher:
        """What seals and opens the responses of ``principal``.

        :raises StoreUnavailable: there is no key for it, so that nothing may run whose answer could not be stored.
        """
        keys = self.keys(principal)
        if not keys:
            raise StoreUnavailable(NO_KEY)
        return Cipher(self, principal, keys)

    def keys(self, principal: str) -> Keys:
        """The keys of ``principal``; what their function raises is logged, and says that there are none."""
        if not callable(self._of):
            return self._of
        try:
            return checked_keys(self._of(principal) or {})
        except Exception as error:  # noqa: BLE001 - a key service may be away in any way
            log_records.response_keys_failed(error)
            return {}


@dataclass(frozen=True, slots=True)
class Cipher:
    """Seals one principal's responses, under the key that was current when it was admitted."""

    of: ResponseKeys
    principal: str
    keys: Keys = field(repr=False)

    def seal(self, scope: str, key: str, response: Response) -> Encrypted:
        """``response``, headers and body, as it is stored under ``scope`` and ``key``."""
        kid = next(iter(self.keys))
        nonce = os.urandom(NONCE_BYTES)
        plain = sized(json.dumps(response.headers).encode()) + response.body
        sealed = _aes(self.keys[kid]).encrypt(nonce, plain, _bound(scope, key, response.status))
        return Encrypted(response.status, kid, nonce + sealed)

    def open(self, scope: str, key: str, stored: Encrypted) -> Response:
        """What was sealed; ``scope`` may be one of an earlier principal.

        :raises StoreUnavailable: its key is not known here, or it is not what was sealed for this record.
        """
        principal = principal_of(scope)
        known = self.keys if principal == self.principal else self.of.keys(principal)
        if stored.kid not in known:
            raise StoreUnavailable(NO_KEY)
        nonce, sealed = stored.sealed[:NONCE_BYTES], stored.sealed[NONCE_BYTES:]
        try:
            plain = _aes(known[stored.kid]).decrypt(nonce, sealed, _bound(scope, key, stored.status))
        except Exception as error:  # noqa: BLE001 - InvalidTag, or ValueError of bytes that are none
            log_records.response_not_opened(scope, key, error)
            raise StoreUnavailable("The stored response cannot be decrypted.") from None
        size, _, rest = plain.partition(b":")
        headers: list[list[str]] = json.loads(rest[: int(size)])
        return Response(stored.status, tuple((name, value) for name, value in headers), rest[int(size) :])


def _bound(scope: str, key: str, status: int) -> bytes:
    parts = (
        VERSION,
        scope.encode("utf-8", "surrogatepass"),
        key.encode("utf-8", "surrogatepass"),
        b"%d" % status,
    )
    return b"".join([sized(part) for part in parts])


@lru_cache(maxsize=1024)
def _aes(key: bytes) -> Any:
    """AES-GCM under ``key``; making it costs as much as a small response.

    :raises ConfigurationError: ``cryptography`` is not installed.
    """
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise ConfigurationError(
            'response_keys= needs cryptography: pip install "idem-guard[encryption]"'
        ) from None
    return AESGCM(key)
