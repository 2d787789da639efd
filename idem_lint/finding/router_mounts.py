"""What was said to a router or application elsewhere: when it was made, and by calls of its methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Made, Value, options

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module
    from idem_lint.finding.interface import Finder


_ADDS = frozenset({"append", "extend", "insert"})


def given_when_made(finder: Finder, owner: Value, keyword: str) -> Iterator[tuple[Value, ast.AST]]:
    """The decorators in a keyword of the call that made ``owner``."""
    for option in options(owner):
        if isinstance(option, Made):
            for word in option.call.keywords:
                if word.arg == keyword:
                    value = finder.evaluator.evaluate(word.value, option.scope, option.environment)
                    for guard in finder.guard_values(value):
                        yield guard, word.value


def calls(finder: Finder, owner: Value, name: str, here: Module) -> Iterator[tuple[Arguments, ast.Call]]:
    """The calls ``owner.name(…)`` in the project, with their arguments."""
    for site in finder.call_index.sites(name, here):
        func = site.node.func
        if isinstance(func, ast.Attribute) and func.attr == name:
            value = finder.evaluator.evaluate(func.value, site.scope)
            if any(_is_same(option, other) for option in options(value) for other in options(owner)):
                yield parameter_binding.read(site.node, finder.evaluator, site.scope, {}), site.node


def added_later(finder: Finder, owner: Value, attribute: str) -> Iterator[tuple[Value, ast.AST]]:
    """The decorators that ``owner.attribute.append(…)`` and its like add."""
    for option in options(owner):
        module = option.scope.module if isinstance(option, Made) else None
        for site in module.sites([attribute.encode()]) if module is not None else ():
            func = site.node.func
            if (
                isinstance(func, ast.Attribute)
                and isinstance(func.value, ast.Attribute)
                and func.attr in _ADDS
            ):
                value = finder.evaluator.evaluate(func.value.value, site.scope)
                if any(_is_same(option, other) for other in options(value)):
                    for argument in site.node.args:
                        for guard in finder.guard_values(finder.evaluator.evaluate(argument, site.scope)):
                            yield guard, argument


def _is_same(left: Value, right: Value) -> bool:
    return isinstance(left, Made) and isinstance(right, Made) and left.call is right.call
