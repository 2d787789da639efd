"""Marks below a decorator of the project that gives back a function or an object of its own and does not show what it wraps;
marks on the ``__call__`` of an object.

The runtime knows a marked handler by what it carries and by ``__wrapped__`` (``idem_runtime.marks.mark_of``). Called behind
another function's back, the mark finds no admission, and every request is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from idem_lint.engine.module_facts import FunctionNode
from idem_lint.engine.value_types import Applied, Func, Klass, Made, Value
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import Registration

_SHOWING = frozenset({"wraps", "update_wrapper", "__wrapped__", "__dict__", "setattr"})
"""What a decorator's body has in it that lets its function show the one below."""


class Hiding(NamedTuple):
    """What hides a mark, as the end of a finding says it, and what would let it show the mark."""

    problem: str
    remedy: str


def hiding(finder: Finder, framework: str, above: Iterable[Value]) -> Hiding | None:
    """What hides a mark from what registers the function, if something does, of the decorators ``above`` it, and of what
    the function was wrapped in where it was registered.
    """
    adapter = finder.registry.adapter_of(framework)
    if adapter is None or adapter.looks_into_closures:
        return None
    for value in above:
        if isinstance(value, Func) and _hides(value):
            name = value.node.name
            return Hiding(
                f"`{name}` above it gives back a function that does not show it",
                f"put @functools.wraps(…) on the function that `{name}` gives back",
            )
        if isinstance(value, Klass) and _is_called_itself(finder, value):
            name = value.node.name
            return Hiding(
                f"`{name}` above it makes an object that does not show it",
                f"call functools.update_wrapper(self, …) where `{name}` is made",
            )
    return None


def hidden_in_object(finder: Finder, found: Registration) -> Hiding | None:
    """Where an object is registered, which is called by its class's ``__call__``: the mark stands on that."""
    adapter = finder.registry.adapter_of(found.framework)
    target = found.target
    while isinstance(target, Applied):
        target = target.target
    if adapter is None or adapter.looks_into_closures or not isinstance(target, Made):
        return None
    return Hiding(
        "what is registered is an object, and does not show the mark of its `__call__`",
        "register the method itself: the object's `.__call__`",
    )


def _hides(decorator: Func) -> bool:
    """Whether all that a decorator gives back are functions of its own, and nothing in it says what they wrap."""
    given = [_own_function(decorator, value) for value in decorator.body.returns]
    if not given or not all(node is not None and not _is_decorated(node) for node in given):
        return False
    return not any(_shows(part) for part in ast.walk(decorator.node))


def _is_decorated(node: FunctionNode | ast.Lambda) -> bool:
    return not isinstance(node, ast.Lambda) and bool(node.decorator_list)


def _is_called_itself(finder: Finder, klass: Klass) -> bool:
    """Whether an object of a class is what is called, and nothing in the class says what it wraps."""
    bases = [base for base in finder.evaluator.mro(klass) if isinstance(base, Klass)]
    return finder.evaluator.class_attribute(klass, "__call__") is not None and not any(
        _shows(part) for base in bases for part in ast.walk(base.node)
    )


def _own_function(decorator: Func, value: ast.expr) -> FunctionNode | ast.Lambda | None:
    if isinstance(value, ast.Lambda):
        return value
    bindings = decorator.body.bindings.get(value.id, ()) if isinstance(value, ast.Name) else ()
    nodes = [binding.node for binding in bindings]
    return nodes[0] if len(nodes) == 1 and isinstance(nodes[0], FunctionNode) else None


def _shows(part: ast.AST) -> bool:
    named = part.attr if isinstance(part, ast.Attribute) else part.id if isinstance(part, ast.Name) else ""
    return named in _SHOWING
