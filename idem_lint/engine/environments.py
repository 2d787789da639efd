"""The arguments of calls, told apart by what they are: two calls with the same arguments are one question."""

from __future__ import annotations

import ast

from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import (
    Bound,
    Const,
    Either,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    ProjectModule,
    Table,
    Unknown,
    Value,
)

# In an environment: the attribute of whatever nothing is known of.
ANY_OWNER = 0
# In an environment: which attributes are read of whatever nothing is known of is to be noted.
ASKED = (ANY_OWNER, "")
# Of how many environments it is kept what they are the same as.
_MOST = 20_000
# How many items of a collection are looked at.
_ITEMS = 8
# How far into a value it is looked: what is longer is only the same as itself.
_DEPTH = 4


class Given:
    """Arguments, one for all environments that hold the same."""

    __slots__ = ("_nodes", "environment", "is_presumed", "parts")

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._nodes = {node for node, _ in environment}
        self.is_presumed = ANY_OWNER in self._nodes
        self.parts: dict[Scope, Given | None] = {}

    def leaves(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression is the same whatever the arguments are: it is made of names of its module and of literals,
        none of which they give.
        """
        return not self.is_presumed and id(scope.module.tree) not in self._nodes and self._leaves(node, scope)

    def _leaves(self, node: ast.expr, scope: Scope) -> bool:
        if isinstance(node, ast.Name):
            inner = scope
            while inner.parent is not None:
                if node.id in inner.bindings or inner.stars or (id(inner.node), node.id) in self.environment:
                    return False
                inner = inner.parent
            return True
        if isinstance(node, ast.Attribute):
            return self._leaves(node.value, scope)
        if isinstance(node, ast.Call):
            given = (*node.args, *(word.value for word in node.keywords))
            return self._leaves(node.func, scope) and all(self._leaves(each, scope) for each in given)
        return isinstance(node, ast.Constant)


class Environments:
    """Knows the environments that are in use."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Environment, Given]] = {}
        self._same: dict[object, Given] = {}

    @property
    def are_many(self) -> bool:
        """Whether it is time to forget them, and what was kept for them."""
        return len(self._known) > _MOST

    def forget(self) -> None:
        """Drop all. What is the same for several scopes leads back to itself, and would be kept."""
        for _, given in self._known.values():
            given.parts.clear()
        self._known.clear()
        self._same.clear()

    def given(self, environment: Environment, scope: Scope) -> Given | None:
        """What of an environment counts in a scope; ``None`` where nothing does."""
        whole = self._whole(environment)
        if scope not in whole.parts:
            whole.parts[scope] = self._part(whole, scope)
        return whole.parts[scope]

    def _whole(self, environment: Environment) -> Given:
        known = self._known.get(id(environment))
        if known is None:
            given = self._given(environment)
            known = self._known[id(environment)] = environment, given
            self._known[id(given.environment)] = given.environment, given
        return known[1]

    def _part(self, whole: Given, scope: Scope) -> Given | None:
        if whole.is_presumed:
            return whole
        around: set[int] = set()
        current: Scope | None = scope
        while current is not None:
            around.add(id(current.node))
            current = current.parent
        environment = {key: value for key, value in whole.environment.items() if key[0] in around}
        if len(environment) == len(whole.environment):
            return whole
        return self._whole(environment) if environment else None

    def _given(self, environment: Environment) -> Given:
        if any(node == ANY_OWNER for node, _ in environment):
            return Given(environment)
        content = frozenset((key, self._identity(value)) for key, value in environment.items())
        given = self._same.get(content)
        if given is None:
            given = self._same[content] = Given(environment)
        return given

    def _identity(self, value: Value, depth: int = 0) -> object:
        """What tells a value from others; that of what is kept alive by the environment that it stands in."""
        kind = type(value)
        if isinstance(value, Const):
            return kind, type(value.value), value.value
        if isinstance(value, External | Unknown):
            return value
        if isinstance(value, Func | Lambda | Klass):
            return kind, value.node, self._own(value.environment, value.scope)
        if isinstance(value, ProjectModule):
            return kind, value.module
        if depth < _DEPTH:
            parts = self._parts(value, depth + 1)
            if parts is not None:
                return kind, parts
        return id(value)

    def _parts(self, value: Value, depth: int) -> tuple[object, ...] | None:
        """What a value is made of; ``None`` where it is only the same as itself, as is a link of a chain of decorators:
        chains are told apart by their links.
        """
        if isinstance(value, Made):
            own = self._own(value.environment, value.scope)
            return value.call, value.scope, own, self._identity(value.callee, depth)
        if isinstance(value, Parameter):
            annotation = None if value.annotation is None else self._identity(value.annotation, depth)
            return value.scope, value.name, annotation
        if isinstance(value, Bound):
            return self._identity(value.function, depth), self._identity(value.owner, depth)
        if isinstance(value, Either) and len(value.options) <= _ITEMS:
            return tuple(self._identity(option, depth) for option in value.options)
        if isinstance(value, Member):
            return value.name, self._identity(value.owner, depth), id(value.computed)
        if isinstance(value, Items) and len(value.items) <= _ITEMS:
            return value.complete, value.ordered, *(self._identity(item, depth) for item in value.items)
        if isinstance(value, Table) and len(value.pairs) <= _ITEMS:
            items = (self._identity(item, depth) for pair in value.pairs for item in pair)
            return value.complete, value.certain, *items
        return None

    def _own(self, environment: Environment, scope: Scope) -> Given | None:
        return self.given(environment, scope) if environment else None
