"""What the own code of a handler or dependency refers to, and which of it lends a transaction.

Own code is defined in :mod:`idem_runtime.startup.connection_check`. Names are read from the bytecode, because that is
what runs; values are looked at as they lie there: nothing of the program's is called.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import inspect
import sys
import typing
from collections.abc import Iterator
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, TypeAlias, cast

from idem_runtime.execution.lent_parameters import Lent
from idem_runtime.idempotency import Idempotency
from idem_runtime.marks import MoneyMoving, mark_of

LENDING = frozenset({"connection", "sync_connection", "session", "sync_session"})
"""The methods of an ``Idempotency`` that lend."""

DATABASES = frozenset(
    {
        *("asyncpg", "pg8000", "psycopg", "psycopg2", "psycopg_pool"),
        *("django", "flask_sqlalchemy", "peewee", "sqlalchemy", "sqlmodel", "tortoise"),
    }
)
OPENS = ("connect", "engine", "pool", "session", "sqlalchemy")
"""What is in the name of that which opens connections or sessions, in lower case."""

MISSING: Any = object()
GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
IMPORT = ("IMPORT_NAME",)
CACHED: type = type(functools.cache(len))
CALLED = (FunctionType, MethodType, functools.partial, CACHED)
NAMED = (type, FunctionType, BuiltinFunctionType, MethodType)
"""What has a name of its own; of anything else, its class has."""

Code: TypeAlias = tuple[Any, "type | None"]
"""Something whose code is looked into, and the class whose method it is."""


def lends(value: Any) -> bool:
    """Whether ``value`` is something that lends, or a method or partial of it."""
    kind = class_of(value)
    if issubclass(kind, MethodType) and issubclass(class_of(value.__self__), Idempotency):
        return value.__name__ in LENDING
    if issubclass(kind, functools.partial):
        return any(map(lends, (value.func, *value.args, *value.keywords.values())))
    if issubclass(kind, CALLED):
        mark = mark_of(value)
        return isinstance(mark, MoneyMoving) and mark.effect == "local"
    return issubclass(kind, (Idempotency, Lent)) or (
        issubclass(kind, type) and issubclass(value, Idempotency)
    )


def holds(value: Any) -> bool:
    """Whether ``value`` is an object with an attribute that lends."""
    if issubclass(class_of(value), (ModuleType, type, *CALLED)):
        return False
    return any(map(lends, _attributes(value)))


def given_to(function: Any) -> Iterator[Any]:
    """What the parameters of ``function`` say: their defaults, and what stands beside their types in ``Annotated[…]``."""
    inner = plain(function)
    if issubclass(class_of(inner), FunctionType):
        yield from inner.__defaults__ or ()
        yield from (inner.__kwdefaults__ or {}).values()
        with contextlib.suppress(Exception):  # evaluating a program's annotations may raise anything
            for hint in typing.get_type_hints(inner, include_extras=True).values():
                yield from getattr(hint, "__metadata__", ())


class References:
    """What the own code of one callable refers to.

    ``lends``: whether something of it lends; nothing more is looked at then. ``words``: every name and text in the code.
    ``complete``: whether every name had a value when it was looked up.
    """

    def __init__(self, call: Any, owner: type | None = None) -> None:
        """``owner``: the class whose method ``call`` is."""
        self.lends = False
        self.complete = True
        self.words: set[Any] = set()
        self._itself = plain(call)
        self._seen: dict[int, Any] = {}
        self._opens: dict[str, str] = {}
        pending: list[Code] = [(call, owner)]
        while pending and not self.lends:
            value, owner = pending.pop()
            if id(value) not in self._seen:
                self._seen[id(value)] = value
                pending.extend(self._read(value, owner))

    def opened(self) -> str:
        """What of it opens connections or sessions of its own, by name; empty where nothing is known to."""
        return ", ".join(f"{name} ({kind})" for name, kind in sorted(self._opens.items()))

    def _read(self, value: Any, owner: type | None) -> Iterator[Code]:
        kind = class_of(value)
        if issubclass(kind, functools.partial):
            for argument in (value.func, *value.args, *value.keywords.values()):
                self._note("an argument", argument)
            yield value.func, owner
        elif issubclass(kind, MethodType):
            if issubclass(class_of(value.__self__), Idempotency):
                self.lends |= lends(value)
                return
            self._note("self", value.__self__)
            yield value.__func__, class_or_own_class(value.__self__)
        elif issubclass(kind, FunctionType):
            yield from self._read_function(value, owner)
        elif issubclass(kind, CACHED):
            yield value.__wrapped__, owner
        elif issubclass(kind, type):
            yield from self._read_class(value)
        else:
            self.lends |= holds(value)
            yield from _functions(inspect.getattr_static(kind, "__call__", None), kind)

    def _read_class(self, cls: type) -> Iterator[Code]:
        for base in cls.__mro__:
            if base.__module__ == cls.__module__:
                for static in vars(base).values():
                    self.lends |= lends(static) and plain(static) is not self._itself
                    yield from _functions(static, cls)

    def _read_function(self, function: FunctionType, owner: type | None) -> Iterator[Code]:
        wrapped = vars(function).get("__wrapped__")
        if wrapped is not None:
            yield wrapped, owner
        if str(function.__globals__.get("__name__")).startswith("idem_runtime."):
            return  # the mark's own wrapper
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            value = _content(cell)
            self._note(name, value)
            if issubclass(class_of(value), CALLED):
                yield value, None
        for code in _codes(function.__code__):
            self.words.update(code.co_names, (text for text in code.co_consts if isinstance(text, str)))
            yield from self._read_code(code, function.__globals__, owner)

    def _read_code(self, code: CodeType, module: dict[str, Any], owner: type | None) -> Iterator[Code]:
        names = frozenset(code.co_names)
        for name in _named_by(code, GLOBAL):
            value = module.get(name, vars(builtins).get(name, MISSING))
            self._note(name, value, names)
            yield from _of_module(value, module)
        for name in _named_by(code, IMPORT):
            for value in _imported(name, str(module.get("__package__") or "")):
                self._note(name, value, names)
        for base in owner.__mro__ if owner is not None else ():
            for name in names & vars(base).keys():
                self.lends |= lends(vars(base)[name]) and plain(vars(base)[name]) is not self._itself
                yield from _functions(vars(base)[name], owner)

    def _note(self, name: str, value: Any, names: frozenset[str] = frozenset()) -> None:
        """``names``: what may be attributes of ``value``, where it is a module."""
        if value is MISSING:
            self.complete = False
        elif issubclass(class_of(value), ModuleType):
            content = cast("dict[str, Any]", vars(value))
            for attribute in names & content.keys():
                self._note(f"{name}.{attribute}", content[attribute], names - {attribute})
        elif plain(value) is not self._itself:
            self.lends |= lends(value) or holds(value)
            kind = _database(value)
            if kind is not None:
                self._opens[name] = kind


def class_of(value: object) -> type[Any]:
    """The class itself, whatever a proxy says that it is."""
    return type(value)


def class_or_own_class(value: Any) -> type[Any]:
    """``value`` where it is a class, as the object of a classmethod is; else its class."""
    return value if issubclass(class_of(value), type) else class_of(value)


def plain(value: Any) -> Any:
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


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled in yet
        return MISSING


def _codes(code: CodeType) -> Iterator[CodeType]:
    """``code``, and what is written within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@functools.lru_cache(maxsize=4096)
