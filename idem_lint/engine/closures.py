"""What a closure does with the arguments of the function around it: a helper's wrapper calls the handler it was given."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from idem_lint.engine.module_facts import FunctionNode
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


def holders(parameter: str, statements: Iterable[ast.AST]) -> set[str]:
    """The names in a function by which its parameter can be had, or called: a closure that uses it, what is made of it."""
    parts = list(statements)
    names = {parameter}
    before = 0
    while before < len(names):
        before = len(names)
        for part in parts:
            if isinstance(part, FunctionNode | ast.ClassDef) and uses(part, names):
                names.add(part.name)
            elif isinstance(part, ast.Assign) and uses(part.value, names):
                names.update(each.id for each in part.targets if isinstance(each, ast.Name))
    return names


def uses(node: ast.AST | None, names: Collection[str]) -> bool:
    """Whether one of the names is called, given on or assigned in a node: not only an attribute of it read."""
    if node is None:
        return False
    owners = {id(part.value) for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return any(
        isinstance(part, ast.Name) and part.id in names and id(part) not in owners for part in ast.walk(node)
    )


def run_at_once(function: FunctionNode | ast.Lambda) -> Iterator[ast.AST]:
    """What a function runs itself when it is called: not what is in the functions that it defines."""
    waiting: list[ast.AST] = list(function.body) if isinstance(function, FunctionNode) else [function.body]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, FunctionNode | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(part)


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
