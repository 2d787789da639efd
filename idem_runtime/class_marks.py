"""A mark on a class view: it goes to every method of the class that answers POST.

Class views look their methods up by name (Django and Flask views, DRF, Starlette, aiohttp, Tornado, Falcon), so a class
whose ``post`` is inherited from the framework can carry the mark itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import WRAPPER_ASSIGNMENTS, update_wrapper
from types import FunctionType
from typing import Any, TypeVar

from idem_runtime.errors import ConfigurationError

C = TypeVar("C", bound=type)
Function = Callable[..., Any]

WRAPPERS: tuple[type, ...] = (classmethod, staticmethod)

ANSWERS_POST = ("post", "create")
"""Names that answer POST: of class views, and of DRF viewsets (``create``)."""


def mark_class(cls: C, decorate: Callable[[Function], Function], mark: str) -> C:
    """Put a mark on every method of ``cls``, its own or inherited, that answers POST; returns the class itself.

    :raises ConfigurationError: where the class has no such method: the mark would do nothing.
    """
    names = [name for name, member in _members(cls) if _answers_post(name, member)]
    if not names:
        raise ConfigurationError(
            f"@{mark} on class {cls.__name__}, which has no method that answers POST: mark the method itself"
        )
    for name in names:
        member: Any = inspect.getattr_static(cls, name)
        wrapped = isinstance(member, WRAPPERS)
        marked = decorate(_own(cls, name, _unwrapped(member)))
        setattr(cls, name, member.__class__(marked) if wrapped else marked)
    return cls


def _own(cls: type, name: str, function: Function) -> Function:
    """The function itself where the class defines it; else a copy, so that the base class stays as it is."""
    if name in vars(cls) or not isinstance(function, FunctionType):
        return function
    copied = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    return update_wrapper(copied, function, (*WRAPPER_ASSIGNMENTS, "__annotations__"))


def _unwrapped(member: object) -> Any:
    """The function in a classmethod or staticmethod; anything else as it is."""
    return getattr(member, "__func__", member) if isinstance(member, WRAPPERS) else member


def _members(cls: type) -> Iterator[tuple[str, object]]:
    for name in dir(cls):
        if not name.startswith("__"):
            yield name, inspect.getattr_static(cls, name)


def _answers_post(name: str, member: object) -> bool:
    function = _unwrapped(member)
    if not callable(function) or isinstance(function, type):
        return False
    actions = getattr(function, "mapping", None)  # what DRF's @action leaves on a method
    return name in ANSWERS_POST or name.startswith("on_post") or (actions is not None and "post" in actions)
