"""What a function reaches through all that it refers to; the rules are those of :mod:`idem_runtime.lending`."""

from __future__ import annotations

import builtins
import functools
import gc
import inspect
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GenericAlias,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    UnionType,
)
from typing import Any, Literal

from idem_runtime import references
from idem_runtime.install import Idempotency, Lent
from idem_runtime.origins import (
    CONTAINERS,
    LOOKING_UP,
    MISSING,
    READ_OF_A_REQUEST,
    absolute,
    accessors,
    annotations_of,
    attributes,
    class_of,
    enclosed,
    function_of,
    hides,
    is_empty,
    is_filled_in_later,
    is_flask_request,
    is_generated,
    is_holder,
    known,
    module_of,
    set_within,
)
from idem_runtime.references import Reference

Kind = Literal["data", "request"]
"""What a parameter gets: something parsed from the request, or the request itself."""

LIMIT = 20_000
"""Objects that are looked at before the search gives up."""

ENOUGH = 500
"""And how many where the answer will not be ``none`` any more."""

ABOUT_THE_CLASS = ("__dict__", "__weakref__", "__doc__", "__annotations__", "__slots__", "__match_args__")
PLAIN = (str, bytes, bytearray, bool, int, float, complex, type(Ellipsis), type(NotImplemented), range, slice)
WRAPPED = (staticmethod, classmethod)


class Found(Exception):
    """A way: nothing else has to be looked at."""


@dataclass(frozen=True)
class Me:
    """What ``self`` is in a method: an object, or an instance of ``cls`` that followed code or (``open``) others make."""

    value: Any = MISSING
    cls: type | None = None
    open: bool = False


