"""What the project puts on objects of a framework, to be taken from there later: ``app.state.gateway = StripeGateway()``,
``app.extensions["payments"] = client``, ``server.trading = service``.

An attribute or a key of an object that is not the project's is looked up by its name in everything that the project assigns
to such a name. Only names of methods that classes of the project have are asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module, Scope
from idem_lint.engine.value_types import (
    Klass,
    Member,
    Parameter,
    Value,
)
from idem_lint.reach.common_methods import COMMON
from idem_lint.reach.origins import origin
from idem_lint.reach.receivers import Receivers

_PLACES = 8
"""How many assignments of one name are looked at."""


class PutOn:
    """Answers with the classes of what was put somewhere under a name."""

    def __init__(
        self, evaluator: Evaluator, receivers: Receivers, modules: Callable[[], list[Module]]
    ) -> None:
        self._evaluator = evaluator
        self._receivers = receivers
        self._modules = modules
        self._methods: set[str] | None = None
        self._classes: dict[str, list[Klass]] = {}
        self._assignments: dict[Module, dict[str, list[tuple[ast.expr, Scope]]]] = {}

    def classes(self, owner: Value, node: ast.expr, method: str) -> list[Klass]:
        """The classes of a call's owner, whose ``method`` is called: by its value, else by the key in ``node``."""
        if method in COMMON or method not in self._known():
            return []
        name = _key(node) or _name(owner)
        if not name:
            return []
        found = self._put_under(name)
        is_put = not found and any(True for _ in self._places(name))
        # Where a parameter was put there, its name is all that there is.
        return self._receivers.by_name(ast.Name(name, ast.Load()), method) if is_put else found

    def _put_under(self, name: str) -> list[Klass]:
        if name not in self._classes:
            self._classes[name] = []  # what is put there may be taken from there
            found: dict[ast.AST, Klass] = {}
            for value, scope in list(self._places(name))[:_PLACES]:
                found.update({klass.node: klass for klass in self._receivers.classes(value, scope, {})})
            self._classes[name] = list(found.values())
        return self._classes[name]

    def _places(self, name: str) -> Iterator[tuple[ast.expr, Scope]]:
        for module in self._modules():
            if name.encode() not in module.words:
                continue
            if module not in self._assignments:
                self._assignments[module] = _assignments(module)
            yield from self._assignments[module].get(name, ())

    def _known(self) -> set[str]:
        """The names of the methods of the project's classes."""
        if self._methods is None:
            self._methods = {
                name
                for module in self._modules()
                for node, _ in module.classes
                for name in module.scopes[node].bindings
            }
        return self._methods


def _name(owner: Value) -> str:
    """The name under which a package's object, or one that a function is given, has a value."""
    is_elsewhere = isinstance(owner, Member) and (origin(owner) or isinstance(_root(owner), Parameter))
    return owner.name if isinstance(owner, Member) and is_elsewhere else ""


def _root(value: Value) -> Value:
    while isinstance(value, Member):
        value = value.owner
    return value


def _key(node: ast.expr) -> str:
    """``payments`` of ``app.extensions["payments"]``."""
    node = node.value if isinstance(node, ast.Await) else node
    key = node.slice if isinstance(node, ast.Subscript) else None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


def _assignments(module: Module) -> dict[str, list[tuple[ast.expr, Scope]]]:
    """What a module puts on objects, by the name under which."""
    found: dict[str, list[tuple[ast.expr, Scope]]] = {}
    for statement in module.statements:
        for name, value in _assigned(statement.node):
            found.setdefault(name, []).append((value, statement.scope))
    for site in module.sites([b"setattr"]):
        for name, value in _set(site.node):
            found.setdefault(name, []).append((value, site.scope))
    return found


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What a statement puts on some object, and under which name."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for name in dict.fromkeys(map(_place, targets)):
            if name:
                yield name, node.value


def _place(target: ast.expr) -> str:
    if isinstance(target, ast.Attribute):
        is_own = isinstance(target.value, ast.Name) and target.value.id in {"self", "cls"}
        return "" if is_own else target.attr
    return _key(target) if isinstance(target, ast.Subscript) else ""


def _set(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """``setattr(app.state, "gateway", gateway)``."""
    if isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(node.args) == 3:
        name = node.args[1]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value, node.args[2]


__all__ = ["PutOn"]
