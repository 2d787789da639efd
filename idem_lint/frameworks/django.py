"""Django: URL patterns, function views and what restricts their methods, class views.

A function view answers every method unless a decorator restricts it, wherever in the stack that stands (Django
documentation, "View decorators"). Names in URL patterns are looked up when the patterns are made, so every decorator
of the definition applies, and so does what wraps the view there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.facts import Module, Scope
from idem_lint.frameworks.base import ANY, GET, POST, Framework, Registration, Route, Slot, View
from idem_lint.frameworks.django_methods import DESCRIBING, allowed, narrowed
from idem_lint.frameworks.django_views import is_view_class, of_call, view_hook
from idem_lint.values import (
    UNKNOWN,
    Applied,
    Bound,
    Const,
    External,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Value,
    options,
)

if TYPE_CHECKING:
    from idem_lint.arguments import Arguments
    from idem_lint.finder import Finder

_NONE = Slot()
_PATH = Route(target=Slot(1, ("view",)), path=Slot(0, ("route", "regex")), methods=_NONE, default=ANY)
_RESPONDERS = frozenset({"render", "redirect", "render_to_response", "get_object_or_404"})


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A decorator that restricts methods, or one URL pattern."""
    if found.written in DESCRIBING:
        yield from described(finder, found)
        return
    views = [view for each in options(found.target) for view in options(view_of(finder, each, found.scope))]
    known = [view for view in views if not _is_hidden(view)]
    for view in known or views[:1]:
        yield from _pattern(finder, found, view)


def described(finder: Finder, found: Registration) -> Iterator[Registration]:
    """A function whose decorators say which methods it answers: a view, wherever its URL pattern may be."""
    definition = finder.definition(found.target)
    if isinstance(definition, Func) and not definition.scope.is_class and not _is_wrapper(definition):
        methods, problem = allowed(finder, definition)
        yield replace(found, methods=methods, problem=problem, route=None, presumed=True)


def _pattern(finder: Finder, found: Registration, target: Value) -> Iterator[Registration]:
    methods, problem = allowed(finder, target)
    evidence = "any-method" if methods == ANY else "explicit"
    found = replace(found, target=target, methods=methods, problem=problem, evidence=evidence)
    innermost = target
    while isinstance(innermost, Applied):
        innermost = innermost.target
    klass = finder.view_class(innermost)
    if klass is not None and not is_view_class(finder, klass):
        yield from of_call(finder, klass, found)
    elif isinstance(innermost, Made) and isinstance(innermost.callee, External):
        yield from _package_view(found, innermost, innermost.callee)
    elif _is_hidden(innermost):
        yield replace(found, target=UNKNOWN)
    elif not _is_include(innermost):
        yield found


def _package_view(found: Registration, view: Made, callee: External) -> Iterator[Registration]:
    """A class view of a package: where it is given the project's own things, the call is all there is of the handler."""
    from idem_lint.frameworks.django_views import provides

    owner, _, name = callee.name.rpartition(".")
    if name == "include":
        return
    if name != "as_view":
        yield found
    elif provides(External(owner), "post"):
        if any(word.arg in {"model", "form_class", "queryset", "serializer_class"} for word in view.call.keywords):
            name = f"{owner.rpartition('.')[2]}.as_view"
            yield replace(found, target=External(name), methods=narrowed(found.methods, POST))
    elif not owner.startswith(("django.", "rest_framework.")):
        reason = f"whether `{owner}` answers POST is not known from the source"
        yield replace(found, target=UNKNOWN, methods=frozenset(), problem=reason)


def _is_include(target: Value) -> bool:
    """Patterns in the place of a view: ``site.urls``, or a tuple of patterns and names."""
    return isinstance(target, Items) or (isinstance(target, Member) and target.name == "urls")


def view_of(finder: Finder, value: Value, scope: Scope) -> Value:
    """The view that a value leads to, seen through wrappers that take more than the view."""
    if isinstance(value, Applied):
        inner = view_of(finder, value.target, scope)
        return value if inner is value.target else Applied(value.decorator, inner, value.node, value.scope)
    if isinstance(value, Const) and isinstance(value.value, str):
        return finder.evaluator.imported(value.value, scope.module)
    if not isinstance(value, Made):
        return value
    if isinstance(value.callee, Member) and value.callee.name == "as_view":
        return _of_class(finder, value, value.callee.owner)
    if isinstance(value.callee, Klass) or not value.call.args or _terminal(value.callee) in {"include", "as_view"}:
        return value
    first = finder.evaluator.evaluate(value.call.args[0], value.scope, value.environment)
    inner = view_of(finder, first, scope)
    return Applied(value.callee, inner, value.call.func, value.scope) if _is_view(finder, inner) else value


