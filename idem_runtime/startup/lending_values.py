"""Which values lend a transaction: an ``Idempotency``, what is bound to one, and local money-moving functions.

Values are looked at as they are: nothing of the application's is called, and no proxy is resolved.
"""

from __future__ import annotations

import contextlib
import functools
import typing
from collections.abc import Iterator
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from idem_runtime.execution.lent_parameters import Lent
from idem_runtime.idempotency import Idempotency
from idem_runtime.marks import MoneyMoving, mark_of
from idem_runtime.startup.engine_values import leads_to_joined

LENDING_METHODS = frozenset({"connection", "sync_connection", "session", "sync_session"})
"""Of an ``Idempotency``."""
CACHED: type = type(functools.cache(len))
CALLABLES = (FunctionType, MethodType, functools.partial, CACHED)


def lends(value: Any) -> bool:
    """Whether ``value`` is something that lends, or a method or partial of it."""
    kind = class_of(value)
    if issubclass(kind, MethodType) and issubclass(class_of(value.__self__), Idempotency):
        return value.__name__ in LENDING_METHODS
    if issubclass(kind, functools.partial):
        return any(map(lends, (value.func, *value.args, *value.keywords.values())))
    if issubclass(kind, CALLABLES):
        mark = mark_of(value)
        return (isinstance(mark, MoneyMoving) and mark.effect == "local") or leads_to_joined(value)
    return (
        issubclass(kind, (Idempotency, Lent))
        or (issubclass(kind, type) and issubclass(value, Idempotency))
        or leads_to_joined(value)
    )


def has_lending_attribute(value: Any) -> bool:
    """Whether ``value`` is an object with an attribute that lends, such as ``Service(idem)``."""
    if issubclass(class_of(value), (ModuleType, type, *CALLABLES)):
        return False
    return any(map(lends, _attributes(value)))


def parameter_values(function: Any) -> Iterator[Any]:
    """What the parameters of ``function`` say: their defaults, and what stands beside their types in ``Annotated[…]``."""
    written = written_function(function)
    if issubclass(class_of(written), FunctionType):
        yield from written.__defaults__ or ()
        yield from (written.__kwdefaults__ or {}).values()
        with contextlib.suppress(Exception):  # evaluating an application's annotations may raise anything
            for hint in typing.get_type_hints(written, include_extras=True).values():
                yield from getattr(hint, "__metadata__", ())


def class_of(value: object) -> type[Any]:
    """The class itself; a proxy's ``__class__`` names another."""
    return type(value)


def class_or_own_class(value: Any) -> type[Any]:
    """``value`` where it is a class, as the object of a classmethod is; else its class."""
    return value if issubclass(class_of(value), type) else class_of(value)


def written_function(value: Any) -> Any:
    """The function that is written in the source, without the partials, methods and wrappers around it."""
    while True:
        kind = class_of(value)
        if issubclass(kind, functools.partial):
            value = value.func
        elif issubclass(kind, MethodType):
            value = value.__func__
        elif issubclass(kind, (FunctionType, CACHED)) and "__wrapped__" in vars(value):
            value = value.__wrapped__
        else:
            return value


def _attributes(value: Any) -> Iterator[Any]:
    """The attributes of an object, of its dictionary and its slots."""
    with contextlib.suppress(Exception):  # no dictionary, or a proxy that cannot be used outside a request
        yield from list(object.__getattribute__(value, "__dict__").values())
    for base in class_of(value).__mro__:
        for name, static in vars(base).items():
            if issubclass(class_of(static), MemberDescriptorType):
                yield getattr(value, name, None)
