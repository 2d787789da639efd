"""The values that name something (a principal, an operation, a key) as text: one rule by type for all of them."""

from __future__ import annotations

from enum import Enum
from uuid import UUID

ALLOWED = "text, an integer or a UUID"
LARGEST_INTEGER_BITS = 1_024
"""No key has as many digits, and Python refuses to write very large ones."""


class NoName(Exception):
    """A value of a type that cannot be a name; the message says which can, and the type that it has."""


def text_of(value: object) -> str:
    """``value`` as plain text: text itself, an integer in decimal, a UUID with hyphens in lower case.

    Of an enum's member its value counts, never its name or its class, so that ``class Tenant(str, Enum)``, ``StrEnum``
    and the bare text are one name. Nothing (``None``) is empty text: whether that is allowed, the caller decides.

    :raises NoName: another type: a bool, a float, bytes, an object that has not been asked for its id.
    """
    if type(value) is str:
        return value
    name = value
    while isinstance(name, Enum):
        name = name.value
    if name is None:
        return ""
    if isinstance(name, str):
        return str.__str__(name)  # not a subclass, whose own text a driver or a format may write
    if isinstance(name, UUID):
        return UUID.__str__(name)
    if isinstance(name, int) and not isinstance(name, bool):
        return _decimal(name)
    raise NoName(f"has to be {ALLOWED}, not {_type_name(value, name)}")


def _decimal(value: int) -> str:
    if value.bit_length() > LARGEST_INTEGER_BITS:
        raise NoName(f"has to be {ALLOWED}, and not an integer of more than {LARGEST_INTEGER_BITS} bits")
    return int.__repr__(value)


def _type_name(value: object, innermost: object) -> str:
    """``innermost``: the value of ``value``, where that is a member of an enum."""
    name = type(value).__name__
    return name if value is innermost else f"{name}, an enum whose value is {type(innermost).__name__}"
