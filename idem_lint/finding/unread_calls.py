"""Which decorators and calls of a judged module were followed to no end: they may register, and nobody knows."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import CallSite, Scope
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    External,
    Func,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    options,
)
from idem_lint.finding.interface import Registration, Unread

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.known_frameworks import Registry

# The ways in which a name is bound to what it is, with nothing between.
_AT_HAND = frozenset({"import", "def", "class", "parameter"})
_TARGETS = (Func, Klass, Lambda, Bound, Applied)


def decorators(
    evaluator: Evaluator, registry: Registry, target: Func | Klass, registered: Iterable[Registration]
) -> Iterator[Unread]:
    """The decorators of a function or class that register nothing known and end in something unknown, or in a function of
    the project.
    """
    told = {id(found.node) for found in registered}
    for node in target.node.decorator_list:
        if id(node) not in told:
            value = evaluator.evaluate(node, target.scope, target.environment)
            for option in options(value):
                # A text decorates nothing: what looks like one is an operator of something that is not known.
                if (
                    _is_unread(registry, option)
                    or isinstance(option, Const)
                    or _is_handed_on(registry, option)
                ):
                    yield Unread(option, node, target.scope, target)
                elif isinstance(option, Func | Bound | Lambda | Made):
                    yield Unread(_callee(evaluator, node, target), node, target.scope, target, keeper=option)


def _callee(evaluator: Evaluator, decorator: ast.expr, target: Func | Klass) -> Value:
    """What a decorator is called as, by which the configuration knows it."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return next(iter(options(evaluator.evaluate(node, target.scope, target.environment))))


def call(evaluator: Evaluator, registry: Registry, site: CallSite) -> Iterator[Unread]:
    """A call of something unknown, or of a function of the project, that is given a function or class."""
    if not (site.node.args or site.node.keywords):
        return
    for callee in options(evaluator.evaluate(site.node.func, site.scope)):
        is_own = isinstance(callee, Func | Bound)
        if is_own or _is_unread(registry, callee):
            target = _target(evaluator, site)
            if target is not None:
                yield Unread(callee, site.node, site.scope, target, keeper=callee if is_own else None)


def call_by_name(evaluator: Evaluator, registry: Registry, site: CallSite) -> Iterator[Unread]:
    """As :func:`call`, where nobody has asked yet what is called: what takes less is asked first."""
    given = [*site.node.args, *(word.value for word in site.node.keywords)]
    costs_little = not _is_at_hand(site.node.func, site.scope) and all(
        _is_at_hand(node, site.scope) for node in given
    )
    if not costs_little or _target(evaluator, site) is not None:
        yield from call(evaluator, registry, site)


def _is_at_hand(node: ast.expr, scope: Scope) -> bool:
    """Whether nothing has to be followed for the value of an expression: it is written out, or begins with a name that is
    imported, defined or a parameter.
    """
    while isinstance(node, ast.Attribute):
        node = node.value
    if not isinstance(node, ast.Name):
        return isinstance(node, ast.Constant | ast.JoinedStr | ast.Lambda)
    current: Scope | None = scope
    while current is not None and node.id not in current.bindings:
        current = current.parent
    found = current.bindings[node.id] if current is not None else ()
    return all(binding.kind in _AT_HAND for binding in found)


def _target(evaluator: Evaluator, site: CallSite) -> Value | None:
    """The first function, class or lambda that a call is given."""
    for node in (*site.node.args, *(word.value for word in site.node.keywords)):
        if _may_be_target(evaluator, node, site.scope):
            for option in options(evaluator.evaluate(node, site.scope)):
                made = option.callee if isinstance(option, Made) else option
                if isinstance(option, _TARGETS) or isinstance(made, Klass):
                    return option
    return None


def _may_be_target(evaluator: Evaluator, node: ast.expr, scope: Scope) -> bool:
    """Whether an argument is written as a name, a lambda, or what a class makes (``View()``, ``View.as_view()``)."""
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Name | ast.Attribute | ast.Lambda)
    head = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return isinstance(head, ast.Name) and any(
        isinstance(option, Klass) for option in options(evaluator.evaluate(head, scope))
    )


def _is_unread(registry: Registry, value: Value) -> bool:
    """Whether what a value was made from is unknown: a name of no known package, a parameter, or nothing at all."""
    root = origin(value)
    if isinstance(root, External):
        return not (
            registry.is_known(root.name)
            or registry.is_foreign(root.name)
            or registry.by_package(root.name) is not None
        )
    return isinstance(root, Unknown | Parameter)


def _is_handed_on(registry: Registry, value: Value) -> bool:
    """Whether a decorator is made by calling what a function of the standard library gave: that may be anything which
    the function was given (``next(routes)("/transfers")``).
    """
    root = origin(value)
    if not isinstance(root, External) or not isinstance(value, Made) or isinstance(value.callee, External):
        return False
    return registry.is_plain_library(root.name) and _is_made(value.callee)


def _is_made(value: Value) -> bool:
    """Whether a value is what a call gave, or an attribute of that."""
    while isinstance(value, Member):
        value = value.owner
    return isinstance(value, Made)


def origin(value: Value) -> Value:
    """What a value was made from: the callee of a call, the owner of an attribute, what is applied."""
    while isinstance(value, Made | Member | Applied):
        if isinstance(value, Member):
            value = value.owner
            continue
        value = value.callee if isinstance(value, Made) else value.decorator
    return value
