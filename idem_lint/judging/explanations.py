"""What is known of the function around one line: its calls, what it writes, and which entry points lead there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from idem_lint.engine.module_facts import FunctionNode, Module, Scope
from idem_lint.engine.value_types import Func, Lambda
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.money_map import MoneyMap
from idem_lint.reach.explained_calls import Explained
from idem_lint.reach.targets import Target
from idem_lint.result_types import EntryPoint, ExplainedCall, Explanation, Handler, Site


class Explanations:
    """Answers for the modules of one run; ``entries`` are what was found to start code."""

    def __init__(
        self, assembler: Assembler, money: MoneyMap, modules: Iterable[Module], entries: Iterable[EntryPoint]
    ) -> None:
        self._assembler = assembler
        self._money = money
        self._modules = {module.path: module for module in modules}
        self._entries: list[Handler | EntryPoint] = [*assembler.handlers, *entries]

    def of(self, path: Path, line: int) -> Explanation | None:
        """The explanation of a line; ``None`` where no function is around it."""
        module = self._modules.get(path)
        around = _around(module, line) if module is not None else None
        if module is None or around is None:
            return None
        node, scope = around
        function = Func(node, scope)
        place = self._assembler.place(node, module, node.name)
        calls = [self._call(each, module) for each in self._money.explained(function)]
        at_line = tuple(call for call in calls if call.place.line == line)
        return Explanation(
            scope.child_name(node.name).replace(".<locals>", ""),
            place,
            tuple(entry for entry in self._entries if entry.place == place),
            tuple(
                entry
                for entry in self._entries
                if entry.place != place and _leads_to(entry, place.file, node)
            ),
            at_line or tuple(calls),
        )

    def _call(self, found: Explained, module: Module) -> ExplainedCall:
        return ExplainedCall(
            self._assembler.place(found.node, module),
            " ".join(ast.unparse(found.node.func).split()),
            found.how,
            tuple(self._site(target) for target in found.targets),
            found.writes,
            found.stops,
        )

    def _site(self, target: Target) -> Site:
        function = target.function
        name = "<lambda>" if isinstance(function, Lambda) else function.node.name
        qualname = function.scope.child_name(name).replace(".<locals>", "")
        return Site(self._assembler.place(function.node, function.scope.module, name), qualname)


def _around(module: Module, line: int) -> tuple[FunctionNode, Scope] | None:
    """The innermost function around a line, its decorators among it."""
    found: tuple[FunctionNode, Scope] | None = None
    for node, scope in module.functions:
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        if first <= line <= (node.end_lineno or node.lineno) and (found is None or first >= found[0].lineno):
            found = node, scope
    return found


def _leads_to(entry: Handler | EntryPoint, file: str, node: FunctionNode) -> bool:
    """Whether a chain that was found from an entry point has a step in a function."""
    writes = entry.money.writes if entry.money is not None else ()
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return any(
        step.place.file == file and step.place.line in lines for write in writes for step in write.chain[1:]
    )
