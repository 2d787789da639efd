"""Numbers that stand for syntax nodes on the way from one process to another, which have the same trees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TypeVar

from idem_lint.engine.module_facts import Module
from idem_lint.engine.several_processes import Processes

T = TypeVar("T")


class NodeNumbers:
    """The numbers of the functions, calls and classes of some modules: counted before other processes begin."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._nodes: list[ast.AST] = []
        for module in modules:
            self._nodes += (node for node, _ in module.functions)
            self._nodes += (site.node for site in module.every_site())
            self._nodes += (node for node, _ in module.classes)
        self._numbers = {node: number for number, node in enumerate(self._nodes)}

    def __len__(self) -> int:
        return len(self._nodes)

    def have(self, nodes: Iterable[ast.AST]) -> bool:
        """Whether all of these have one: what is made up while something is evaluated has none."""
        return all(node in self._numbers for node in nodes)

    def of(self, nodes: Iterable[ast.AST]) -> list[int]:
        """The numbers of these. Raises KeyError where one has none."""
        return [self._numbers[node] for node in nodes]

    def nodes(self, numbers: Iterable[int]) -> list[ast.AST]:
        """The nodes of these numbers."""
        return [self._nodes[number] for number in numbers]


class Sharing:
    """Work on the modules of a project, shared out where that pays: its answers name nodes by ``numbers``."""

    def __init__(self, processes: Processes, modules: Callable[[], Sequence[Module]]) -> None:
        self._processes = processes
        self._modules = modules

    @cached_property
    def numbers(self) -> NodeNumbers:
        """The numbers of the nodes."""
        return NodeNumbers(self._modules())

    def shared(self, work: Callable[[int], T], count: int) -> dict[int, T]:
        """What is known of ``work`` for numbers below ``count``; the rest is for the caller to do."""
        if count < 2 or not self._processes.are_several() or not self.numbers:
            return {}
        return self._processes.shared(work, count)
