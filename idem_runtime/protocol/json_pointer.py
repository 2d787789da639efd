"""JSON pointers (RFC 6901): their parts, and a value without what they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast


def split_pointer(pointer: str) -> list[str]:
    """The parts of a JSON pointer, unescaped (RFC 6901 section 4)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def without(value: Any, paths: Iterable[Sequence[str]]) -> Any:
    """``value`` without the members and items at ``paths`` (pointers that are split); ``*`` names all items of a list."""
    for path in paths:
        value = _without_one(value, path)
    return value


def _without_one(value: Any, path: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return _without_member(cast("dict[str, Any]", value), path)
    if isinstance(value, list | tuple):
        return _without_items(cast("list[Any]", value), path)
    return value


def _without_member(members: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    name, *rest = path
    kept = {other: item for other, item in members.items() if other != name or rest}
    if name in kept:
        kept[name] = _without_one(kept[name], rest)
    return kept


def _without_items(items: Sequence[Any], path: Sequence[str]) -> list[Any]:
    step, *rest = path
    named = [step in ("*", str(index)) for index in range(len(items))]
    if not rest:
        return [item for item, is_named in zip(items, named, strict=True) if not is_named]
    return [
        _without_one(item, rest) if is_named else item for item, is_named in zip(items, named, strict=True)
    ]
