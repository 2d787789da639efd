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
    first = _own_object(method)
    calls = [part for result in _results(method) for part in ast.walk(result) if isinstance(part, ast.Call)]
    makers = {id(call.func) for call in calls}  # of ``self.load()(request)`` the result is called
    names = {
        call.func.attr
        for call in calls
        if id(call) not in makers
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == first
    }
    return names.pop() if len(names) == 1 else None


def is_forwarder(method: Func) -> bool:
    """Whether a method takes whatever there is (``*args, **kwargs``) and returns what something of its object makes of all
    that: it does nothing itself.
    """
    spec = method.node.args
    if spec.vararg is None or spec.kwarg is None:
        return False
    given, first = spec.vararg.arg, _own_object(method)
    return any(
        isinstance(part, ast.Call)
        and any(isinstance(each, ast.Starred) and _is(each.value, given) for each in part.args)
        and any(_is(name, first) for name in ast.walk(part.func))
        for result in _results(method)
        for part in ast.walk(result)
    )


def _own_object(method: Func) -> str | None:
    """What a method calls its object."""
    return next((each.arg for each in (*method.node.args.posonlyargs, *method.node.args.args)), None)


def _is(node: ast.AST, name: str | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name


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
