"""Methods that a project puts on classes from outside: ``Transfers.post = make``, ``setattr(Transfers, "post", make)``.

A class of the project gets the method as if it stood in its body. What is put on a package's class
(``APIRouter.money = money``) is kept in ``Evaluator.added``, for every object of that package.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from idem_lint.engine.module_facts import Binding, Module, Scope, terminal
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    Environment,
    External,
    Func,
    Klass,
    Known,
    Lambda,
    Made,
    Parameter,
    Value,
    options,
)

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.call_index import CallIndex


_DATA = (ast.Constant, ast.JoinedStr, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.Compare)
"""What is written out and is no function."""


class _Patch(NamedTuple):
    """``owner.name = value``, as it is for one call of the function around it and one round of the loops."""

    owner: Value
    name: Value
    value: Value
    node: ast.expr


class Patches:
    """Looks for patches in the modules in view."""

    def __init__(self, evaluator: Evaluator, call_index: CallIndex) -> None:
        self._evaluator = evaluator
        self._call_index = call_index

    def note(self, module: Module) -> None:
        """Give classes what a module puts on them."""
        for patch in (*self._assigned(module), *self._set(module)):
            for owner in options(patch.owner):
                for name in options(patch.name):
                    if isinstance(name, Const) and isinstance(name.value, str):
                        self._put(owner, name.value, patch)

    def _assigned(self, module: Module) -> Iterator[_Patch]:
        """``Transfers.post = make`` and ``flask.Flask.act = act``."""
        for scope in [*module.scopes.values()]:
            for name, bindings in [*scope.bindings.items()]:
                root, *between = name.split(".")
                if not between or root == "self":
                    continue
                for binding in bindings:
                    if binding.kind != "assign" or not isinstance(binding.node, ast.expr) or binding.path:
                        continue
                    if isinstance(binding.node, _DATA):
                        continue
                    named = self._named(root, between[:-1], scope, {})
                    if any(map(_may_be_patched, options(named))) and self._may_be_method(binding.node, scope):
                        for env in self._environments(named, scope):
                            owner = self._named(root, between[:-1], scope, env)
                            value = self._evaluator.evaluate(binding.node, scope, env)
                            yield _Patch(owner, Const(between[-1]), value, binding.node)

    def _may_be_method(self, node: ast.expr, scope: Scope) -> bool:
        """Whether what is assigned is a function, or a parameter that may be one."""
        given = options(self._evaluator.evaluate(node, scope))
        return any(isinstance(option, Func | Lambda | Applied | Parameter) for option in given)

    def _named(self, root: str, names: list[str], scope: Scope, env: Environment) -> Value:
        value = self._evaluator.lookup(root, scope, env)
        for name in names:
            value = self._evaluator.attribute(value, name)
        return value

    def _set(self, module: Module) -> Iterator[_Patch]:
        """``setattr(Transfers, "post", make)``, in loops as well."""
        evaluator = self._evaluator
        for site in module.sites([b"setattr"]):
            if terminal(site.node.func) != "setattr" or len(site.node.args) != 3:
                continue
            owner = evaluator.evaluate(site.node.args[0], site.scope)
            for outer in self._environments(owner, site.scope):
                for env in evaluator.rounds(site.loops, site.scope, outer) or [outer]:
                    values = [evaluator.evaluate(node, site.scope, env) for node in site.node.args]
                    yield _Patch(values[0], values[1], values[2], site.node)

    def _environments(self, owner: Value, scope: Scope) -> list[Environment]:
        """One without arguments, or one for each call that gives the function its class."""
        if not isinstance(owner, Parameter):
            return [{}]
        node = owner.scope.node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        given = self._given(node, owner.name, scope.module)
        return [*self._evaluator.applications.get(node, ()), *given]

    def _given(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, here: Module
    ) -> Iterator[Environment]:
        """The arguments of the calls of a function that give a parameter of it something that can be patched: of others
        nobody has to know what else they give.
        """
        evaluator = self._evaluator
        for site in self._call_index.sites(node.name, here):
            if terminal(site.node.func) != node.name:
                continue
            for env in evaluator.rounds(site.loops, site.scope, {}) or [{}]:
                for callee in options(evaluator.evaluate(site.node.func, site.scope, env)):
                    function = callee.function if isinstance(callee, Bound) else callee
                    if isinstance(function, Func) and function.node is node:
                        made, is_bound = Made(callee, site.node, site.scope, env), isinstance(callee, Bound)
                        owner = evaluator.given_for(name, function, made, bound=is_bound)
                        if owner is None or any(map(_is_patched, options(owner))):
                            yield evaluator.arguments(function, made, bound=is_bound)

    def _put(self, owner: Value, name: str, patch: _Patch) -> None:
        if isinstance(owner, Klass) and _is_method(patch.value):
            if name not in owner.body.bindings:
                line = owner.node.end_lineno or owner.node.lineno
                given = Known(patch.value, patch.node)
                owner.body.bindings[name] = [Binding("assign", line, given, name=name)]
                owner.body.module.is_changed = True
        elif isinstance(owner, External):
            self._evaluator.added.setdefault(name, {})[owner.name] = patch.value


def _is_patched(owner: Value) -> bool:
    """Whether something is a class, or something else of a package, which gets what is put on it."""
    return isinstance(owner, Klass | External)


def _may_be_patched(owner: Value) -> bool:
    """As :func:`_is_patched`, or a parameter that may be such a thing."""
    return _is_patched(owner) or isinstance(owner, Parameter)


def _is_method(value: Value) -> bool:
    """Whether a value is a function of the project, seen through decorators or not."""
    while isinstance(value, Applied):
        value = value.target
    return isinstance(value, Func | Lambda)
