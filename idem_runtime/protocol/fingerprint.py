r"""From a payload to a digest, so that a key cannot be used for something else (docs/decisions.md#fingerprint).

Which payloads are equal, exactly:

- A body of a JSON content type (``application/json``, ``…+json``) that parses is compared as JSON: the order of object
  members, whitespace and the spelling of strings (``"A"`` and ``"\u0041"``) do not count.
- Numbers compare by exact decimal value *and* type: ``1`` and ``1.0`` differ, ``1.0``, ``1.00`` and ``10e-1`` are equal,
  integers of any size are exact, ``-0`` equals ``0``. No number ever equals a string.
- Strings compare by code points: NFC and NFD forms differ.
- A JSON body with a duplicate member name, ``NaN`` or ``Infinity``, a number of more than 1,000 characters, invalid UTF-8
  or more than 100 levels, and a body of any other content type, is compared as bytes, together with the content type
  without its parameters.
- ``multipart/form-data`` is compared part by part, in order, without the boundary: a retry with a new boundary is equal.
  Each part's content counts byte for byte, and so do its headers in their order, but for the case of their names and
  blanks around their values. A body that two readers could divide differently (see
  :mod:`idem_runtime.protocol.multipart`) is compared as bytes.
- Path parameters and the query count; the order of *different* query names does not, the order of one name's values does.
- What ``ignore`` names (JSON pointers) is left out of a JSON body, items of a list too (``*``: all of them). A pointer of
  one step (``/name``) also names the field ``name`` of a form, of a multipart form, and of the query.
- What ``fingerprint=`` gives counts instead of body and query, beside the path parameters.

A fingerprint reads ``v1:kid:digest``. With secrets it is HMAC-SHA256 under the first of them and is compared under the
one that ``kid`` names; without, ``kid`` is ``-`` and it is plain SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from urllib.parse import unquote_plus

from idem_runtime.errors import StoreUnavailable
from idem_runtime.model import Request
from idem_runtime.protocol import multipart
from idem_runtime.protocol.canonical_json import encode, encode_pairs, parse, sized
from idem_runtime.protocol.json_pointer import split_pointer, without
from idem_runtime.protocol.plain_values import plain

UNKEYED = "-"
"""The key id of a fingerprint that is made without a secret."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One payload's fingerprint under every known secret; ``stored`` is ``v1:kid:digest`` under the current one."""

    material: bytes
    secrets: Mapping[str, bytes]
    kid: str = UNKEYED
    stored: str = field(init=False)

    def __post_init__(self) -> None:
        """Make the digest once: it is needed several times."""
        object.__setattr__(self, "stored", f"v1:{self.kid}:{self._digest(self.kid)}")

    def matches(self, stored: str) -> bool:
        """Whether ``stored`` is a fingerprint of this payload.

        :raises StoreUnavailable: it was made with a secret, or in a format, that is not known here: neither replay nor run.
        """
        version, _, rest = stored.partition(":")
        kid, _, digest = rest.partition(":")
        if version != "v1" or (kid != UNKEYED and kid not in self.secrets):
            raise StoreUnavailable("A stored fingerprint was made with a secret that is not configured here.")
        own = self.stored.rpartition(":")[2] if kid == self.kid else self._digest(kid)
        return hmac.compare_digest(digest, own)

    def _digest(self, kid: str) -> str:
        if kid == UNKEYED:
            return hashlib.sha256(self.material).hexdigest()
        return hmac.new(self.secrets[kid], self.material, hashlib.sha256).hexdigest()


def of_request(
    request: Request, *, ignore: Iterable[str] = (), secrets: Mapping[str, bytes] | None = None
) -> Fingerprint:
    """The fingerprint of ``request``; the first of ``secrets`` (kid to secret) is the current one."""
    pointers = [split_pointer(pointer) for pointer in ignore]
    content_type = next(iter(request.header("content-type")), "")
    query: Iterable[tuple[str, str]] = request.query
    if pointers:
        query = _without_fields(query, _ignored_fields(pointers))
    path = encode_pairs(sorted(request.path_params)) if request.path_params else b""
    fields = encode_pairs(sorted(query, key=_first)) if query else b""
    body = _encode_body(request.body, content_type, pointers)
    return _fingerprint(sized(path) + sized(fields) + sized(body), secrets)


def of_value(
    value: Any,
    *,
    path: Iterable[tuple[str, str]] = (),
    ignore: Iterable[str] = (),
    secrets: Mapping[str, bytes] | None = None,
) -> Fingerprint:
    """The fingerprint of a call's arguments: JSON values, ``Decimal``, and what :func:`plain` knows.

    ``path``: the path parameters of a request, which are part of what is asked whatever else identifies it.

    :raises TypeError: ``value`` holds something else. :raises ValueError: a number that is not finite, or two members
        with one name (an enum's member and its value).
    """
    value = plain(value)
    if ignore:
        value = without(value, [split_pointer(pointer) for pointer in ignore])
    return _fingerprint(b"value" + encode(value) + (encode_pairs(sorted(path)) if path else b""), secrets)


def of_material(material: bytes, secrets: Mapping[str, bytes] | None = None) -> Fingerprint:
    """The fingerprint of bytes that are equal where payloads are; they begin with what says how they were made."""
    return _fingerprint(material, secrets)


def _fingerprint(material: bytes, secrets: Mapping[str, bytes] | None) -> Fingerprint:
    """Under the first of ``secrets``, if there are any."""
    return Fingerprint(material, secrets, next(iter(secrets))) if secrets else Fingerprint(material, {})


_first = itemgetter(0)


def _ignored_fields(pointers: Iterable[list[str]]) -> frozenset[str]:
    """The fields that are ignored in a form and in the query: those of pointers of one step."""
    return frozenset(path[0] for path in pointers if len(path) == 1)


def _without_fields(pairs: Iterable[tuple[str, str]], ignored: frozenset[str]) -> Iterable[tuple[str, str]]:
    return (pair for pair in pairs if pair[0] not in ignored)


def _encode_body(body: bytes, content_type: str, pointers: list[list[str]]) -> bytes:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            value = parse(body)
            return b"json" + encode(without(value, pointers) if pointers else value)
        except (RecursionError, ValueError, ArithmeticError):
            pass  # readers may differ in what it means: its bytes count
    ignored = _ignored_fields(pointers)
    if media_type == "multipart/form-data" and (parts := multipart.parts(body, content_type)) is not None:
        kept = (part for part in parts if multipart.field_of(part) not in ignored)
        return b"multipart" + b"".join(sized(_encode_part(*part)) for part in kept)
    if media_type == "application/x-www-form-urlencoded" and ignored:
        body = b"&".join(field for field in body.split(b"&") if _field_name(field) not in ignored)
    return b"raw" + sized(media_type.encode()) + body


def _field_name(field: bytes) -> str:
    name = field.partition(b"=")[0].decode("latin-1")
    return unquote_plus(name, "utf-8", "replace")


def _encode_part(headers: Iterable[tuple[bytes, bytes]], content: bytes) -> bytes:
    head = b"".join(sized(name) + sized(value) for name, value in headers)
    return sized(head) + content
