"""Which names may register: those of the frameworks, and those the project turns out to have for them.

A module has many decorators, calls and classes, and few that register. These checks read names only, so that the
evaluator follows just the few; a name the project gives to a registrar, a composed decorator or a view class is learnt.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import Binding, Module, Scope, terminal

if TYPE_CHECKING:
    from idem_lint.finding.known_frameworks import Registry

# A call by one of these names alone registers nothing that moves money.
_QUIET = frozenset({"get", "put", "patch", "delete", "head", "options", "trace"})
# Too common to search a project for; a decorator or registrar of such a name is found in its own module and by import.
_COMMON = frozenset(
    {"__init__", "main", "init", "setup", "run", "wrapper", "decorator", "inner", "decorate", "get"}
)


class Vocabulary:
    """Names that register. ``learnt`` are the project's own."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._quiet = _QUIET | registry.local
        self.learnt: set[str] = set()
        self._mentions: dict[Module, list[tuple[str, bool, frozenset[str]]]] = {}
        self._prepared: dict[Module, tuple[int, frozenset[str]]] = {}
        self._refresh()

    def learn(self, *names: str) -> None:
        """Remember names of the project's own registrars, composed decorators and view classes."""
        known = len(self.learnt)
        self.learnt.update(
            name for name in names if name not in _COMMON and len(name) > 1 and not name.startswith("__")
        )
        if len(self.learnt) > known:
            self._refresh()

    def _refresh(self) -> None:
        """``calls``: names whose calls register what they are given. ``words``: what a registering statement shows."""
        self.calls = self._registry.call_names | self.learnt
        self.routes = self._registry.route_names | self.learnt
        self.loud = self.routes - self._quiet
        self.words = self._registry.route_names - self._quiet | self.calls | {"getattr"}

    def prepared(self, module: Module) -> frozenset[str]:
        """Names in a module that hold a route method, or what one made: ``money = router.post("/x")``."""
        known = self._prepared.get(module)
        if known is None or known[0] != len(self.learnt):
            names = frozenset(
                name
                for name, is_import, mentioned in self._mentioned(module)
                if not mentioned.isdisjoint(self.routes if is_import else self.loud)
            )
            known = self._prepared[module] = (len(self.learnt), names)
        return known[1]

    def _mentioned(self, module: Module) -> list[tuple[str, bool, frozenset[str]]]:
        """What the bindings of a module that could hold a route method mention."""
        if module not in self._mentions:
            self._mentions[module] = [
                (name, binding.kind == "import", mentioned)
                for scope in module.scopes.values()
                for name, found in scope.bindings.items()
                for binding in found
                if (mentioned := frozenset(_mentions(binding)))
            ]
        return self._mentions[module]

    def exported(self, module: Module) -> frozenset[str]:
        """The prepared names that other modules may import."""
        return frozenset(
            name
            for name in self.prepared(module)
            for binding in module.scope.bindings.get(name, ())
            if binding.kind == "assign" or binding.target.rpartition(".")[2] in self.learnt
        )

    def is_loud(self, name: str) -> bool:
        """Whether a name may register a POST."""
        return name in self.loud

    def may_register(self, decorator: ast.expr, scope: Scope) -> bool:
        """Whether a decorator may register what it is put on."""
        head = decorator
        while isinstance(head, ast.Call):
            head = head.func
        if not isinstance(head, ast.Name | ast.Attribute):
            return True
        if any(name in self.routes for name in _names(decorator)):
            return True
        return isinstance(head, ast.Name) and (head.id == "getattr" or head.id in self.prepared(scope.module))

    def may_be_view(self, node: ast.ClassDef, scope: Scope, depth: int = 0) -> bool:
        """Whether a class may have a view class among its bases, or methods that something registers."""
        if node.name in self.learnt or self._registry.is_duck_typed(node):
            return True
        return any(self._may_be_base(base, scope, depth) for base in node.bases)

    def _may_be_base(self, base: ast.expr, scope: Scope, depth: int) -> bool:
        while isinstance(base, ast.Subscript):
            base = base.value
        head = base
        while isinstance(head, ast.Attribute):
            head = head.value
        if not isinstance(head, ast.Name) or depth > 8:
            return True
        if terminal(base) in self.learnt:
            return True
        found = _bindings(head.id, scope)
        return not found or any(self._may_lead(binding, base, scope, depth) for binding in found)

    def _may_lead(self, binding: Binding, base: ast.expr, scope: Scope, depth: int) -> bool:
        if binding.kind == "import":
            name = binding.target.rpartition(".")[2]
            return name in self.learnt or self._registry.by_package(binding.target) is not None
        if isinstance(binding.node, ast.ClassDef):
            return isinstance(base, ast.Name) and self.may_be_view(binding.node, scope, depth + 1)
        return True


def _mentions(binding: Binding) -> Iterator[str]:
    node = binding.node
    if binding.kind == "import":
        yield binding.target.rpartition(".")[2]
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Call) and terminal(node.func)[:1].isupper():  # what an application is made from
        yield terminal(node.func)
    elif isinstance(node, ast.Call | ast.Tuple):
        yield from _names(node)


def _names(node: ast.expr) -> Iterator[str]:
    """The names and texts in a callee and its arguments; tables and comprehensions are not looked into."""
    stack: list[ast.expr] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Attribute):
            yield part.attr
            stack.append(part.value)
        elif isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Constant):
            if isinstance(part.value, str):
                yield part.value
        elif isinstance(part, ast.Call):
            stack.append(part.func)
            stack.extend(part.args)
            stack.extend(word.value for word in part.keywords)
        elif isinstance(part, ast.Tuple):
            stack.extend(part.elts)
        elif isinstance(part, ast.Starred | ast.Await):
            stack.append(part.value)


def _bindings(name: str, scope: Scope | None) -> list[Binding]:
    while scope is not None:
        if name in scope.bindings:
            return scope.bindings[name]
        scope = scope.parent
    return []
