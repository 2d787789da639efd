"""One module as facts: its scopes, what each name is bound to, its functions, classes and interesting calls.

Pure: from source to facts, no file system and no other module. Everything that needs a second module is asked of
:mod:`idem_lint.engine.imports`; :mod:`idem_lint.engine.syntax_walk` fills a module.
"""

from __future__ import annotations

import ast
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

_GROWTH = frozenset(
    {"append", "extend", "insert", "add", "update", "setdefault", "__setitem__"}
    | {"remove", "pop", "sort", "reverse"}
)
WITHIN = "__within__"
"""What fills a collection that is an item of another: that item's key, the method, and what the method is given."""


FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
ScopeNode: TypeAlias = ast.Module | ast.ClassDef | FunctionNode | ast.Lambda
Loop: TypeAlias = tuple[ast.expr, ast.expr]
BindingKind: TypeAlias = Literal[
    "import", "def", "class", "assign", "extend", "loop", "with", "parameter", "opaque"
]
Arm: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Binding:
    """One way a name gets its value in a scope.

    ``node`` is the definition, the value expression (``assign``, ``extend``, ``loop``: the iterable) or the argument;
    ``path`` are the indices that unpack it; ``arms`` are the branches it stands in: (line of the statement, arm), the
    arm negative for an ``except`` clause; ``repeated``: it stands in a loop.
    """

    kind: BindingKind
    line: int
    node: ast.AST | None = None
    target: str = ""
    path: tuple[int, ...] = ()
    arms: tuple[Arm, ...] = ()
    name: str = ""
    repeated: bool = False


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class or function body; ``bindings`` are in source order."""

    module: Module
    node: ScopeNode
    parent: Scope | None
    qualname: str
    bindings: dict[str, list[Binding]] = field(default_factory=dict[str, list[Binding]])
    stars: list[str] = field(default_factory=list[str])
    returns: list[ast.expr] = field(default_factory=list[ast.expr])
    yields: list[ast.expr] = field(default_factory=list[ast.expr])
    outer: dict[str, Scope] = field(default_factory=dict[str, "Scope"])
    _branches: list[ast.If] | None = None

    def branches(self) -> list[ast.If]:
        """The ``if`` statements in it, outermost first; looked for once."""
        if self._branches is None:
            self._branches = [part for part in ast.walk(self.node) if isinstance(part, ast.If)]
        return self._branches

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, FunctionNode | ast.Lambda)

    def child_name(self, name: str) -> str:
        """The ``__qualname__`` of something defined here."""
        if self.parent is None:
            return name
        return f"{self.qualname}.<locals>.{name}" if self.is_function else f"{self.qualname}.{name}"


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """A call (or a table that registers), where it stands, and the loops around it (target, iterable)."""

    node: ast.Call
    scope: Scope
    loops: tuple[Loop, ...] = ()


@dataclass(slots=True, eq=False)
class Statement:
    """Expressions that have not been looked into yet: a simple statement, or the head of a compound one."""

    first: int
    last: int
    node: ast.AST
    scope: Scope
    loops: tuple[Loop, ...]
    calls: list[CallSite] | None = None


def positional(function: FunctionNode | ast.Lambda) -> list[ast.arg]:
    """The parameters that an argument may be given to by its position."""
    return [*function.args.posonlyargs, *function.args.args]


def terminal(node: ast.expr) -> str:
    """The last name of a callee: ``post`` for ``self.app.post``; empty where there is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def targets(node: ast.expr, path: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names an assignment target binds, each with the indices that lead to its value."""
    if isinstance(node, ast.Name):
        yield node.id, path
    elif isinstance(node, ast.Attribute):
        for owner, _ in targets(node.value):
            yield f"{owner}.{node.attr}", path
    elif isinstance(node, ast.Tuple | ast.List):
        for index, item in enumerate(node.elts):
            yield from targets(item, (*path, index))


class SyntaxWalk(Protocol):
    """Fills a module from its tree, and a statement with its calls."""

    def block(self, module: Module, tree: ast.Module, /) -> None:
        """Find the scopes, bindings, definitions and statements of a module."""
        ...

    def expression(self, module: Module, statement: Statement, /) -> None:
        """Find the calls in a statement."""
        ...


@dataclass(slots=True, eq=False)
class Module:
    """A parsed file: ``name`` is its dotted name below the project root, ``is_package`` true for ``__init__``, ``words`` are
    all those of its source. ``is_changed``: a run has added to its facts what a next one must not find there.
    """

    name: str
    is_package: bool
    tree: ast.Module
    path: Path
    source: bytes
    words: frozenset[bytes] = field(repr=False)
    walk: SyntaxWalk = field(repr=False)
    scope: Scope = field(init=False)
    functions: list[tuple[FunctionNode, Scope]] = field(default_factory=list[tuple[FunctionNode, Scope]])
    classes: list[tuple[ast.ClassDef, Scope]] = field(default_factory=list[tuple[ast.ClassDef, Scope]])
    scopes: dict[ast.AST, Scope] = field(default_factory=dict[ast.AST, Scope])
    imports: set[str] = field(default_factory=set[str])
    statements: list[Statement] = field(default_factory=list[Statement])
    is_changed: bool = False
    _starts: list[int] = field(default_factory=list[int])
    _line_ends: list[int] = field(default_factory=list[int])
    _growth: dict[str, list[CallSite]] = field(default_factory=dict[str, list[CallSite]])

    def __post_init__(self) -> None:
        self.scope = Scope(self, self.tree, None, "")
        self.scopes[self.tree] = self.scope
        self.walk.block(self, self.tree)
        self.statements.sort(key=_first_line)
        self._starts = [statement.first for statement in self.statements]
        if b":=" in self.source:
            self._look([b":="])

    def sites(self, words: Iterable[bytes]) -> list[CallSite]:
        """The calls in every statement that shows one of these words, in source order.

        Expressions are looked into only where a word stands: a module has few statements that register, and many
        that do not.
        """
        return self._look(self.words.intersection(words))

    def every_site(self) -> list[CallSite]:
        """Every call of the module, in source order."""
        return [call for statement in self.statements for call in self._calls(statement)]

    def sites_in(self, scope: Scope) -> list[CallSite]:
        """The calls in a function, and in what is defined inside it."""
        first, last = _lines(scope)
        start = max(bisect_right(self._starts, first - 1) - 1, 0)
        found: list[CallSite] = []
        for statement in self.statements[start : bisect_right(self._starts, last)]:
            found += [call for call in self._calls(statement) if is_inside(call.scope, scope)]
        return found

    def functions_in(self, scope: Scope) -> list[tuple[FunctionNode, Scope]]:
        """The functions that are defined inside a function."""
        first, last = _lines(scope)
        start = bisect_right(self.functions, first - 1, key=_definition_line)
        end = bisect_right(self.functions, last, key=_definition_line)
        return [item for item in self.functions[start:end] if is_inside(item[1], scope)]

    def _look(self, texts: Iterable[bytes]) -> list[CallSite]:
        hot: dict[int, Statement] = {}
        for line in self._lines_with(texts):
            index = bisect_right(self._starts, line) - 1
            while index >= 0 and self.statements[index].last >= line:
                hot[index] = self.statements[index]
                index -= 1
        return [call for index in sorted(hot) for call in self._calls(hot[index])]

    def growth(self, name: str) -> list[CallSite]:
        """The calls (and item assignments) that put something into the list or dict of this name, or move what is in it;
        ``.name``: into whatever attribute has that name.
        """
        known = self._growth.get(name)
        if known is not None:
            return known
        found: list[CallSite] = []
        for site in self.sites(frozenset([name.rpartition(".")[2].encode()])):
            site = _of_whole(site)
            func = site.node.func
            if isinstance(func, ast.Attribute) and func.attr in {*_GROWTH, WITHIN}:
                is_attribute = isinstance(func.value, ast.Attribute) and f".{func.value.attr}" == name
                if is_attribute or any(each == name for each, _ in targets(func.value)):
                    found.append(site)
        self._growth[name] = found
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
            self.walk.expression(self, statement)
        return statement.calls


def _lines(scope: Scope) -> tuple[int, int]:
    """The first and the last line of a scope; those of a module are all."""
    return getattr(scope.node, "lineno", 1), getattr(scope.node, "end_lineno", sys.maxsize)


def _definition_line(item: tuple[FunctionNode, Scope]) -> int:
    return item[0].lineno


def _of_whole(site: CallSite) -> CallSite:
    """``TABLE[path].append(view)`` as what it does to ``TABLE``; any other call as it is."""
    node = site.node
    while isinstance(node.func, ast.Attribute) and node.func.attr in {*_GROWTH, WITHIN}:
        item = node.func.value
        if isinstance(item, ast.Subscript):
            owner, key = item.value, item.slice
        elif (
            isinstance(item, ast.Call)
            and isinstance(item.func, ast.Attribute)
            and item.func.attr == "setdefault"
        ):
            owner, key = item.func.value, next(iter(item.args), ast.copy_location(ast.Constant(None), item))
        else:
            break
        verb = ast.copy_location(ast.Constant(node.func.attr), node)
        func = ast.copy_location(ast.Attribute(owner, WITHIN, ast.Load()), node)
        node = ast.copy_location(ast.Call(func, [key, verb, *node.args], []), node)
    return site if node is site.node else CallSite(node, site.scope, site.loops)


def is_inside(scope: Scope | None, outer: Scope) -> bool:
    """Whether a scope is another one, or lies in it."""
    while scope is not None and scope is not outer:
        scope = scope.parent
    return scope is outer


def outermost(scope: Scope) -> Scope:
    """The outermost function around a function: its parameters may decide what an inner one does."""
    found = scope
    current = scope.parent
    while current is not None:
        found = current if current.is_function else found
        current = current.parent
    return found


def lambda_scope(node: ast.Lambda, scope: Scope) -> Scope:
    """The body of a lambda as a scope of its own, which returns one expression."""
    known = scope.module.scopes.get(node)
    if known is None:
        known = scope.module.scopes[node] = Scope(scope.module, node, scope, scope.child_name("<lambda>"))
        known.returns.append(node.body)
        for argument in arguments(node.args):
            known.bindings[argument.arg] = [Binding("parameter", node.lineno, argument)]
    return known


def arguments(node: ast.arguments) -> Iterator[ast.arg]:
    """The parameters of a function."""
    yield from node.posonlyargs
    yield from node.args
    if node.vararg is not None:
        yield node.vararg
    yield from node.kwonlyargs
    if node.kwarg is not None:
        yield node.kwarg


def _first_line(statement: Statement) -> int:
    return statement.first
