"""JSON in one canonical form, as bytes: equal values give equal bytes, and numbers are never rounded.

Which values are equal is in :mod:`idem_runtime.protocol.fingerprint`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

DEEPEST = 100
LONGEST_NUMBER = 1_000
"""Characters. No amount has more, and reading longer ones takes time that is not linear in their length."""
_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", re.ASCII)


class NotCanonical(ValueError):
    """Readers may differ in what this JSON means, so only its bytes can be compared."""


class _Integer(str):
    """An integer's digits as written: no conversion."""

    __slots__ = ()


class _Fraction(str):
    """A number with a point or an exponent, as written."""

    __slots__ = ()


def parse(body: bytes) -> Any:
    """The JSON value in ``body``, whose numbers keep the spelling that they have.

    :raises ValueError: it is not JSON, or not in one meaning only. :raises RecursionError: it is too deep to read.
    """
    return _DECODER.decode(body.decode("utf-8"))


def _as_integer(text: str) -> _Integer:
    return _Integer(text) if len(text) <= LONGEST_NUMBER else _refuse_number()


def _as_fraction(text: str) -> _Fraction:
    return _Fraction(text) if len(text) <= LONGEST_NUMBER else _refuse_number()


def _refuse_number() -> Any:
    raise NotCanonical("a number of more than 1,000 characters")


def _refuse_constant(name: str) -> Any:
    raise NotCanonical(name)


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonical("duplicate member")
    return members


_DECODER = json.JSONDecoder(
    parse_int=_as_integer,
    parse_float=_as_fraction,
    parse_constant=_refuse_constant,
    object_pairs_hook=_object_without_duplicates,
)


def encode(value: Any, depth: int = 0) -> bytes:
    """``value``, of :func:`parse` or of Python, as canonical bytes; ``depth``: of the values around it.

    :raises NotCanonical: it is too deep, or holds a number that is not finite. :raises TypeError: no form in JSON.
    """
    if depth >= DEEPEST:
        raise NotCanonical("too deep")
    kind = value.__class__
    if kind is str:
        return encode_text(value)
    if kind is _Integer:
        return _integer(value)
    if isinstance(value, dict):
        return _object(cast("dict[str, Any]", value), depth)
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        return b"[" + b"".join(encode(item, depth + 1) for item in items) + b"]"
    return _scalar(value)


def _object(members: dict[str, Any], depth: int) -> bytes:
    """Members in the order of their names; no name is the beginning of another, because each says its length."""
    encoded: list[bytes] = []
    below = depth + 1
    for name, item in members.items():
        is_text = item.__class__ is str and below < DEEPEST
        encoded.append(encode_text(name) + (encode_text(item) if is_text else encode(item, below)))
    encoded.sort()
    return b"{" + b"".join(encoded) + b"}"


def _scalar(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"n", True: b"t", False: b"f"}[value]
    if isinstance(value, int):
        return _integer(format(Decimal(value), "f"))
    if isinstance(value, Decimal | float | _Fraction):
        return _decimal(str(value))
    if isinstance(value, str):
        return encode_text(value)
    raise TypeError(f"{type(value).__name__} has no JSON form: give fingerprint= a function that returns one")


def _integer(digits: str) -> bytes:
    return b"i%b;" % (b"0" if digits == "-0" else digits.encode())


def _decimal(text: str) -> bytes:
    """Significant digits and a power of ten, by the text alone: it costs the same whatever the exponent."""
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise NotCanonical("not a finite number")
    sign, whole, fraction, exponent = number.groups(default="")
    significant = (whole + fraction).lstrip("0")
    stripped = significant.rstrip("0")
    if not stripped:
        return b"d0;"
    power = int(exponent or 0) - len(fraction) + len(significant) - len(stripped)
    return f"d{sign}{stripped}e{power};".encode()


def encode_text(text: str) -> bytes:
    """Text, with its length."""
    encoded = text.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(encoded), encoded)


def encode_pairs(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Names and their values."""
    return b"".join([encode_text(name) + encode_text(value) for name, value in pairs])


def sized(part: bytes) -> bytes:
    """``part`` with its length before it, so that no two lists of parts give the same bytes."""
    return b"%d:" % len(part) + part
