"""Decorators of the project that only keep what they are put on, for something that registers it later and is not in sight.

``@post("/transfers")`` that appends to a list; ``@service.post()`` whose object a scan of a package asks for its views. A
decorator that only wraps what it is put on keeps nothing.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from idem_lint.engine.closures import holders, run_at_once, uses
from idem_lint.engine.module_facts import Module, positional
from idem_lint.engine.value_types import Bound, External, Func, Klass, Lambda, Value, options
from idem_lint.finding.not_routes import is_no_route
from idem_lint.finding.unread_calls import origin

if TYPE_CHECKING:
    from idem_lint.finding.find_handlers import Finder
    from idem_lint.finding.interface import KnownFrameworks

# How many functions that hand on what they are given are looked into, one in the other.
_DEPTH = 6


def keeps(decorator: Value, finder: Finder, at: int = 0) -> bool:
    """Whether a decorator or function puts what it is given ``at`` a place somewhere, or hands it to what may."""
    wrapper = finder.evaluator.callable_instance(decorator)
    return _Keeping(finder).by(wrapper or decorator, at, is_wrapper=wrapper is not None)


def may_be_served(decorator: Value, finder: Finder) -> bool:
    """Whether anything that answers requests is in sight of the module that has a decorator: imported there, or by what
    imports that module; a framework, or a package that nobody can read.
    """
    module = getattr(decorator.function if isinstance(decorator, Bound) else decorator, "module", None)
    if not isinstance(module, Module):
        return True
    if module not in finder.served:
        modules = finder.evaluator.modules
        around = [each for each in modules.in_view() if module.path in modules.imported_paths(each)]
        finder.served[module] = any(
            _may_serve(name, finder.registry) and modules.find(name.partition(".")[0], each) is None
            for each in (module, *around)
            for name in each.imports
        )
    return finder.served[module]


def _may_serve(name: str, known: KnownFrameworks) -> bool:
    return (
        known.by_package(name) is not None
        or name.partition(".")[0] == "wsgiref"
        or not (known.is_known(name) or known.is_foreign(name) or is_no_route(name))
    )


class _Keeping:
    """Follows one argument through the functions that it is given to; what runs when a wrapper is called is left out."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._depth = 0

    def by(self, callee: Value, position: int, *, is_wrapper: bool = False) -> bool:
        """Whether what is called keeps its argument at a position; one that nobody can read may. The object of a wrapper's
        class has what it wraps.
        """
        function: Value | None = callee.function if isinstance(callee, Bound) else callee
        bound = isinstance(callee, Bound)
        if isinstance(callee, Klass):
            # What it makes is followed where that is put; it may put it somewhere itself.
            function, position = self._finder.evaluator.class_attribute(callee, "__init__"), 0
            if not isinstance(function, Func):
                return False
        if not isinstance(function, Func | Lambda):
            return self._may_keep(callee)
        spec = positional(function.node)
        if position + bound >= len(spec) or self._depth >= _DEPTH:
            return True
        own = {each.arg for each in spec[:bound]} if is_wrapper else set[str]()
        self._depth += 1
        try:
            return self._keeps(function, spec[position + bound].arg, own)
        finally:
            self._depth -= 1

    def _may_keep(self, callee: Value) -> bool:
        """Not what is of a framework, or of another package that is known: what registers there has registered it."""
        root = origin(callee)
        if self._finder.framework_of(callee) is not None:
            return False
        known = self._finder.registry
        return not isinstance(root, External) or not (
            known.is_known(root.name) or known.is_foreign(root.name) or is_no_route(root.name)
        )

    def _keeps(self, function: Func | Lambda, parameter: str, own: set[str]) -> bool:
        parts = list(run_at_once(function.node))
        names = holders(parameter, parts)
        for part in parts:
            if isinstance(part, ast.Assign | ast.AugAssign | ast.AnnAssign):
                targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                if uses(part.value, names) and any(_is_elsewhere(each, names, own) for each in targets):
                    return True
            elif isinstance(part, ast.Call) and self._is_kept_by(part, names, function):
                return True
        return False

    def _is_kept_by(self, call: ast.Call, names: set[str], function: Func | Lambda) -> bool:
        given = [*call.args, *(word.value for word in call.keywords)]
        held = [index for index, node in enumerate(given) if uses(node, names)]
        scope = function.body
        if not held or _is_of(call.func, names):
            return False
        direct = len(held) == 1 and held[0] < len(call.args) and isinstance(given[held[0]], ast.Name)
        callees = options(self._finder.evaluator.evaluate(call.func, scope, function.environment))
        return any(
            self.by(callee, held[0]) if direct or isinstance(callee, Klass) else self._may_keep(callee)
            for callee in callees
        )


def _is_of(node: ast.expr, names: set[str]) -> bool:
    """Whether an expression is one of the names, or an attribute or a result of it."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in names


def _is_elsewhere(target: ast.expr, names: set[str], own: set[str]) -> bool:
    """Whether what is assigned stays somewhere else than in the function, in what it makes of its parameter, or in an
    attribute of one of its ``own``.
    """
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in own:
        return False
    return isinstance(target, ast.Attribute | ast.Subscript) and not _is_of(target, names)
