"""What names a scope (a principal, an operation, a key) as text: by its type, once, here, for all of them."""

from __future__ import annotations

from enum import Enum
from uuid import UUID

ALLOWED = "text, an integer or a UUID"
LARGEST_INTEGER = 1_024
"""Bits: no key has as many digits, and Python refuses to write very large ones."""


class NoName(Exception):
    """A value that names nothing; the message says what is allowed, and the type that it has."""


def text_of(value: object) -> str:
    """``value`` as plain text: text itself, an integer in decimal, a UUID with hyphens in lower case.

    Of an enum's member its value counts, never its name or its class, so that ``class Tenant(str, Enum)``, ``StrEnum``
    and the bare text are one name. Nothing (``None``) is empty text: whether that is allowed, the caller decides.

    :raises NoName: another type: a bool, a float, bytes, an object that has not been asked for its id.
    """
    plain = value
    while isinstance(plain, Enum):
        plain = plain.value
    if plain is None:
        return ""
    if isinstance(plain, str):
        return str.__str__(plain)  # not a subclass, whose own text a driver or a format may write
    if isinstance(plain, UUID):
        return UUID.__str__(plain)
    if isinstance(plain, int) and not isinstance(plain, bool):
        return _decimal(plain)
    raise NoName(f"has to be {ALLOWED}, not {_type_of(value, plain)}")


def _decimal(value: int) -> str:
    if value.bit_length() > LARGEST_INTEGER:
        raise NoName(f"has to be {ALLOWED}, and not an integer of more than {LARGEST_INTEGER} bits")
    return int.__repr__(value)


def _type_of(value: object, plain: object) -> str:
    name = type(value).__name__
    return name if value is plain else f"{name}, an enum whose value is {type(plain).__name__}"
