"""What a view keeps in its closure: the marked function below a decorator that does not say what it wraps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from idem_runtime.marks import mark_of

CALLABLES = (FunctionType, MethodType, partial)
DEPTH = 6
"""How many closures are looked into, one in another."""


def visible(function: Any) -> Any:
    """``function``, or the marked one that it keeps in its closure; itself where there is none."""
    if not issubclass(type(function), CALLABLES):  # an object that is called
        function = type(function).__call__
    return function if mark_of(function) is not None else next(_marked_below(function, DEPTH), function)


def _marked_below(function: Any, depth: int) -> Iterator[Any]:
    inner: Any = getattr(function, "__wrapped__", None)
    for value in (inner, *_closure(function)):
        if not issubclass(type(value), CALLABLES) or not depth:  # a proxy's __class__ names another
            continue
        if mark_of(value) is not None:
            yield value
        else:
            yield from _marked_below(value, depth - 1)


def in_closure(function: Any, name: str) -> Any:
    """What ``function`` keeps in its closure under ``name``."""
    code: Any = getattr(function, "__code__", None)
    names: tuple[str, ...] = code.co_freevars if code is not None else ()
    return dict(zip(names, _closure(function), strict=True)).get(name)


def _closure(function: Any) -> list[Any]:
    cells: Any = getattr(function, "__closure__", None)
    return [_value(cell) for cell in cells or ()]


def _value(cell: Any) -> Any:
    with suppress(ValueError):  # not assigned yet
        return cell.cell_contents
