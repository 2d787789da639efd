"""What a closure does with the arguments of the function around it: a helper's wrapper calls the handler it was given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.value_types import Func, Lambda


def passed_on_to(closure: Func | Lambda, parameters: frozenset[str]) -> str | None:
    """The one of some parameters of the function around whose result a closure returns; ``None`` where none, or several."""
    spec = closure.node.args
    own = {argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    called = {
        part.func.id
        for result in _results(closure)
        for part in ast.walk(result)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
    }
    names = (called & parameters) - own
    return names.pop() if len(names) == 1 else None


def passed_on_by_method(method: Func) -> str | None:
    """The attribute of its object whose result a method returns; ``None`` where none, or several."""
    first = [*method.node.args.posonlyargs, *method.node.args.args][:1]
    names = {
        part.func.attr
        for result in _results(method)
        for part in ast.walk(result)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and isinstance(part.func.value, ast.Name)
        and part.func.value.id in {argument.arg for argument in first}
    }
    return names.pop() if len(names) == 1 else None


def _results(closure: Func | Lambda) -> Iterator[ast.expr]:
    """What a closure returns, and what is assigned to the names that it returns."""
    if isinstance(closure, Lambda):
        yield closure.node.body
        return
    for result in closure.body.returns:
        yield result
        for part in ast.walk(result):
            if isinstance(part, ast.Name):
                for binding in closure.body.bindings.get(part.id, ()):
                    if binding.kind == "assign" and isinstance(binding.node, ast.expr):
                        yield binding.node
