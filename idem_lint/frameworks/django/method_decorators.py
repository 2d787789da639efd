"""Which decorators run for a handler of a class view, and which only look as if they did."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import positional
from idem_lint.engine.value_types import Func, Klass, Value, options
from idem_lint.finding.view_methods import replaced, wrappers
from idem_lint.frameworks.django.url_includes import Reach, functions, own_value
from idem_lint.frameworks.django.view_inheritance import CARRIER, carried_by

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

Guard = tuple[Value, ast.AST]
Idle = tuple[Value, ast.AST, str]

_CARRIER_WORD = frozenset({CARRIER[1:].encode()})
# Methods that a reader takes for what POST reaches; a mark there that nothing runs is worth a word.
_EXPECTED = ("dispatch", "post", "create", "perform_create", "form_valid", "form_invalid")


def class_decorators(finder: Finder, klass: Klass) -> Iterator[tuple[Value, str | None, ast.AST]]:
    """The decorators on a class, those given to it in a later call too; each with the member it is for."""
    nodes: list[ast.expr] = list(klass.node.decorator_list)
    for site in klass.module.sites(_CARRIER_WORD):
        first = site.node.args[0] if site.node.args else None
        if (
            isinstance(site.node.func, ast.Call)
            and isinstance(first, ast.Name)
            and first.id == klass.node.name
        ):
            nodes.append(site.node.func)
    for node in nodes:
        for option in options(finder.evaluator.evaluate(node, klass.scope, klass.environment)):
            for value, name in _put_on_class(finder, option) if isinstance(option, Func) else ():
                yield value, name, node
            for value, name in carried_by(finder, option):
                yield value, name, node


def _put_on_class(finder: Finder, decorator: Func) -> Iterator[tuple[Value, str | None]]:
    """What a project's class decorator puts on the members of the class that it is given."""
    given = [argument.arg for argument in positional(decorator.node)][:1]
    for site in decorator.module.sites(_CARRIER_WORD):
        first = site.node.args[0] if site.node.args else None
        if site.scope is decorator.body and isinstance(first, ast.Name) and [first.id] == given:
            for option in options(
                finder.evaluator.evaluate(site.node.func, site.scope, decorator.environment)
            ):
                yield from carried_by(finder, option)
    for name, bindings in decorator.body.bindings.items():
        owner, _, member = name.partition(".")
        node = bindings[-1].node if member and [owner] == given else None
        while isinstance(node, ast.Call) and node.args:
            yield finder.evaluator.evaluate(node.func, decorator.body, decorator.environment), member
            node = node.args[0]


def _around_view(finder: Finder, klass: Klass) -> Iterator[Guard]:
    """What a project's own ``as_view`` wraps every view in."""
    for base in finder.evaluator.mro(klass):
        value = own_value(finder, base, "as_view") if isinstance(base, Klass) else None
        for function in functions(finder, value) if value is not None else ():
            for result in function.body.returns:
                yield from wrappers(finder.evaluator.evaluate(result, function.body, function.environment))


def running(finder: Finder, klass: Klass, found: Reach, own: ast.AST | None) -> list[Guard]:
    """The decorators that run for a handler, besides those of its own definition.

    A mark on the class itself goes to every method of the class that answers POST (``idem_runtime.classes``).
    """
    guards = list(_around_view(finder, klass))
    for name, base, value in found.project_steps():
        guards.extend(_on_member(finder, name, base, value, own))
    for base in {base.node: base for _, base, _ in found.project_steps()}.values():
        guards.extend((each, node) for each, member, node in class_decorators(finder, base) if member is None)
    return guards


def around(finder: Finder, klass: Klass, found: Reach) -> list[Guard]:
    """Those of :func:`running` that run around the whole view: what ``as_view`` gives, and ``dispatch``."""
    guards = list(_around_view(finder, klass))
    for name, base, value in found.project_steps():
        if name == "dispatch":
            guards.extend(_on_member(finder, name, base, value, None))
    return guards


def _on_member(
    finder: Finder, name: str, base: Klass, value: Value | None, own: ast.AST | None
) -> Iterator[Guard]:
    """The decorators of a method, wherever they are written; those of the definition ``own`` are left out."""
    for each, member, node in class_decorators(finder, base):
        if member == name:
            yield each, node
    for option in options(value) if value is not None else ():
        yield from wrappers(option)  # post = money_moving(make)
    yield from replaced(finder, base, name)
    for function in functions(finder, value) if value is not None else ():
        if function.node is not own:
            for link in finder.links(function):
                yield from ((decorator, link.node) for decorator, _ in carried_by(finder, link.decorator))


def idle(finder: Finder, klass: Klass, found: Reach) -> Iterator[Idle]:
    """Decorators that look like this handler's and do not run for it."""
    overridden: set[str] = set()
    for base in finder.evaluator.mro(klass):
        if isinstance(base, Klass):
            for decorator, member, node in class_decorators(finder, base):
                if member is not None and not found.asks(base, member):
                    yield decorator, node, f"it is put on `{member}`, which POST does not reach"
            if not found.is_open:
                yield from _idle_members(finder, base, found, overridden)
            overridden.update(base.body.bindings)


def _idle_members(finder: Finder, base: Klass, found: Reach, overridden: set[str]) -> Iterator[Idle]:
    """Marks on methods that POST does not reach; one that a class overrides is no longer the class's own."""
    for name in _EXPECTED:
        if name in overridden:
            continue
        value = own_value(finder, base, name) if not found.asks(base, name) else None
        for function in functions(finder, value) if value is not None else ():
            for link in finder.links(function):
                yield link.decorator, link.node, f"POST does not reach `{base.node.name}.{name}`"
