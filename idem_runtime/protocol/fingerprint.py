r"""From a payload to a digest: what is asked, so that a key cannot be used for something else (ADR-007).

What equals what, exactly:

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
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from urllib.parse import unquote_plus
from uuid import UUID

from idem_runtime.errors import StoreUnavailable
from idem_runtime.model import Request
from idem_runtime.protocol import multipart
from idem_runtime.protocol.json_pointer import split_pointer

UNKEYED = "-"
DEEPEST = 100
LONGEST_NUMBER = 1_000
"""Characters. No amount has more, and reading longer ones takes time that is not linear in their length."""


_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", re.ASCII)
_PLAIN = (str, int, bool, float, Decimal)


class _NotCanonical(ValueError):
    """This JSON has no one meaning; compare its bytes."""


class _Integer(str):
    """An integer's digits as written: no conversion."""

    __slots__ = ()


class _Fraction(str):
    """A number with a point or an exponent, as written."""

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
    pointers = [split_pointer(pointer) for pointer in ignore]
    content_type = next(iter(request.header("content-type")), "")
    query = sorted(_kept(request.query, _fields(pointers)), key=lambda pair: pair[0])
    parts = [_pairs(sorted(request.path_params)), _pairs(query), _body(request.body, content_type, pointers)]
    return _keyed(b"".join(_sized(part) for part in parts), secrets)


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
    value = _without(plain(value), [split_pointer(pointer) for pointer in ignore])
    return _keyed(b"value" + _encode(value, 0) + _pairs(sorted(path)), secrets)


def plain(value: Any) -> Any:
    """Dataclasses and pydantic models as objects, enums as their values, dates and UUIDs as typed text.

    Names of members are text; those of another type keep it, and ``ignore`` does not reach them.
    """
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, date | time | timedelta | UUID | bytes):
        return [type(value).__name__, value.hex() if isinstance(value, bytes) else str(value)]
    if isinstance(value, Mapping):
        return _members(value)  # pyright: ignore[reportUnknownArgumentType] - isinstance knows no item types
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    dump = getattr(value, "model_dump", None)
    return value if dump is None else plain(dump())


def _members(value: Mapping[Any, Any]) -> dict[str, Any]:
    members = {_name(plain(name)): plain(item) for name, item in value.items()}
    if len(members) != len(value):
        raise ValueError("two members have one name: give fingerprint= a function that tells them apart")
    return members


def _name(name: Any) -> str:
    """``name`` itself where it is text; 1 and "1" stay two names, as they are two keys in Python."""
    plainly = isinstance(name, str) and not name.startswith("\0")
    return name if plainly else f"\0{type(name).__name__} {name}"


def _keyed(material: bytes, secrets: Mapping[str, bytes] | None) -> Fingerprint:
    known = dict(secrets or {})
    return Fingerprint(material, known, next(iter(known), UNKEYED))


def _fields(pointers: Iterable[list[str]]) -> frozenset[str]:
    """What the pointers name where there are only names."""
    return frozenset(path[0] for path in pointers if len(path) == 1)


def _kept(pairs: Iterable[tuple[str, str]], fields: frozenset[str]) -> Iterable[tuple[str, str]]:
    return (pair for pair in pairs if pair[0] not in fields)


def _body(body: bytes, content_type: str, pointers: list[list[str]]) -> bytes:
    media_type, fields = content_type.partition(";")[0].strip().lower(), _fields(pointers)
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            return b"json" + _encode(_without(_parse(body), pointers), 0)
        except (RecursionError, ValueError, ArithmeticError):
            pass  # no one meaning: its bytes are the meaning
    elif media_type == "multipart/form-data" and (parts := multipart.parts(body, content_type)) is not None:
        kept = (part for part in parts if multipart.field_of(part) not in fields)
        return b"multipart" + b"".join(_sized(_part(*part)) for part in kept)
    elif media_type == "application/x-www-form-urlencoded" and fields:
        body = b"&".join(field for field in body.split(b"&") if _field_name(field) not in fields)
    return b"raw" + _sized(media_type.encode()) + body


def _field_name(field: bytes) -> str:
    name = field.partition(b"=")[0].decode("latin-1")
    return unquote_plus(name, "utf-8", "replace")


def _part(headers: Iterable[tuple[bytes, bytes]], content: bytes) -> bytes:
    head = b"".join(_sized(name) + _sized(value) for name, value in headers)
    return _sized(head) + content


def _parse(body: bytes) -> Any:
    return json.loads(
        body.decode("utf-8"),
        parse_int=lambda text: _Integer(_short(text)),
        parse_float=lambda text: _Fraction(_short(text)),
        parse_constant=_refuse_constant,
        object_pairs_hook=_object,
    )


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise _NotCanonical("a number of more than 1,000 characters")
    return text


def _refuse_constant(name: str) -> Any:
    raise _NotCanonical(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotCanonical("duplicate member")
    return members


def _without(value: Any, pointers: Iterable[list[str]]) -> Any:
    for path in pointers:
        value = _drop(value, path)
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
        named = [path[0] in ("*", str(at)) for at in range(len(items))]
        if len(path) == 1:
            return [item for item, dropped in zip(items, named, strict=True) if not dropped]
        return [_drop(item, path[1:]) if meant else item for item, meant in zip(items, named, strict=True)]
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
    if isinstance(value, Decimal | float | _Fraction):
        return _decimal(str(value))
    if isinstance(value, str):
        return _text(value)
    raise TypeError(f"{type(value).__name__} has no JSON form: give fingerprint= a function that returns one")


def _decimal(text: str) -> bytes:
    """By the text alone: it costs the same whatever the exponent."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise _NotCanonical("not a finite number")
    sign, whole, fraction, exponent = found.groups(default="")
    significant = (whole + fraction).lstrip("0")
    stripped = significant.rstrip("0")
    if not stripped:
        return b"d0;"
    power = int(exponent or 0) - len(fraction) + len(significant) - len(stripped)
    return f"d{sign}{stripped}e{power};".encode()


def _text(text: str) -> bytes:
    return b"s" + _sized(text.encode("utf-8", "surrogatepass"))


def _pairs(pairs: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(_text(name) + _text(value) for name, value in pairs)


def _sized(part: bytes) -> bytes:
    return b"%d:" % len(part) + part
