"""What a registry may give whose keys and entries the source does not tie together: ``self._handlers[event](…)``.

An attribute or a name is a registry if a function of the project puts one of its own parameters into it
(``self._handlers[name] = function``). What such functions are given by the project, as decorators or in calls, may be what a
lookup gives; classes that register themselves by a metaclass or ``__init_subclass__`` count by their base.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import product

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import FunctionNode, Module, Scope, terminal
from idem_lint.engine.value_types import Applied, Bound, Func, Klass, Value, options

_ENTRIES = 12
_PUTS = frozenset({"setdefault", "append", "add", "insert", "update"})
_PUTS_WORDS = [name.encode() for name in sorted(_PUTS)]
_COPIES = frozenset({"list", "tuple", "sorted", "reversed", "set", "iter"})
_TAKES = frozenset({"get", "pop", "values", "items", "__getitem__"})


class Registries:
    """Answers with the entries of registries, by their names."""

    def __init__(self, evaluator: Evaluator, modules: Callable[[], list[Module]]) -> None:
        self._evaluator = evaluator
        self._modules = modules
        self._fillers: dict[str, set[str]] | None = None
        self._entries: dict[str, list[Value]] = {}

    def chosen(self, node: ast.expr, scope: Scope, depth: int = 3) -> list[Value]:
        """What a name, a lookup or a loop over a registry may be: a function or a class of the project."""
        node = node.value if isinstance(node, ast.Await) else node
        if isinstance(node, ast.Call) and terminal(node.func) in _COPIES and node.args:
            return self.chosen(node.args[0], scope, depth)
        name = self._table(node)
        found = self._of(name) if name else []
        if found or depth <= 0:
            return found
        if isinstance(node, ast.Call):
            return self._returned(node, scope, depth)
        if isinstance(node, ast.Name) and depth > 0:
            owner: Scope | None = scope
            while owner is not None and node.id not in owner.bindings:
                owner = owner.parent
            for binding in owner.bindings[node.id] if owner is not None else ():
                if isinstance(binding.node, ast.expr) and binding.node is not node:
                    found = self.chosen(binding.node, owner or scope, depth - 1)
                    if found:
                        return found
        return []

    def _returned(self, node: ast.Call, scope: Scope, depth: int) -> list[Value]:
        """What a function of the project gives that looks into a registry."""
        for option in options(self._evaluator.evaluate(node.func, scope)):
            function = option.function if isinstance(option, Bound) else option
            if isinstance(function, Func):
                for returned in function.body.returns:
                    found = self.chosen(returned, function.body, depth - 1)
                    if found:
                        return found
        return []

    def classes(self, node: ast.expr, scope: Scope) -> list[Klass]:
        """The classes that an expression may be an instance of: ``backends[name]()``, or a name that was given one."""
        nodes: list[ast.AST | None] = [node]
        if isinstance(node, ast.Name):
            nodes += [binding.node for binding in scope.bindings.get(node.id, ())]
        found: list[Value] = []
        for each in nodes:
            inner = each.value if isinstance(each, ast.Await) else each
            if isinstance(inner, ast.Call):
                found += self.chosen(inner.func, scope) or self.chosen(inner, scope)
            elif isinstance(inner, ast.expr):
                found += self.chosen(inner, scope)
        return [value for value in found if isinstance(value, Klass)]

    def _table(self, node: ast.expr) -> str:
        """The name of the dict or list that is looked into; empty where an expression is no lookup."""
        if isinstance(node, ast.Subscript):
            return terminal(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TAKES:
            return terminal(node.func.value)
        if isinstance(node, ast.Attribute):
            return node.attr
        return ""

    def _of(self, name: str) -> list[Value]:
        if name not in self._entries:
            fillers = self._filling().get(name, set())
            found: dict[object, Value] = {}
            for value in self._given(fillers):
                found.setdefault(_node(value), value)
            self._entries[name] = list(found.values())[:_ENTRIES]
        return self._entries[name]

    def _filling(self) -> dict[str, set[str]]:
        """The functions that put what they are given into a registry, by the registry's name."""
        if self._fillers is None:
            self._fillers = {}
            for module in self._modules():
                for name, filler in _filled(module):
                    self._fillers.setdefault(name, set()).add(filler)
        return self._fillers

    def _given(self, fillers: set[str]) -> Iterator[Value]:
        for module in self._modules() if fillers else ():
            if not any(name.encode() in module.words for name in fillers):
                continue
            for node, scope in (*module.functions, *module.classes):
                for decorator in node.decorator_list:
                    func = decorator.func if isinstance(decorator, ast.Call) else decorator
                    if terminal(func) in fillers:
                        yield Klass(node, scope) if isinstance(node, ast.ClassDef) else Func(node, scope)
            for site in module.sites([name.encode() for name in fillers]):
                if terminal(site.node.func) in fillers:
                    yield from self._arguments(site.node, site.scope)

    def _arguments(self, call: ast.Call, scope: Scope) -> Iterator[Value]:
        for argument in [*call.args, *(word.value for word in call.keywords)]:
            if isinstance(argument, ast.Name | ast.Attribute | ast.Call):
                for option in options(self._evaluator.evaluate(argument, scope)):
                    if isinstance(option, Func | Bound | Klass | Applied):
                        yield option


def _node(value: Value) -> object:
    return value.function.node if isinstance(value, Bound) else getattr(value, "node", value)


def _filled(module: Module) -> Iterator[tuple[str, str]]:
    """The names of what functions put their own parameters into, each with the name of such a function."""
    for statement in module.statements:
        node = statement.node
        if isinstance(node, ast.Assign):
            tables = [terminal(each.value) for each in node.targets if isinstance(each, ast.Subscript)]
            yield from product(tables, _givers(node.value, statement.scope) if tables else ())
    for site in module.sites(_PUTS_WORDS):
        node = site.node
        if isinstance(node.func, ast.Attribute) and node.func.attr in _PUTS and node.args:
            givers = _givers(node.args[-1], site.scope)
            yield from product([_inner_name(node.func.value)] if givers else (), givers)


def _inner_name(node: ast.expr) -> str:
    """``self._handlers`` of ``self._handlers.setdefault(name, []).append(…)`` and of ``self._handlers[name].append(…)``."""
    while True:
        if isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return terminal(node)


def _givers(node: ast.expr, scope: Scope) -> list[str]:
    """The functions that are given what a name says: the one whose parameter it is, and those around that one."""
    if not isinstance(node, ast.Name) or node.id in {"self", "cls"}:
        return []
    found: list[str] = []
    current: Scope | None = scope
    while current is not None:
        if isinstance(current.node, FunctionNode):
            if found or _has_parameter(current, node.id):
                found.append(current.node.name)
        current = current.parent
    return found


def _has_parameter(scope: Scope, name: str) -> bool:
    return any(binding.kind == "parameter" for binding in scope.bindings.get(name, ()))


__all__ = ["Registries"]
