"""Which decorators and calls of a judged module were followed to no end: they may register, and nobody knows."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import CallSite
from idem_lint.engine.value_types import (
    Applied,
    Bound,
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
    from idem_lint.finding.find_handlers import Finder

_TARGETS = (Func, Klass, Lambda, Bound, Applied)


def decorators(finder: Finder, target: Func | Klass, registered: Iterable[Registration]) -> Iterator[Unread]:
    """The decorators of a function or class that register nothing known and end in something unknown."""
    told = {id(found.node) for found in registered}
    for node in target.node.decorator_list:
        if id(node) not in told:
            value = finder.evaluator.evaluate(node, target.scope, target.environment)
            for option in options(value):
                if _is_unread(finder, option):
                    yield Unread(option, node, target.scope, target)


def call(finder: Finder, site: CallSite) -> Iterator[Unread]:
    """A call of something unknown that is given a function or class."""
    if not (site.node.args or site.node.keywords):
        return
    for callee in options(finder.evaluator.evaluate(site.node.func, site.scope)):
        if _is_unread(finder, callee):
            target = _target(finder, site)
            if target is not None:
                yield Unread(callee, site.node, site.scope, target)


def _target(finder: Finder, site: CallSite) -> Value | None:
    """The first function, class or lambda that a call is given."""
    for node in (*site.node.args, *(word.value for word in site.node.keywords)):
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.Starred):
            for option in options(finder.evaluator.evaluate(node, site.scope)):
                made = option.callee if isinstance(option, Made) else option
                if isinstance(option, _TARGETS) or isinstance(made, Klass):
                    return option
    return None


def _is_unread(finder: Finder, value: Value) -> bool:
    """Whether what a value was made from is unknown: a name of no known package, a parameter, or nothing at all."""
    root = origin(value)
    if isinstance(root, External):
        registry = finder.registry
        return not (
            registry.is_known(root.name)
            or registry.is_foreign(root.name)
            or registry.by_package(root.name) is not None
        )
    return isinstance(root, Unknown | Parameter)


def origin(value: Value) -> Value:
    """What a value was made from: the callee of a call, the owner of an attribute, what is applied."""
    while isinstance(value, Made | Member | Applied):
        match value:
            case Made():
                value = value.callee
            case Member():
                value = value.owner
            case Applied():
                value = value.decorator
    return value
