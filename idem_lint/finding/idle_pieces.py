"""Which definitions and calls register nothing: nearly all of them, and most of the time goes into seeing that.

Several processes look at once. What registers something is looked at again by this one: a registration is made of what only
the process that found it has.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from idem_lint.engine.deep_stack import on_any_stack
from idem_lint.engine.module_facts import Module
from idem_lint.engine.node_numbers import NodeNumbers
from idem_lint.engine.several_processes import Processes
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import Registration


class _Tried(NamedTuple):
    """What is known of a module: its idle pieces, and the functions and calls that were followed for them; by numbers that
    count in every process.
    """

    idle: list[int]
    used: set[int]
    followed: set[int]
    is_directive: bool
    """Whether something adds to what calls register elsewhere."""


class IdlePieces:
    """Looks for the idle pieces of modules, all of which have been loaded and noted."""

    def __init__(self, finder: Finder, processes: Processes) -> None:
        self._finder = finder
        self._processes = processes

    def among(self, modules: Sequence[Module]) -> frozenset[ast.AST]:
        """The idle pieces of these modules; none where it does not pay to look for them. What was followed for them is noted
        in the finder.
        """
        if not self._processes.are_several():
            return frozenset()
        numbers = NodeNumbers(modules)
        directives = dict(self._finder.directives)
        work = partial(_tried, self._finder, modules, numbers)
        found = self._processes.shared(work, len(modules)).values()
        self._finder.directives = directives
        self._finder.start()
        if any(each.is_directive for each in found):
            return frozenset()
        for each in found:
            self._finder.used.update(numbers.nodes(each.used))
            self._finder.followed.update(numbers.nodes(each.followed))
        return frozenset(node for each in found for node in numbers.nodes(each.idle))


def _tried(finder: Finder, every: Sequence[Module], numbers: NodeNumbers, which: int) -> _Tried:
    """What a module's pieces come to. Another process cannot say what a registration is, only that there is one."""
    directives = dict(finder.directives)
    tried = _Tried([], set(), set(), is_directive=False)
    for node, found in finder.pieces(every[which]):
        finder.leave_nothing()
        registers = bool(on_any_stack(partial(_listed, found)))
        leaves = registers or finder.unread or finder.view_calls
        if not leaves and numbers.have((node, *finder.used, *finder.followed)):
            tried.idle.extend(numbers.of([node]))
            tried.used.update(numbers.of(finder.used))
            tried.followed.update(numbers.of(finder.followed))
    return tried._replace(is_directive=finder.directives != directives)


def _listed(found: Callable[[], Iterable[Registration]]) -> list[Registration]:
    return list(found())
