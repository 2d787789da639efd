"""What was said to a router or application elsewhere: when it was made, and by calls of its methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from idem_lint.engine import parameter_binding
from idem_lint.engine.imports import ProjectModules
from idem_lint.engine.module_facts import CallSite, Module
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Made, Value, options
from idem_lint.finding.modules_in_view import modules

if TYPE_CHECKING:
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
    for site in sites(finder, name, here):
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


_sites: WeakKeyDictionary[Finder, dict[str, tuple[int, list[CallSite]]]] = WeakKeyDictionary()


def sites(finder: Finder, word: str, here: Module) -> list[CallSite]:
    """The calls in statements of the project that show a word; of ``here`` alone where one file is judged alone."""
    known = _sites.setdefault(finder, {})
    count = loaded(finder)
    if word not in known or known[word][0] != count:
        found = [site for each in modules(finder, here) for site in each.sites([word.encode()])]
        known[word] = (count, found)
    return known[word][1]


def loaded(finder: Finder) -> int:
    """How many modules are in view: what was gathered from fewer is out of date."""
    source = finder.evaluator.modules
    return len(source.loaded) if isinstance(source, ProjectModules) else 1


def _is_same(left: Value, right: Value) -> bool:
    return isinstance(left, Made) and isinstance(right, Made) and left.call is right.call
