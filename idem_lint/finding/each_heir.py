"""Calls in a method of a base class: each class that extends it makes them for itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import CallSite, Scope, positional
from idem_lint.engine.scope_lookup import EXACTLY
from idem_lint.engine.value_types import Environment, Klass, Made
from idem_lint.finding.registering_functions import own_method

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator

# Of how many classes that extend one it is asked what each of them registers.
_HEIRS = 1024


def of_call(evaluator: Evaluator, site: CallSite) -> list[tuple[Klass, Environment]]:
    """The classes that extend the one around a method, each with an environment in which it is the instance; none where
    the call is not given anything of that.
    """
    method = own_method(site.scope)
    heirs = evaluator.heirs.get(method.scope.node, {}) if method is not None else {}
    first = next(iter(positional(method.node)), None) if method is not None else None
    if method is None or first is None or not 0 < len(heirs) <= _HEIRS or not _comes_from(first.arg, site):
        return []
    key = id(method.node), first.arg
    return [(heir, {key: Made(heir, EXACTLY, heir.scope, heir.environment)}) for heir in heirs.values()]


def _comes_from(name: str, site: CallSite) -> bool:
    """Whether a call is given something of what a name stands for, itself or by way of other names of the function, or is
    in a loop over something of it.
    """
    seen: set[str] = set()
    waiting: list[ast.AST] = [*site.node.args, *(word.value for word in site.node.keywords)]
    waiting += [iterable for _, iterable in site.loops]
    while waiting and name not in seen:
        for inner in ast.walk(waiting.pop()):
            if isinstance(inner, ast.Name) and inner.id not in seen:
                seen.add(inner.id)
                waiting += _bound_to(inner.id, site.scope)
    return name in seen


def _bound_to(name: str, scope: Scope | None) -> list[ast.AST]:
    """What a name is bound to in a function, or in one around it."""
    while scope is not None and scope.is_function:
        if name in scope.bindings:
            return [each.node for each in scope.bindings[name] if each.node is not None]
        scope = scope.parent
    return []
