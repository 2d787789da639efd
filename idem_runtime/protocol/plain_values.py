"""Python values as plain ones that JSON has: dataclasses, models, enums, dates, UUIDs and bytes included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

_PLAIN = frozenset({str, int, bool, float, Decimal})


def plain(value: Any) -> Any:
    """Dataclasses and pydantic models as objects, enums as their values, dates and UUIDs as typed text.

    Names of members are text; those of another type keep it, and ``ignore`` does not reach them.
    """
    if value is None or type(value) in _PLAIN:
        return value
    if value.__class__ is dict:
        return _members(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, date | time | timedelta | UUID | bytes):
        return [type(value).__name__, value.hex() if isinstance(value, bytes) else str(value)]
    if isinstance(value, Mapping):
        return _members(value)  # pyright: ignore[reportUnknownArgumentType] - isinstance knows no item types
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    dump = getattr(value, "model_dump", None)
    return value if dump is None else plain(dump())


def _members(value: Mapping[Any, Any]) -> dict[str, Any]:
    members = {
        name if type(name) is str and name[:1] != "\0" else _member_name(plain(name)): (
            item if type(item) in _PLAIN else plain(item)
        )
        for name, item in value.items()
    }
    if len(members) != len(value):
        raise ValueError("two members have one name: give fingerprint= a function that tells them apart")
    return members


def _member_name(name: Any) -> str:
    """``name`` itself where it is text; 1 and "1" stay two names, as they are two keys in Python."""
    is_plain = isinstance(name, str) and not name.startswith("\0")
    return name if is_plain else f"\0{type(name).__name__} {name}"
