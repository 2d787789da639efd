"""Rows of a table that the project writes as objects: named tuples, dataclasses, models, and what unpacks them."""

from __future__ import annotations

import ast

from idem_lint.engine import constants
from idem_lint.engine.attribute_lookup import Attributes
from idem_lint.engine.module_facts import Module
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import (
    UNKNOWN,
    Const,
    Either,
    External,
    Func,
    Items,
    Klass,
    Made,
    Member,
    ProjectModule,
    Table,
    Value,
    either,
    options,
)

_NAMED_TUPLE = External("typing.NamedTuple")
_NAMED_TUPLES = frozenset({"collections.namedtuple", "typing.NamedTuple"})
_AS_TABLE = frozenset({"dataclasses.asdict", "attr.asdict", "attrs.asdict", "msgspec.structs.asdict"})
AS_ROW = frozenset({"dataclasses.astuple", "attr.astuple", "attrs.astuple", "msgspec.structs.astuple"})
_TABLE_METHODS = frozenset({"_asdict", "model_dump", "dict"})


class Records(Attributes):
    """Reads objects whose class says which fields they have."""

    def named_field(self, owner: Made, name: str) -> Value | None:
        """A field of a tuple whose names a call of ``namedtuple`` gives, from the call that made it."""
        names = self._named(owner.callee)
        given = self._given_at(owner, names.index(name)) if name in names else UNKNOWN
        return None if given == UNKNOWN else given

    def unpacked(self, value: Value, path: tuple[int, ...]) -> Value:
        """The part of a value that an unpacking assignment reaches by these indices."""
        return constants.unpack(self.row(value), path) if path else value

    def row(self, value: Value) -> Value:
        """A named tuple as the items that it is; anything else as it is."""
        if not isinstance(value, Made | Either):
            return value
        found = [self._row(option) for option in options(value)]
        return either(found)

    def table(self, value: Value) -> Table | None:
        """An object as a dict of its fields; ``None`` where its fields are not known."""
        names = self._fields(value.callee) if isinstance(value, Made) else ()
        return Table(tuple((Const(name), self.attribute(value, name)) for name in names)) if names else None

    def spread(self, value: Value) -> Value:
        """What ``**value`` gives: the fields of an object, where it is made of them (``**asdict(row)``)."""
        if not isinstance(value, Made):
            return value
        callee, call = value.callee, value.call
        table = None
        if isinstance(callee, Member) and callee.name in _TABLE_METHODS:
            table = self.table(callee.owner)
        elif isinstance(callee, External) and callee.name in _AS_TABLE and call.args:
            table = self.table(self.evaluate(call.args[0], value.scope, value.environment))
        return value if table is None else table

    def member_names(self, owner: Value) -> list[str] | None:
        """The names that a class of the project, or an object of one, has from its body and those of its bases, or that a
        module of the project has, sorted; ``None`` where it is another's or may be that of any class that extends it.
        """
        if isinstance(owner, ProjectModule):
            return sorted(self._names_in(owner.module, set()))
        klass = owner.callee if isinstance(owner, Made) else owner
        if not isinstance(klass, Klass):
            return None
        if self.heirs.get(klass.node) and not (isinstance(owner, Made) and owner.call is not SELF):
            return None
        bases = [base for base in self.mro(klass) if isinstance(base, Klass)]
        return sorted({name for base in bases for name in base.body.bindings if "." not in name})

    def _names_in(self, module: Module, seen: set[Module]) -> set[str]:
        """The names that a module has, with those that it imports from others of the project by ``*``."""
        names = {name for name in module.scope.bindings if "." not in name}
        seen.add(module)
        for origin in module.scope.stars:
            other = self.modules.find(origin, module)
            if other is not None and other not in seen:
                names |= self._names_in(other, seen)
        return names

    def _row(self, value: Value) -> Value:
        callee = value.callee if isinstance(value, Made) else value
        names = self._named(callee)
        if isinstance(callee, Klass) and _NAMED_TUPLE in self.mro(callee):
            names = self._fields(callee)
        if value is callee or not names:
            return value
        return Items(tuple(self.attribute(value, name) for name in names))

    def _fields(self, callee: Value) -> tuple[str, ...]:
        """The fields that the call of a class gives or leaves to their defaults; none where ``__init__`` says otherwise."""
        if not isinstance(callee, Klass):
            return self._named(callee)
        has_own = isinstance(self.class_attribute(callee, "__init__"), Func)
        return () if has_own else self.fields(callee) or self._named(callee)

    def _named(self, callee: Value) -> tuple[str, ...]:
        """The names of ``namedtuple("Route", "method path handler")``, or of the one that a class extends."""
        if isinstance(callee, Klass):
            if any(isinstance(base, External) and base.name in _NAMED_TUPLES for base in self.mro(callee)):
                bases = (self.evaluate(base, callee.scope, callee.environment) for base in callee.node.bases)
                return next((names for base in bases if (names := self._named(base))), ())
            return ()
        if not isinstance(callee, Made) or not isinstance(callee.callee, External):
            return ()
        if callee.callee.name not in _NAMED_TUPLES:
            return ()
        for node in callee.call.args[1:2]:
            return _names(self.evaluate(node, callee.scope, callee.environment))
        return ()

    def _given_at(self, made: Made, position: int) -> Value:
        """What a call gives for a field: by its name, by its place, or in a row that is spread."""
        name = self._named(made.callee)[position]
        for word in made.call.keywords:
            if word.arg == name:
                return self.evaluate(word.value, made.scope, made.environment)
        row = ast.copy_location(ast.List(made.call.args, ast.Load()), made.call)
        return constants.item(self.evaluate(row, made.scope, made.environment), Const(position))


def _names(given: Value) -> tuple[str, ...]:
    """Field names: a text of them, a list of texts, or a list of pairs with their types."""
    if isinstance(given, Const):
        return tuple(str(given.value).replace(",", " ").split())
    every = (
        constants.item(each, Const(0)) if isinstance(each, Items) else each for each in constants.items(given)
    )
    return tuple(name.value for name in every if isinstance(name, Const) and isinstance(name.value, str))
