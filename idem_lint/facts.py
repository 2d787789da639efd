"""One module as facts: its scopes, what each name is bound to, its functions, classes and interesting calls.

Pure: from source to facts, no file system and no other module. Everything that needs a second module is asked of
:mod:`idem_lint.modules`.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from idem_lint.scopes import CallSite, FunctionNode, Scope, Statement, targets
from idem_lint.screen import WORD
from idem_lint.walk import Walk

_GROWTH = frozenset(
    {"append", "extend", "insert", "add", "update", "__setitem__", "remove", "pop", "sort", "reverse"}
)


@dataclass(slots=True, eq=False)
class Module:
    """A parsed file: ``name`` is its dotted name below the project root, ``is_package`` true for ``__init__``."""

    name: str
    is_package: bool
    tree: ast.Module
    path: Path
    source: bytes
    scope: Scope = field(init=False)
    functions: list[tuple[FunctionNode, Scope]] = field(default_factory=list[tuple[FunctionNode, Scope]])
    classes: list[tuple[ast.ClassDef, Scope]] = field(default_factory=list[tuple[ast.ClassDef, Scope]])
    scopes: dict[ast.AST, Scope] = field(default_factory=dict[ast.AST, Scope])
    imports: set[str] = field(default_factory=set[str])
    statements: list[Statement] = field(default_factory=list[Statement])
    _starts: list[int] = field(default_factory=list[int])
    _line_ends: list[int] = field(default_factory=list[int])
    _words: frozenset[bytes] | None = None

    def __post_init__(self) -> None:
        self.scope = Scope(self, self.tree, None, "")
        self.scopes[self.tree] = self.scope
        Walk(self).block(self.tree.body, self.scope, (), ())
        self.statements.sort(key=_first_line)
        self._starts = [statement.first for statement in self.statements]
        if b":=" in self.source:
            self._look([b":="])

    @property
    def words(self) -> frozenset[bytes]:
        """Every word in the source."""
        if self._words is None:
            self._words = frozenset(WORD.findall(self.source))
        return self._words

    def sites(self, words: Iterable[bytes]) -> list[CallSite]:
        """The calls in every statement that shows one of these words, in source order.

        Expressions are looked into only where a word stands: a module has few statements that register, and many
        that do not.
        """
        return self._look(self.words.intersection(words))

    def _look(self, texts: Iterable[bytes]) -> list[CallSite]:
        hot: dict[int, Statement] = {}
        for line in self._lines_with(texts):
            index = bisect_right(self._starts, line) - 1
            while index >= 0 and self.statements[index].last >= line:
                hot[index] = self.statements[index]
                index -= 1
        return [call for index in sorted(hot) for call in self._calls(hot[index])]

    def growth(self, name: str) -> list[CallSite]:
        """The calls (and item assignments) that put something into the list or dict of this name, or move what is in it."""
        found: list[CallSite] = []
        for site in self.sites(frozenset([name.rpartition(".")[2].encode()])):
            func = site.node.func
            if isinstance(func, ast.Attribute) and func.attr in _GROWTH:
                if any(each == name for each, _ in targets(func.value)):
                    found.append(site)
        return found

    def _lines_with(self, words: Iterable[bytes]) -> set[int]:
        if not self._line_ends:
            self._line_ends = list(accumulate(map(len, self.source.splitlines(keepends=True))))
        lines: set[int] = set()
        for word in words:
            at = self.source.find(word)
            while at >= 0:
                lines.add(bisect_right(self._line_ends, at) + 1)
                at = self.source.find(word, at + len(word))
        return lines

    def _calls(self, statement: Statement) -> list[CallSite]:
        if statement.calls is None:
            statement.calls = []
            Walk(self).expression(statement)
        return statement.calls


def _first_line(statement: Statement) -> int:
    return statement.first