def _named_by(code: CodeType, operations: tuple[str, ...]) -> frozenset[str]:
    """The names that these operations of ``code`` look up; many handlers lead to one helper."""
    return frozenset(step.argval for step in dis.get_instructions(code) if step.opname in operations)


def _functions(static: Any, owner: type | None) -> Iterator[Code]:
    """The functions behind an attribute of a class."""
    kind = class_of(static)
    if issubclass(kind, (staticmethod, classmethod)):
        static = static.__func__
    elif issubclass(kind, property):
        static = static.fget
    elif issubclass(kind, functools.cached_property):
        static = static.func
    if issubclass(class_of(static), CALLED):
        yield static, owner


def _of_module(value: Any, module: dict[str, Any]) -> Iterator[Code]:
    """``value`` where it is own code because it is written in ``module``; of an object, its class."""
    kind = class_of(value)
    if issubclass(kind, CALLED):
        if getattr(plain(value), "__globals__", None) is module:
            yield value, None
    elif class_or_own_class(value).__module__ == module.get("__name__"):
        yield class_or_own_class(value), None


def _imported(name: str, package: str) -> Iterator[Any]:
    """The modules that an import of ``name`` within ``package`` may mean, which may be relative."""
    parents = package.split(".")
    above = (".".join(parents[:length]) for length in range(len(parents), 0, -1))
    for module in (name, *(f"{parent}.{name}".rstrip(".") for parent in above)):
        yield from filter(None, [sys.modules.get(module)])


def _attributes(value: Any) -> Iterator[Any]:
    """The attributes of an object, of its dictionary and its slots."""
    with contextlib.suppress(
        Exception
    ):  # it has none, or is a proxy that may not be looked into outside a request
        yield from list(object.__getattribute__(value, "__dict__").values())
    for base in class_of(value).__mro__:
        for name, static in vars(base).items():
            if issubclass(class_of(static), MemberDescriptorType):
                yield getattr(value, name, None)


def _database(value: Any) -> str | None:
    """The name of ``value`` or its class, where a library of databases opens connections or sessions by it."""
    named = value if issubclass(class_of(value), NAMED) else class_of(value)
    module, name = str(getattr(named, "__module__", "")), str(getattr(named, "__qualname__", ""))
    known = module.partition(".")[0] in DATABASES and any(word in name.lower() for word in OPENS)
    return f"{module}.{name}" if known else None
