"""A domain's own idempotency: it reads ``Idempotency-Key`` or keeps its own keys (ADR-007: domains do not)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import FunctionNode, Module, Scope
from idem_lint.engine.value_types import Func, options
from idem_lint.judging.header_reads import HeaderReads
from idem_lint.judging.own_key_stores import store
from idem_lint.result_types import Site

if TYPE_CHECKING:
    from idem_lint.judging.handler_verdicts import Assembler

SCREEN = re.compile(rb"(?i)idem(?!_runtime|_lint|-runtime|-lint)")
HEADER = "reads the Idempotency-Key header"
_TEST_FILE = re.compile(r"test_.*|.*_test|conftest")


def sites(module: Module, assembler: Assembler) -> Iterator[Site]:
    """The places of a module that roll their own idempotency, first to last, one a line."""
    if SCREEN.search(module.source) is None or _TEST_FILE.fullmatch(module.path.stem):
        return
    found: dict[int, Site] = {}
    for node, scope, what in sorted(
        _Search(assembler).places(module), key=lambda item: (item[0].lineno, item[0].col_offset)
    ):
        name = node.name if isinstance(node, ast.ClassDef) else ""
        place = assembler.place(node, module, name)
        found.setdefault(place.line, Site(place, what, scope.child_name(name) if name else scope.qualname))
    yield from found.values()


class _Search:
    def __init__(self, assembler: Assembler) -> None:
        self.assembler = assembler
        self.evaluator = assembler.finder.evaluator
        self.reads = HeaderReads(self.evaluator)

    def places(self, module: Module) -> Iterator[tuple[ast.expr | ast.stmt | ast.arg, Scope, str]]:
        """What stands in a module, each with the scope around it; tests and docstrings are passed over."""
        waiting: list[tuple[ast.AST, Scope]] = [(module.tree, module.scope)]
        while waiting:
            node, scope = waiting.pop()
            if isinstance(node, FunctionNode | ast.ClassDef) and _is_test(node):
                continue
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            kept = store(node)
            if kept is not None:
                yield kept.node, scope, kept.what
            elif isinstance(node, ast.expr) and self.reads.is_read(node, scope):
                if not self._is_handed_on(scope):
                    yield node, scope, HEADER
            if isinstance(node, FunctionNode):
                for parameter in self.reads.parameters(node, scope):
                    if not self._is_handed_on(module.scopes[node]):
                        yield parameter, scope, HEADER
            inner = module.scopes.get(node, scope)
            waiting.extend((child, inner) for child in _parts(node, is_told=kept is not None))

    def _is_handed_on(self, scope: Scope) -> bool:
        """Whether the function around calls one that is marked: then the key is read for the shared package, where
        that has no adapter for the framework.
        """
        if not scope.is_function:
            return False
        calls = (part for part in ast.walk(scope.node) if isinstance(part, ast.Call))
        return any(self._is_marked(call, scope) for call in calls)

    def _is_marked(self, call: ast.Call, scope: Scope) -> bool:
        finder = self.assembler.finder
        for option in options(self.evaluator.evaluate(call.func, scope)):
            definition = finder.definition(option)
            if isinstance(definition, Func):
                links = finder.links(definition)
                uses = (use for link in links for use in self.assembler.marks.uses(link.decorator))
                if any(use.name == "money_moving" for use in uses):
                    return True
        return False


def _parts(node: ast.AST, *, is_told: bool) -> Iterator[ast.AST]:
    """What is looked into below a node: of a model that was told its methods alone, of a string nothing more."""
    if isinstance(node, ast.JoinedStr):
        return (part for part in node.values if isinstance(part, ast.FormattedValue))
    if isinstance(node, ast.ClassDef) and is_told:
        return (part for part in node.body if isinstance(part, FunctionNode))
    return ast.iter_child_nodes(node)


def _is_test(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return node.name.startswith("Test" if isinstance(node, ast.ClassDef) else "test_")
