"""Which functions look like Django views, or like the inside of a decorator, by their own text."""

from __future__ import annotations

import ast

from idem_lint.engine.module_facts import FunctionNode, positional
from idem_lint.engine.value_types import Func, Value

_REQUESTS = frozenset({"request", "req"})
_SHORTCUTS = frozenset({"render", "redirect", "render_to_response"})


def is_hidden(view: Value) -> bool:
    """Whether only a decorator's wrapper is known of a view."""
    return isinstance(view, Func) and is_wrapper(view)


def is_wrapper(function: Func) -> bool:
    """A function inside a decorator: it wraps or calls what the decorator was given, and that is not known."""
    around = function.scope.node
    if not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    given = {argument.arg for argument in [*around.args.posonlyargs, *around.args.args]}
    if any((id(around), name) in function.environment for name in given):
        return any("wraps" in ast.unparse(node) for node in function.node.decorator_list)
    calls = (node.func for node in ast.walk(function.node) if isinstance(node, ast.Call))
    return any(isinstance(func, ast.Name) and func.id in given for func in calls)


def looks_like_a_view(node: FunctionNode) -> bool:
    """Whether a function takes a request, asks whether it is a POST, and gives a response."""
    first = [*node.args.posonlyargs, *node.args.args][:1]
    name = first[0].arg if first else ""
    return name in _REQUESTS and _asks_for_post(node, name) and _answers(node)


def _asks_for_post(node: FunctionNode, request: str) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == request:
            if part.attr == "POST":
                return True
        if isinstance(part, ast.Compare | ast.Match) and _compares_method(part):
            return True
    return False


def _compares_method(test: ast.Compare | ast.Match) -> bool:
    subject = test.subject if isinstance(test, ast.Match) else test
    cases = [case.pattern for case in test.cases] if isinstance(test, ast.Match) else [test]
    texts = (part.value for case in cases for part in ast.walk(case) if isinstance(part, ast.Constant))
    is_method = any(isinstance(part, ast.Attribute) and part.attr == "method" for part in ast.walk(subject))
    return is_method and any(isinstance(text, str) and text.upper() == "POST" for text in texts)


def _answers(node: FunctionNode) -> bool:
    """Whether a function gives a response: by its annotation, or by what it returns."""
    if any(argument.arg in {"response", "get_response"} for argument in positional(node)):
        return False
    if node.returns is not None:
        return "Response" in ast.unparse(node.returns)
    returned = (part.value for part in ast.walk(node) if isinstance(part, ast.Return))
    names = (_name(value.func) for value in returned if isinstance(value, ast.Call))
    return any(name in _SHORTCUTS or "Response" in name for name in names)


def _name(callee: ast.expr) -> str:
    return callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
