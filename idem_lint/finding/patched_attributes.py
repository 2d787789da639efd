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
                    if self._may_be_method(binding.node, scope):
                        for env in self._environments(self._named(root, between[:-1], scope, {}), scope):
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
        return [*self._evaluator.applications.get(node, ()), *self._given(node, scope.module)]

    def _given(self, node: ast.FunctionDef | ast.AsyncFunctionDef, here: Module) -> Iterator[Environment]:
        """The arguments of the calls of a function."""
        evaluator = self._evaluator
        for site in self._call_index.sites(node.name, here):
            if terminal(site.node.func) != node.name:
                continue
            for env in evaluator.rounds(site.loops, site.scope, {}) or [{}]:
                for callee in options(evaluator.evaluate(site.node.func, site.scope, env)):
                    function = callee.function if isinstance(callee, Bound) else callee
                    if isinstance(function, Func) and function.node is node:
                        made = Made(callee, site.node, site.scope, env)
                        yield evaluator.arguments(function, made, bound=isinstance(callee, Bound))

    def _put(self, owner: Value, name: str, patch: _Patch) -> None:
        if isinstance(owner, Klass) and _is_method(patch.value):
            if name not in owner.body.bindings:
                line = owner.node.end_lineno or owner.node.lineno
                given = Known(patch.value, patch.node)
                owner.body.bindings[name] = [Binding("assign", line, given, name=name)]
                owner.body.module.is_changed = True
        elif isinstance(owner, External):
            self._evaluator.added.setdefault(name, {})[owner.name] = patch.value


def _is_method(value: Value) -> bool:
    """Whether a value is a function of the project, seen through decorators or not."""
    while isinstance(value, Applied):
        value = value.target
    return isinstance(value, Func | Lambda)
