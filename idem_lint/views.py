"""Class views: which methods of a class answer POST, in its own body or inherited."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.frameworks.base import Framework, Methods, Registration, View
from idem_lint.values import Applied, External, Func, Klass, Value, options

if TYPE_CHECKING:
    from idem_lint.finder import Finder


def registrations(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """The handlers of a class, if a framework's view class is among its bases."""
    for framework, view, base in matching(finder, klass):
        found = list(of_view(finder, klass, framework, view, base))
        if framework.view_hook is not None:
            found.extend(framework.view_hook(finder, klass))
        yield from found
        return
    for framework in finder.registry.with_view_hook:
        if framework.view_hook is not None and not framework.views:
            yield from framework.view_hook(finder, klass)


def matching(finder: Finder, klass: Klass) -> Iterator[tuple[Framework, View, str]]:
    """The view kinds a class belongs to, by its bases outside the project."""
    for base in finder.evaluator.mro(klass):
        if isinstance(base, External):
            framework = finder.registry.by_package(base.name)
            name = base.name.rpartition(".")[2]
            for view in framework.views if framework is not None else ():
                if framework is not None and any(_fits(pattern, name) for pattern in view.bases):
                    yield framework, view, name


def _fits(pattern: str, name: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*") else name == pattern


def of_view(finder: Finder, klass: Klass, framework: Framework, view: View, base: str) -> Iterator[Registration]:
    """One registration per handler method of the class and per call that registers the class."""
    for attribute, method in view.handlers.items():
        found = finder.evaluator.class_attribute(klass, attribute)
        if found is not None or attribute in provided(finder, klass, view):
            yield from of_attribute(finder, klass, framework.name, view, attribute, frozenset({method}), base)


def of_attribute(
    finder: Finder, klass: Klass, framework: str, view: View, attribute: str, methods: Methods, base: str = ""
) -> Iterator[Registration]:
    """The registrations of one method of a class view; the class itself is the handler where it inherits the method."""
    found = finder.evaluator.class_attribute(klass, attribute)
    own = attribute in klass.body.bindings
    guards = [*class_guards(finder, klass, view), *([] if own else _method_guards(finder, found))]
    calls: list[Registration | None] = [*finder.view_calls.get(klass.node, ())]
    for call in calls or [None]:
        if call is not None and call.has_methods and not call.methods & {*methods, "*"}:
            continue
        wrapped = [*wrappers(call.target), *call.guards] if call is not None else []
        for option in options(found) if own and found is not None else [klass]:
            yield Registration(
                framework=framework,
                target=option if isinstance(option, Func) else klass,
                methods=methods,
                route=call.route if call is not None else None,
                node=call.node if call is not None else klass.node,
                scope=call.scope if call is not None else klass.scope,
                evidence="explicit" if own else "inherited",
                guards=(*guards, *wrapped),
                klass=klass,
                written=call.written if call is not None else base,
                attribute=attribute,
            )


def wrappers(target: Value) -> Iterator[tuple[Value, ast.AST]]:
    """The decorators a view was wrapped in where it was registered."""
    while isinstance(target, Applied):
        yield target.decorator, target.node
        target = target.target


def provided(finder: Finder, klass: Klass, view: View) -> set[str]:
    """The handler methods that the framework's own base classes implement."""
    names = {base.name.rpartition(".")[2] for base in finder.evaluator.mro(klass) if isinstance(base, External)}
    return {attribute for name in names for attribute in view.inherited.get(name, ())}


def class_guards(finder: Finder, klass: Klass, view: View) -> Iterator[tuple[Value, ast.AST]]:
    """Decorators on the class itself and in its class attributes (``decorators = […]``)."""
    for base in finder.evaluator.mro(klass):
        if isinstance(base, Klass):
            for node in base.node.decorator_list:
                yield finder.evaluator.evaluate(node, base.scope, base.environment), node
    for attribute in view.guards:
        found = finder.evaluator.class_attribute(klass, attribute)
        if found is not None:
            for guard in finder.guard_values(found):
                yield guard, klass.node


def _method_guards(finder: Finder, found: Value | None) -> Iterator[tuple[Value, ast.AST]]:
    for option in options(found) if found is not None else []:
        if isinstance(option, Func):
            for link in finder.links(option):
                yield link.decorator, link.node
