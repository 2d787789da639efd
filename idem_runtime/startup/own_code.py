"""What the own code of a handler or dependency refers to, and whether any of that lends a transaction.

Own code is defined in :mod:`idem_runtime.startup.connection_check`. Names are read from the bytecode, because that is
what runs; nothing of the application's is called.
"""

from __future__ import annotations

import builtins
import dis
import functools
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias, cast

from idem_runtime.idempotency import Idempotency
from idem_runtime.startup.database_values import database_name
from idem_runtime.startup.lending_values import (
    CACHED,
    CALLABLES,
    class_of,
    class_or_own_class,
    has_lending_attribute,
    lends,
    written_function,
)

OURS = str(Path(__file__).parent.parent)
"""The folder of this package."""
MISSING: Any = object()
"""A name that has no value yet."""
GLOBAL_LOOKUPS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
IMPORTS = ("IMPORT_NAME",)
Code: TypeAlias = tuple[Any, "type | None"]
"""Something whose code is looked into, and the class whose method it is."""


class References:
    """What the own code of one callable refers to.

    ``lends``: whether something of it lends; nothing more is looked at then. ``words``: every name and text in the code.
    ``complete``: whether every name had a value when it was looked up.
    """

    def __init__(self, call: Any, owner: type | None = None, *, look_at_all: bool = False) -> None:
        """``owner``: the class whose method ``call`` is. ``look_at_all``: also when something lends already."""
        self.lends = False
        self.complete = True
        self.words: set[Any] = set()
        self._itself = written_function(call)
        self._seen: dict[int, Any] = {}
        self._databases: dict[str, str] = {}
        self.opening: list[Any] = []
        """What of it opens connections or sessions."""
        pending: list[Code] = [(call, owner)]
        while pending and (look_at_all or not self.lends):
            value, owner = pending.pop()
            if id(value) not in self._seen:
                self._seen[id(value)] = value
                pending.extend(self._read(value, owner))

    def databases(self) -> str:
        """What of it opens connections or sessions, by name; empty where nothing is known to."""
        return ", ".join(f"{name} ({kind})" for name, kind in sorted(self._databases.items()))

    def _read(self, value: Any, owner: type | None) -> Iterator[Code]:
        """Note what ``value`` refers to; yields the code that it leads to."""
        kind = class_of(value)
        if issubclass(kind, functools.partial):
            for argument in (value.func, *value.args, *value.keywords.values()):
                self._note("an argument", argument)
            yield value.func, owner
        elif issubclass(kind, MethodType):
            yield from self._read_method(value)
        elif issubclass(kind, FunctionType):
            yield from self._read_function(value, owner)
        elif issubclass(kind, CACHED):
            yield value.__wrapped__, owner
        elif issubclass(kind, type):
            yield from self._read_class(value)
        else:
            self.lends |= has_lending_attribute(value)
            yield from _functions(inspect.getattr_static(kind, "__call__", None), kind)

    def _read_method(self, method: Any) -> Iterator[Code]:
        if issubclass(class_of(method.__self__), Idempotency):
            self.lends |= lends(method)
            return
        self._note("self", method.__self__)
        yield method.__func__, class_or_own_class(method.__self__)

    def _read_class(self, cls: type) -> Iterator[Code]:
        for base in cls.__mro__:
            if base.__module__ == cls.__module__:
                for attribute in vars(base).values():
                    yield from self._read_attribute(attribute, cls)

    def _read_attribute(self, attribute: Any, owner: type) -> Iterator[Code]:
        self.lends |= lends(attribute) and written_function(attribute) is not self._itself
        yield from _functions(attribute, owner)

    def _read_function(self, function: FunctionType, owner: type | None) -> Iterator[Code]:
        wrapped = vars(function).get("__wrapped__")
        if wrapped is not None:
            yield wrapped, owner
        if function.__code__.co_filename.startswith(OURS):
            return  # the mark's own wrapper
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            value = _content(cell)
            self._note(name, value)
            if issubclass(class_of(value), CALLABLES):
                yield value, None
        for code in _with_nested_code(function.__code__):
            self.words.update(code.co_names, (text for text in code.co_consts if isinstance(text, str)))
            yield from self._read_code(code, function.__globals__, owner)

    def _read_code(self, code: CodeType, module: dict[str, Any], owner: type | None) -> Iterator[Code]:
        names = frozenset(code.co_names)
        for name in _names_in(code, GLOBAL_LOOKUPS):
            value = module.get(name, vars(builtins).get(name, MISSING))
            self._note(name, value, names)
            yield from _code_of_module(value, module)
        for name in _names_in(code, IMPORTS):
            for value in _imported(name, str(module.get("__package__") or "")):
                self._note(name, value, names)
        if owner is not None:
            for base in owner.__mro__:
                for name in names & vars(base).keys():
                    yield from self._read_attribute(vars(base)[name], owner)

    def _note(self, name: str, value: Any, names: frozenset[str] = frozenset()) -> None:
        """``names``: what may be attributes of ``value``, where it is a module."""
        if value is MISSING:
            self.complete = False
        elif issubclass(class_of(value), ModuleType):
            content = cast("dict[str, Any]", vars(value))
            for attribute in names & content.keys():
                self._note(f"{name}.{attribute}", content[attribute], names - {attribute})
        elif written_function(value) is not self._itself:
            self.lends |= lends(value) or has_lending_attribute(value)
            database = database_name(value)
            if database is not None:
                self._databases[name] = database
                self.opening.append(value)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled in yet
        return MISSING


def _with_nested_code(code: CodeType) -> Iterator[CodeType]:
    """``code``, and what is written within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested_code(constant)


@functools.lru_cache(maxsize=4096)  # many handlers lead to one helper
def _names_in(code: CodeType, operations: tuple[str, ...]) -> frozenset[str]:
    """The names that these operations of ``code`` look up."""
    return frozenset(step.argval for step in dis.get_instructions(code) if step.opname in operations)


def _functions(attribute: Any, owner: type | None) -> Iterator[Code]:
    """The function behind an attribute of a class, if there is one."""
    kind = class_of(attribute)
    if issubclass(kind, (staticmethod, classmethod)):
        attribute = attribute.__func__
    elif issubclass(kind, property):
        attribute = attribute.fget
    elif issubclass(kind, functools.cached_property):
        attribute = attribute.func
    if issubclass(class_of(attribute), CALLABLES):
        yield attribute, owner


def _code_of_module(value: Any, module: dict[str, Any]) -> Iterator[Code]:
    """``value`` where it is own code because it is written in ``module``; of an object, its class."""
    kind = class_of(value)
    if issubclass(kind, CALLABLES):
        if getattr(written_function(value), "__globals__", None) is module:
            yield value, None
    elif class_or_own_class(value).__module__ == module.get("__name__"):
        yield class_or_own_class(value), None


def _imported(name: str, package: str) -> Iterator[Any]:
    """The modules that an import of ``name`` within ``package`` may mean, which may be relative."""
    parents = package.split(".")
    above = (".".join(parents[:length]) for length in range(len(parents), 0, -1))
    for module in (name, *(f"{parent}.{name}".rstrip(".") for parent in above)):
        if sys.modules.get(module) is not None:
            yield sys.modules[module]
