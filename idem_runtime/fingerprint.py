r"""From a payload to a digest: what is asked, so that a key cannot be used for something else (ADR-007).

What equals what, exactly:

- A body of a JSON content type (``application/json``, ``…+json``) that parses is compared as JSON: the order of object
  members, whitespace and the spelling of strings (``"A"`` and ``"\u0041"``) do not count.
- Numbers compare by exact decimal value *and* type: ``1`` and ``1.0`` differ, ``1.0``, ``1.00`` and ``10e-1`` are equal,
  integers of any size are exact, ``-0`` equals ``0``. No number ever equals a string.
- Strings compare by code points: NFC and NFD forms differ.
- A body with a duplicate member name, ``NaN`` or ``Infinity``, invalid UTF-8 or more than 100 levels, and a body of any
  other content type, is compared as bytes, together with the content type without its parameters.
- Path parameters and the query count; the order of *different* query names does not, the order of one name's values does.
- Members named by ``ignore`` (JSON pointers) are left out, of JSON bodies only.

A fingerprint reads ``v1:kid:digest``. With secrets it is HMAC-SHA256 under the first of them and is compared under the
one that ``kid`` names; without, ``kid`` is ``-`` and it is plain SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from idem_runtime.errors import StoreUnavailable
from idem_runtime.key import split_pointer
from idem_runtime.model import Request

UNKEYED = "-"
DEEPEST = 100


_PLAIN = (str, int, bool, float, Decimal)


class _NotCanonical(ValueError):
    """This JSON has no one meaning; compare its bytes."""


class _Integer(str):
    """An integer's digits as written: any length, no conversion."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One payload's fingerprint under every known secret; ``stored`` is ``v1:kid:digest`` under the current one."""

    material: bytes
    secrets: Mapping[str, bytes]
    kid: str = UNKEYED
    stored: str = field(init=False)

    def __post_init__(self) -> None:
        """The digest is asked for several times, and made once."""
        object.__setattr__(self, "stored", f"v1:{self.kid}:{self._digest(self.kid)}")

    def matches(self, stored: str) -> bool:
        """Whether ``stored`` is a fingerprint of this payload.

        :raises StoreUnavailable: it was made with a secret, or in a format, that is not known here: neither replay nor run.
        """
        version, _, rest = stored.partition(":")
        kid, _, digest = rest.partition(":")
        if version != "v1" or (kid != UNKEYED and kid not in self.secrets):
            raise StoreUnavailable("A stored fingerprint was made with a secret that is not configured here.")
        return hmac.compare_digest(digest, self._digest(kid))

    def _digest(self, kid: str) -> str:
        if kid == UNKEYED:
            return hashlib.sha256(self.material).hexdigest()
        return hmac.new(self.secrets[kid], self.material, hashlib.sha256).hexdigest()


def of_request(
    request: Request, *, ignore: Iterable[str] = (), secrets: Mapping[str, bytes] | None = None
) -> Fingerprint:
    """The fingerprint of ``request``; the first of ``secrets`` (kid to secret) is the current one."""
    media_type = next(iter(request.header("content-type")), "").partition(";")[0].strip().lower()
    query = sorted(request.query, key=lambda pair: pair[0])
    parts = [_pairs(sorted(request.path_params)), _pairs(query), _body(request.body, media_type, ignore)]
    return _keyed(b"".join(_sized(part) for part in parts), secrets)


def of_value(
    value: Any, *, ignore: Iterable[str] = (), secrets: Mapping[str, bytes] | None = None
) -> Fingerprint:
    """The fingerprint of a call's arguments: JSON values, ``Decimal``, and what :func:`plain` knows.

    :raises TypeError: ``value`` holds something else. :raises ValueError: a number that is not finite.
    """
    value = plain(value)
    return _keyed(b"value" + _encode(_without(value, ignore), 0), secrets)


def plain(value: Any) -> Any:
    """Dataclasses and pydantic models as objects, enums as their values, dates and UUIDs as typed text."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, date | time | timedelta | UUID | bytes):
        return [type(value).__name__, value.hex() if isinstance(value, bytes) else str(value)]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - isinstance knows no item types
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    dump = getattr(value, "model_dump", None)
    return value if dump is None else plain(dump())


def _keyed(material: bytes, secrets: Mapping[str, bytes] | None) -> Fingerprint:
    known = dict(secrets or {})
    return Fingerprint(material, known, next(iter(known), UNKEYED))


def _body(body: bytes, media_type: str, ignore: Iterable[str]) -> bytes:
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            return b"json" + _encode(_without(_parse(body), ignore), 0)
        except (RecursionError, ValueError, ArithmeticError):
            pass  # no one meaning: its bytes are the meaning
    return b"raw" + _sized(media_type.encode()) + body


def _parse(body: bytes) -> Any:
    return json.loads(
        body.decode("utf-8"),
        parse_int=_Integer,
        parse_float=Decimal,
        parse_constant=_refuse_constant,
        object_pairs_hook=_object,
    )


def _refuse_constant(name: str) -> Any:
    raise _NotCanonical(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotCanonical("duplicate member")
    return members


def _without(value: Any, ignore: Iterable[str]) -> Any:
    for pointer in ignore:
        value = _drop(value, split_pointer(pointer))
    return value


def _drop(value: Any, path: list[str]) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        kept = {name: item for name, item in members.items() if name != path[0] or len(path) > 1}
        if path[0] in kept:
            kept[path[0]] = _drop(kept[path[0]], path[1:])
        return kept
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        return [
            _drop(item, path[1:]) if path[1:] and path[0] in ("*", str(at)) else item
            for at, item in enumerate(items)
        ]
    return value


def _encode(value: Any, depth: int) -> bytes:
    if depth >= DEEPEST:
        raise _NotCanonical("too deep")
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        encoded = sorted((_text(name), _encode(item, depth + 1)) for name, item in members.items())
        return b"{" + b"".join(name + item for name, item in encoded) + b"}"
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        return b"[" + b"".join(_encode(item, depth + 1) for item in items) + b"]"
    return _scalar(value)


def _scalar(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"n", True: b"t", False: b"f"}[value]
    if isinstance(value, _Integer | int):
        digits = str(value) if isinstance(value, _Integer) else format(Decimal(value), "f")
        return b"i" + (b"0" if digits == "-0" else digits.encode()) + b";"
    if isinstance(value, Decimal | float):
        return _decimal(value if isinstance(value, Decimal) else Decimal(repr(value)))
    if isinstance(value, str):
        return _text(value)
    raise TypeError(f"{type(value).__name__} has no JSON form: give fingerprint= a function that returns one")


def _decimal(value: Decimal) -> bytes:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise _NotCanonical("not a finite number")
    significant = "".join(map(str, digits)).lstrip("0")
    stripped = significant.rstrip("0")
    if not stripped:
        return b"d0;"
    return f"d{'-' if sign else ''}{stripped}e{exponent + len(significant) - len(stripped)};".encode()


def _text(text: str) -> bytes:
    return b"s" + _sized(text.encode("utf-8", "surrogatepass"))


def _pairs(pairs: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(_text(name) + _text(value) for name, value in pairs)


def _sized(part: bytes) -> bytes:
    return b"%d:" % len(part) + part
