"""Where money goes from one place, as values that one process can send to another."""

from __future__ import annotations

import ast
from typing import NamedTuple

from idem_lint.engine.node_numbers import NodeNumbers
from idem_lint.result_types import Write


class TracedWay(NamedTuple):
    """A write, and the functions on the way to it, but for the entry point itself."""

    write: Write
    functions: tuple[ast.AST, ...]


class Traced(NamedTuple):
    """The ways, nearest write first; what nobody could resolve; whether everything was seen."""

    ways: tuple[TracedWay, ...] = ()
    unresolved: tuple[str, ...] = ()
    is_complete: bool = True

    @property
    def functions(self) -> set[ast.AST]:
        """The functions on all ways."""
        return {function for way in self.ways for function in way.functions}


NOTHING = Traced()


class SentWays(NamedTuple):
    """What is sent of it: functions by their numbers."""

    traced: Traced
    functions: list[list[int]]


def sent(traced: Traced, numbers: NodeNumbers) -> SentWays:
    """What to send. Raises KeyError where a function has no number."""
    functions = [numbers.of(way.functions) for way in traced.ways]
    return SentWays(traced._replace(ways=tuple(way._replace(functions=()) for way in traced.ways)), functions)


def received(found: SentWays, numbers: NodeNumbers) -> Traced:
    """What was sent."""
    ways = zip(found.traced.ways, found.functions, strict=True)
    return found.traced._replace(
        ways=tuple(way._replace(functions=tuple(numbers.nodes(functions))) for way, functions in ways)
    )
