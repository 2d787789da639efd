"""Stands in for ``idem_runtime`` in position snippets: a mark that only counts how often the framework runs it.

A snippet is the source of a small application that imports ``money_moving`` from ``recorder``. ``application`` runs it
as a module of its own; a framework's ``effective`` then sends real requests, each within ``executions``.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from idem_runtime.class_marks import mark_class

_count = 0


class Snippet(NamedTuple):
    """An idiom: whether the mark in ``source`` is run by every POST that reaches the handler; ``refused``: the runtime does
    not take it there all the same.
    """

    name: str
    source: str
    effective: bool
    refused: bool = False


def money_moving(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Count, then call; bare or with options, for functions, coroutine functions and (as the real mark) view classes."""
    if function is None:
        return functools.partial(money_moving, **options)
    if isinstance(function, type):
        return mark_class(function, money_moving, "money_moving")
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def counted_async(*args: Any, **kwargs: Any) -> Any:
            _run()
            return await function(*args, **kwargs)

        return counted_async

    @functools.wraps(function)
    def counted(*args: Any, **kwargs: Any) -> Any:
        _run()
        return function(*args, **kwargs)

    return counted


def _run() -> None:
    global _count
    _count += 1


@contextmanager
def executions() -> Iterator[Callable[[], int]]:
    """Yield a function that says how often the mark has run since."""
    before = _count
    yield lambda: _count - before


def application(source: str, name: str = "snippet") -> ModuleType:
    """The snippet as an imported module (frameworks look modules up by name)."""
    sys.modules["recorder"] = sys.modules[__name__]
    module = ModuleType(name)
    sys.modules[name] = module
    # Venusian (Pyramid's scan) reads the source lines of the module it looks at.
    linecache.cache[f"<{name}>"] = (len(source), None, source.splitlines(keepends=True), f"<{name}>")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # frameworks import what is deprecated; that is not ours to fail on
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102 - our own snippets
    return module