@dataclass(frozen=True)
class Scope:
    """Where the names of a code object come from; ``given``: its parameters come from outside."""

    code: CodeType
    module: Mapping[str, Any]
    cells: Mapping[str, Any]
    given: Mapping[str, Kind] | None = None
    me: Me | None = None
    outer: Scope | None = None

    @functools.cached_property
    def parameters(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return references.parameters(self.code)

    def forwards(self) -> bool:
        """Whether what came from outside is passed on whole, to functions of other parameters' names."""
        return self.given is not None and any(
            each.forwarded and each.name in self.parameters[1] for each in references.of(self.code)
        )


class Search:
    """One search; it keeps what it has seen alive, so that no id is given twice."""

    def __init__(self) -> None:
        """Nothing is seen yet."""
        self.unseen = False
        self._seen: dict[tuple[Any, ...], Any] = {}
        self._pending: list[Callable[[], None]] = []

    def finish(self) -> None:
        """Follow all that is pending."""
        while self._pending:
            if len(self._seen) > (ENOUGH if self.unseen else LIMIT):
                self.unseen = True
                return
            self._pending.pop()()

    def enter(self, call: Any, given: Mapping[str, Kind], me: Me | None = None) -> None:
        """Follow what a framework calls, through its decorators: its parameters come from outside."""
        if self._before("enter", call):
            return None
        if isinstance(call, MethodType):
            if known(module_of(call.__func__)) and not hasattr(call.__func__, "__wrapped__"):
                self.look(call.__self__)
            return self.enter(call.__func__, given, Me(call.__self__))
        if isinstance(call, functools.partial):
            self._all((call.args, call.keywords))
            return self.enter(call.func, given, me)
        if isinstance(call, FunctionType):
            return self._enter_function(call, given, me)
        self.look(call)
        method: Any = inspect.getattr_static(call, "__init__" if isinstance(call, type) else "__call__", None)
        if isinstance(method, FunctionType) and not known(module_of(method)):
            self.enter(method, given, Me(cls=call) if isinstance(call, type) else Me(call))
        return None

    def _enter_function(self, function: FunctionType, given: Mapping[str, Kind], me: Me | None) -> None:
        inner = getattr(function, "__wrapped__", None)
        if not known(module_of(function)):
            self._function(function, given, me)
        elif inner is None or module_of(function).partition(".")[0] != "idem_runtime":
            self._all(each for each in enclosed(function).values() if each is not MISSING)
        if inner is not None:
            self.enter(inner, given, me)

    def _before(self, purpose: object, value: Any, more: Any = None) -> bool:
        key = (purpose, id(value), id(more))
        if key in self._seen:
            return True
        self._seen[key] = (value, more)
        return False

    def _all(self, values: Iterable[Any], *, strict: bool = True) -> None:
        for value in values:
            self.look(value, strict=strict)

    # What a value leads to

    def look(self, value: Any, *, strict: bool = True) -> None:
        """Follow a value that is used; ``strict``: what is empty may be filled in later."""
        if is_holder(class_of(value)):
            self.unseen = True
        elif is_empty(value):
            self.unseen |= strict
        elif isinstance(value, (Idempotency, Lent)):
            raise Found
        elif class_of(value) not in PLAIN and not self._before("look", value):
            self._pending.append(lambda: self._follow(value, strict=strict))

    def _follow(self, value: Any, *, strict: bool) -> None:
        if isinstance(value, CONTAINERS):
            self._container(value, strict=strict)
        elif isinstance(value, ModuleType):
            self.unseen |= not known(value.__name__)
        elif isinstance(value, type):
            self._class(value)
        else:
            self._follow_callable(value)

    def _follow_callable(self, value: Any) -> None:
        if isinstance(value, FunctionType):
            self._function(value, None, None)
        elif isinstance(value, MethodType):
            self.method(function_of(value), Me(value.__self__))
        elif isinstance(value, functools.partial):
            given = (*value.args, *value.keywords.values())
            self._all((value.func, *(each for each in given if each is not None)))
        elif isinstance(value, property):
            self._all(each for each in (value.fget, value.fset) if each)
        elif isinstance(value, WRAPPED):
            self.look(function_of(value))
        elif isinstance(value, BuiltinFunctionType):
            self.unseen |= value in LOOKING_UP or not known(module_of(value))
            self.look(value.__self__)
        elif not self._annotation(value):
            self._instance(value)

    def method(self, function: Any, me: Me) -> None:
        """Follow a method of a known ``self``, called by followed code."""
        if isinstance(function, FunctionType) and not self._before(("method", me.open), function, me.value):
            self._pending.append(lambda: self._function(function, None, me))
        if not isinstance(function, FunctionType) or known(module_of(function)):
            self._all(each for each in (function, me.value) if each is not MISSING)

    def _function(self, function: FunctionType, given: Mapping[str, Kind] | None, me: Me | None) -> None:
        code, cells = function.__code__, enclosed(function)
        self._all(
            (function.__defaults__ or (), tuple((function.__kwdefaults__ or {}).values())), strict=False
        )
        self._all(filter(None, (vars(function).get("__wrapped__"),)))
        if known(module_of(function)):
            self.unseen |= hides(module_of(function))
            self._all((each for each in cells.values() if each is not MISSING), strict=False)
            return
        if given is not None:
            self._all(
                (each for name, each in annotations_of(function).items() if name != "return"), strict=False
            )
        self.read(Scope(code, function.__globals__, cells, given, me))

    def _class(self, cls: type, instance: Any = MISSING) -> None:
        me = Me(cls=cls) if instance is MISSING else Me(instance)
        for base in cls.__mro__:
            if known(base.__module__):
                self.unseen |= hides(base.__module__) or is_holder(base)
                continue
            self.unseen |= "__getattr__" in vars(base) or "__getattribute__" in vars(base)
            self.look(type(base))
            self._all(annotations_of(base).values(), strict=False)
            for name, value in vars(base).items():
                self._member(name, value, me)

    def _member(self, name: str, value: Any, me: Me) -> None:
        if name in ABOUT_THE_CLASS or is_generated(name) or isinstance(value, MemberDescriptorType):
            return
        if isinstance(value, (property, functools.cached_property)):
            for each in accessors(value):
                self.method(each, me)
        elif isinstance(value, classmethod):
            self.method(function_of(value), Me(me.cls or type(me.value)))
        elif isinstance(value, FunctionType):
            self.method(value, me)
        else:
            self.look(value, strict=False)

    def _container(self, value: Any, *, strict: bool) -> None:
        self._all(value.values() if issubclass(class_of(value), dict) else value, strict=strict)
        if class_of(value) not in CONTAINERS:  # one of a class of its own does more than to contain
            self._all(gc.get_referents(value), strict=False)
            if not known(class_of(value).__module__):
                self._class(class_of(value), value)

    def _instance(self, value: Any) -> None:
        cls, found = class_of(value), attributes(value)
        if known(cls.__module__):
            if cls.__module__ != "logging":  # one logger leads to all others
                self._all(found.values() or gc.get_referents(value), strict=False)
            return
        self._class(cls, value)
        self.unseen |= not found
        self._all(found.values())

    def _annotation(self, value: Any) -> bool:
        """Whether ``value`` is a piece of an annotation, which leads to what it is made of."""
        if not isinstance(value, (GenericAlias, UnionType)) and type(value).__module__ != "typing":
            return False
        self._all((*typing.get_args(value), *getattr(value, "__metadata__", ())), strict=False)
        return True

    # What code refers to

    def read(self, scope: Scope) -> None:
        """Follow every reference of a code object and of those nested in it."""
        forwards = scope.forwards()
        for reference in references.of(scope.code):
            for value in self._resolved(scope, reference):
                if forwards and isinstance(value, (FunctionType, MethodType, functools.partial)):
                    self.enter(value, scope.given or {})
                if value is super:
                    self._super(scope)
                self.look(value)
        for code in references.nested(scope.code):
            self.read(Scope(code, scope.module, scope.cells, None, None, scope))

    def _resolved(self, scope: Scope, reference: Reference) -> Iterator[Any]:
        if reference.root == "import":
            yield from self._imported(scope, reference)
        elif reference.root == "global":
            value = scope.module.get(reference.name, getattr(builtins, reference.name, MISSING))
            if value is MISSING and not scope.code.co_flags & inspect.CO_OPTIMIZED:
                return  # a name of the class body itself
            yield from self.along(value, reference.attributes)
        elif reference.root == "cell":
            yield from self._enclosed(scope, reference)
        else:
            self._local(scope, reference)

    def _enclosed(self, scope: Scope, reference: Reference) -> Iterator[Any]:
        if reference.name in scope.code.co_cellvars:
            self._local(scope, reference)
        elif scope.outer is not None:
            yield from self._enclosed(scope.outer, reference)
        else:
            yield from self.along(scope.cells.get(reference.name, MISSING), reference.attributes)

    def _local(self, scope: Scope, reference: Reference) -> None:
        names, stars = scope.parameters
        if scope.me is not None and names[:1] == (reference.name,):
            self._self(scope.me, reference.attributes)
        elif scope.given is not None and reference.name in (*names, *stars):
            kind = scope.given.get(reference.name)
            harmless = reference.forwarded if reference.name in stars else kind == "data"
            sent = kind == "request" and READ_OF_A_REQUEST.issuperset(reference.attributes[:1] or ("?",))
            self.unseen |= not (harmless or sent)

    def _self(self, me: Me, names: tuple[str, ...]) -> None:
        if me.value is not MISSING:
            self._all(self.along(me.value, names))
            return
        if not names or me.cls is None:
            self.unseen |= me.open
            return
        static = inspect.getattr_static(me.cls, names[0], MISSING)
        self.unseen |= is_empty(static) or (
            static is MISSING and (me.open or names[0] not in set_within(me.cls))
        )
        if me.open and static is not MISSING:
            self._member(names[0], static, me)

    def _super(self, scope: Scope) -> None:
        while scope.outer is not None:
            scope = scope.outer
        if scope.me is not None:
            self._self(scope.me, ())

    def _imported(self, scope: Scope, reference: Reference) -> Iterator[Any]:
        name = absolute(reference.name, str(scope.module.get("__package__") or ""))
        module = sys.modules.get(name)
        if known(name):
            self.unseen |= hides(name)
        elif module is None or not reference.attributes:
            self.unseen = True
        for attribute in reference.attributes if module is not None else ():
            value = vars(module).get(attribute, MISSING)
            if value is not MISSING or not known(name):
                yield from self.along(value, ())

    def along(self, value: Any, names: tuple[str, ...]) -> Iterator[Any]:
        """What ``value.name.name…`` is, looked up without running anything; nothing where it leads no further."""
        if value is MISSING:
            self.unseen = True
            return
        for position, name in enumerate(names):
            if is_flask_request(value):
                self.unseen |= name not in READ_OF_A_REQUEST
                return
            found = self._attribute(value, name)
            if isinstance(found, MethodType) and position + 1 < len(names):
                break
            if found is MISSING:
                return
            value = found
        yield value

    def _attribute(self, value: Any, name: str) -> Any:
        if isinstance(value, (Idempotency, Lent)):
            raise Found
        if isinstance(value, ModuleType):
            found = vars(value).get(name, MISSING)
            self.unseen |= found is MISSING and not known(value.__name__)
            return found
        static: Any = inspect.getattr_static(value, name, MISSING)
        if static is MISSING or is_holder(class_of(value)):
            lost = value is None or not known(module_of(value)) or is_filled_in_later(class_of(value))
            self.unseen |= lost
            self._all(() if lost else (value,))
            return MISSING
        return self._bound(value, static)

    def _bound(self, value: Any, static: Any) -> Any:
        owner = value if isinstance(value, type) else type(value)
        me = Me(cls=owner) if isinstance(value, type) else Me(value)
        if isinstance(static, WRAPPED):
            return (
                MethodType(function_of(static), owner)
                if isinstance(static, classmethod)
                else function_of(static)
            )
        if isinstance(static, FunctionType):
            return static if isinstance(value, type) else MethodType(static, value)
        if isinstance(static, (property, functools.cached_property)):
            for each in accessors(static):
                self.method(each, me)
            return MISSING
        if isinstance(static, MemberDescriptorType):
            return attributes(value).get(static.__name__, None)
        if inspect.isroutine(static):
            self.look(value)
        return static