def _of_class(finder: Finder, value: Made, owner: Value) -> Value:
    """``as_view()`` of a class that a call has decorated: the call changes the class and gives it back."""
    if isinstance(owner, Parameter):
        return owner
    if isinstance(owner, Made) and owner.call.args:
        inner = finder.evaluator.evaluate(owner.call.args[0], owner.scope, owner.environment)
        if isinstance(inner, Klass):
            return Made(Member(inner, "as_view"), value.call, value.scope, value.environment)
    return value


def _is_view(finder: Finder, value: Value) -> bool:
    if isinstance(value, Made):
        return finder.view_class(value) is not None or finder.definition(value) is not None
    return isinstance(value, Func | Lambda | Bound | Applied | Parameter)


def _terminal(callee: Value) -> str:
    return callee.name.rpartition(".")[2] if isinstance(callee, External) else ""


def _is_hidden(view: Value) -> bool:
    """Whether only a decorator's wrapper is known of a view."""
    return isinstance(view, Func) and _is_wrapper(view)


def _is_wrapper(function: Func) -> bool:
    """A function inside a decorator: it wraps or calls what the decorator was given, and that is not known."""
    around = function.scope.node
    if not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if any((id(around), name.arg) in function.environment for name in around.args.args):
        return any("wraps" in ast.unparse(node) for node in function.node.decorator_list)
    given = {argument.arg for argument in [*around.args.posonlyargs, *around.args.args]}
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in given
        for node in ast.walk(function.node)
    )


def module_hook(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """Functions that look like views by what they do with a request, for files whose URL patterns are not in sight."""
    module = scope.module
    if b"POST" not in module.source:
        return
    for node, owner in module.functions:
        if owner.parent is None and not node.decorator_list and _reads_post(node) and _answers(node):
            yield Registration(
                framework="django",
                target=Func(node, owner),
                methods=ANY,
                route=None,
                node=node,
                scope=owner,
                evidence="any-method",
                presumed=True,
            )


def _reads_post(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function whose first parameter is the request compares its method with POST, or reads its form."""
    first = [*node.args.posonlyargs, *node.args.args][:1]
    name = first[0].arg if first else ""
    if name not in {"request", "req"}:
        return False
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == name:
            if part.attr == "POST":
                return True
        if isinstance(part, ast.Compare):
            sides = [part.left, *part.comparators]
            if any(isinstance(side, ast.Attribute) and side.attr == "method" for side in sides):
                return True
    return False


def _answers(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function gives a response: by its annotation, or by what it returns."""
    if node.returns is not None:
        return "Response" in ast.unparse(node.returns) and len(node.args.args) > 0 and not _takes_response(node)
    returned = (part.value for part in ast.walk(node) if isinstance(part, ast.Return))
    names = (_called(value) for value in returned if isinstance(value, ast.Call))
    return any(name in _RESPONDERS or "Response" in name for name in names)


def _takes_response(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(argument.arg == "response" for argument in node.args.args)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


FRAMEWORK = Framework(
    name="django",
    packages=("django", "extra_views", "formtools", "haystack", "django_tables2", "vanilla"),
    functions={
        "path": _PATH,
        "re_path": _PATH,
        "url": _PATH,
        "require_POST": Route(fixed=POST, path=_NONE, needs_path=False, bare=True, deferred=True),
        "require_GET": Route(fixed=GET, path=_NONE, needs_path=False, bare=True, deferred=True),
        "require_safe": Route(fixed=GET, path=_NONE, needs_path=False, bare=True, deferred=True),
        "require_http_methods": Route(path=_NONE, needs_path=False, deferred=True),
    },
    views=(View(bases=("*View",), handlers={}),),
    view_hook=view_hook,
    module_hook=module_hook,
    refine=refine,
    tokens=("urlpatterns", r"django\.[\w.]*(?:urls|views)", r"from django import", r"request\.(?:POST|method)"),
    local=frozenset({"path", "re_path", "url"}),
)

__all__ = ["FRAMEWORK", "Module", "described", "view_of"]
