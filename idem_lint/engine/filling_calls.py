"""Functions that put rows of what they are given into a collection, and the calls of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.module_facts import CallSite, FunctionNode, Module, terminal
from idem_lint.engine.value_types import Applied, Bound, Func, Klass, Lambda, Value, options


def fills_with_parameters(call: ast.Call, function: FunctionNode) -> bool:
    """Whether what a call puts into a collection is made of several parameters of the function around it, as a row of
    a table of routes is.
    """
    names = set(parameters(function)) - {"self", "cls"}
    return len({part.id for part in ast.walk(call) if isinstance(part, ast.Name)} & names) > 1


def parameters(function: FunctionNode) -> list[str]:
    """The names of a function's parameters."""
    spec = function.args
    return [each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]


def calls_by_name(name: str, module: Module) -> Iterator[CallSite]:
    """The calls of a module by a name, or by what the module imports it as."""
    if name.encode() not in module.words:
        return
    names = {name}
    for alias, bindings in module.scope.bindings.items():
        if any(each.kind == "import" and each.target.rpartition(".")[2] == name for each in bindings):
            names.add(alias)
    for site in module.sites(frozenset(each.encode() for each in names)):
        if terminal(site.node.func) in names:
            yield site


def is_handler(value: Value) -> bool:
    """Whether a value may be a function or class."""
    return any(isinstance(option, Func | Klass | Lambda | Bound | Applied) for option in options(value))
