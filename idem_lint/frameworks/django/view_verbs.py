"""``http_method_names``: what a class view lets through, in the class and where it is registered.

Source: django/views/generic/base.py: ``request.method.lower() in self.http_method_names``, so names in capitals match
nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from idem_lint.engine import constants, parameter_binding
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import Applied, Environment, Items, Klass, Made, Value
from idem_lint.finding.interface import VERBS, Methods, Slot
from idem_lint.frameworks.django.view_inheritance import texts

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

ATTRIBUTE = "http_method_names"
_ALL = frozenset({*VERBS, "trace"})
_TESTS: dict[type[ast.cmpop], Callable[[str, frozenset[str]], bool]] = {
    ast.Eq: lambda name, others: name in others,
    ast.In: lambda name, others: name in others,
    ast.NotEq: lambda name, others: name not in others,
    ast.NotIn: lambda name, others: name not in others,
}


def permitted(finder: Finder, klass: Klass, registered: Value | None, methods: Methods) -> Methods:
    """Those of the methods that the class, as registered, lets through; all of them where that is not known."""
    names = _given(finder, registered)
    if names is None:
        names = _declared(finder, klass)
    if names is None or "*" in methods:
        return methods
    return frozenset(method for method in methods if method.lower() in names)


def _given(finder: Finder, registered: Value | None) -> frozenset[str] | None:
    """The names given to ``as_view``."""
    while isinstance(registered, Applied):
        registered = registered.target
    if not isinstance(registered, Made):
        return None
    made = registered
    given = parameter_binding.read(made.call, finder.evaluator, made.scope, made.environment)
    value = given.get(Slot(None, (ATTRIBUTE,)))
    return _names(value) if value is not None else None


def _declared(finder: Finder, klass: Klass) -> frozenset[str] | None:
    for base in finder.evaluator.mro(klass):
        found = base.body.bindings.get(ATTRIBUTE) if isinstance(base, Klass) else None
        if found and isinstance(base, Klass):
            node = found[-1].node
            if isinstance(node, ast.expr):
                return _read(finder, node, base.body, base.environment)
    return None


def _read(finder: Finder, node: ast.expr, scope: Scope, env: Environment) -> frozenset[str] | None:
    """The names in an expression; ``None`` where they are not known."""
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp) and len(node.generators) == 1:
        start = _read(finder, node.generators[0].iter, scope, env)
        return _filtered(finder, node.generators[0], start, scope, env) if start is not None else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        return _read(finder, node.args[0], scope, env)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        left, right = _read(finder, node.left, scope, env), _read(finder, node.right, scope, env)
        return left - right if left is not None and right is not None else None
    value = finder.evaluator.evaluate(node, scope, env)
    names = _names(value)
    if names is None and isinstance(node, ast.Attribute) and node.attr == ATTRIBUTE:
        return _ALL
    return names


def _names(value: Value) -> frozenset[str] | None:
    names, complete = texts(value)
    is_list = isinstance(value, Items) or isinstance(constants.iterate(value), Items)
    return names if is_list and (complete or "post" in names) else None


def _filtered(
    finder: Finder, part: ast.comprehension, names: frozenset[str], scope: Scope, env: Environment
) -> frozenset[str]:
    for test in part.ifs:
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _TESTS:
            others, complete = texts(finder.evaluator.evaluate(test.comparators[0], scope, env))
            if complete:
                check = _TESTS[type(test.ops[0])]
                names = frozenset(name for name in names if check(_seen(test.left, name), others))
    return names


def _seen(node: ast.expr, name: str) -> str:
    """A name as a test sees it: ``name.upper()`` is in capitals."""
    is_upper = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "upper"
    )
    return name.upper() if is_upper else name
