"""One module as facts: its scopes, what each name is bound to, its functions, classes and interesting calls.

Pure: from source to facts, no file system and no other module. Everything that needs a second module is asked of
:mod:`idem_lint.modules`.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeAlias, cast

from idem_lint.names import absolute
from idem_lint.screen import WORD

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
ScopeNode: TypeAlias = ast.Module | ast.ClassDef | FunctionNode
Loop: TypeAlias = tuple[ast.expr, ast.expr]
BindingKind: TypeAlias = Literal["import", "def", "class", "assign", "extend", "loop", "parameter", "opaque"]
Arm: TypeAlias = tuple[int, int]
_GROWTH = frozenset({"append", "extend", "insert", "add", "update", "__setitem__"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One way a name gets its value in a scope.

    ``node`` is the definition, the value expression (``assign``, ``extend``, ``loop``: the iterable) or the argument;
    ``path`` are the indices that unpack it; ``arms`` are the branches it stands in: (line of the statement, arm).
    """

    kind: BindingKind
    line: int
    node: ast.AST | None = None
    target: str = ""
    path: tuple[int, ...] = ()
    arms: tuple[Arm, ...] = ()
    name: str = ""


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

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, FunctionNode)

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
class _Statement:
    """Expressions that have not been looked into yet: a simple statement, or the head of a compound one."""

    first: int
    last: int
    node: ast.AST
    scope: Scope
    loops: tuple[Loop, ...]
    calls: list[CallSite] | None = None


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
    statements: list[_Statement] = field(default_factory=list[_Statement])
    _starts: list[int] = field(default_factory=list[int])
    _line_ends: list[int] = field(default_factory=list[int])
    _words: frozenset[bytes] | None = None

    def __post_init__(self) -> None:
        self.scope = Scope(self, self.tree, None, "")
        self.scopes[self.tree] = self.scope
        _Indexer(self).block(self.tree.body, self.scope, (), ())
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
        hot: dict[int, _Statement] = {}
        for line in self._lines_with(texts):
            index = bisect_right(self._starts, line) - 1
            while index >= 0 and self.statements[index].last >= line:
                hot[index] = self.statements[index]
                index -= 1
        return [call for index in sorted(hot) for call in self._calls(hot[index])]

    def growth(self, name: str) -> list[CallSite]:
        """The calls (and item assignments) that put something into the list or dict of this name."""
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

    def _calls(self, statement: _Statement) -> list[CallSite]:
        if statement.calls is None:
            statement.calls = []
            _Indexer(self).expression(statement)
        return statement.calls


def _first_line(statement: _Statement) -> int:
    return statement.first


def terminal(node: ast.expr) -> str:
    """The last name of a callee: ``post`` for ``self.app.post``; empty where there is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class _Indexer:
    """Walks statements once. Expressions are kept for later (:meth:`Module.sites`)."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def block(
        self, body: Iterable[ast.stmt], scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        for statement in body:
            method = _VISITORS.get(type(statement))
            if method is not None:
                method(self, statement, scope, arms, loops)
            else:
                if (
                    isinstance(statement, ast.Expr)
                    and isinstance(statement.value, ast.Yield)
                    and statement.value.value
                ):
                    scope.yields.append(statement.value.value)
                self.keep(statement, scope, loops)

    def keep(self, node: ast.AST, scope: Scope, loops: tuple[Loop, ...]) -> None:
        if type(node) in _LEAVES:
            return
        first = getattr(node, "lineno", 1)
        last = getattr(node, "end_lineno", None) or first
        self.module.statements.append(_Statement(first, last, node, scope, loops))

    def bind(self, scope: Scope, name: str, binding: Binding) -> None:
        owner = scope.outer.get(name, scope)
        owner.bindings.setdefault(name, []).append(binding)

    # definitions

    def function(
        self, node: FunctionNode, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        module = self.module
        self.bind(scope, node.name, Binding("def", node.lineno, node, arms=arms))
        module.functions.append((node, scope))
        inner = Scope(module, node, scope, scope.child_name(node.name))
        module.scopes[node] = inner
        for decorator in node.decorator_list:
            self.keep(decorator, scope, loops)
        for argument in _arguments(node.args):
            inner.bindings[argument.arg] = [Binding("parameter", node.lineno, argument)]
        self.block(node.body, inner, (), loops)

    def klass(self, node: ast.ClassDef, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        self.bind(scope, node.name, Binding("class", node.lineno, node, arms=arms))
        self.module.classes.append((node, scope))
        inner = Scope(self.module, node, scope, scope.child_name(node.name))
        self.module.scopes[node] = inner
        for decorator in node.decorator_list:
            self.keep(decorator, scope, loops)
        self.block(node.body, inner, (), loops)

    # imports

    def imported(
        self, node: ast.Import, scope: Scope, arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.module.imports.add(alias.name)
            name, target = (alias.asname, alias.name) if alias.asname else (top, top)
            self.bind(scope, name, Binding("import", node.lineno, target=target, arms=arms))

    def imported_from(
        self, node: ast.ImportFrom, scope: Scope, arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        origin = absolute(node, self.module.name, is_package=self.module.is_package)
        self.module.imports.add(origin)
        for alias in node.names:
            if alias.name == "*":
                scope.stars.append(origin)
                continue
            target = f"{origin}.{alias.name}" if origin else alias.name
            self.module.imports.add(target)
            self.bind(
                scope, alias.asname or alias.name, Binding("import", node.lineno, target=target, arms=arms)
            )

    def names_global(
        self, node: ast.Global, scope: Scope, _arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        scope.outer.update(dict.fromkeys(node.names, self.module.scope))

    def names_nonlocal(
        self, node: ast.Nonlocal, scope: Scope, _arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        for name in node.names:
            scope.outer[name] = next((owner for owner in _enclosing(scope) if name in owner.bindings), scope)

    # values

    def assign(self, node: ast.Assign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        for target in node.targets:
            self.target(target, "assign", node.value, scope, arms)
        self.keep(node, scope, loops)

    def annotated(
        self, node: ast.AnnAssign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        if node.value is not None:
            self.target(node.target, "assign", node.value, scope, arms)
            self.keep(node, scope, loops)

    def augmented(
        self, node: ast.AugAssign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.target(node.target, "extend", node.value, scope, arms)
        self.keep(node, scope, loops)

    def returned(
        self, node: ast.Return, scope: Scope, _arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        if node.value is not None:
            scope.returns.append(node.value)
            self.keep(node, scope, loops)

    def target(
        self, node: ast.expr, kind: BindingKind, value: ast.expr, scope: Scope, arms: tuple[Arm, ...]
    ) -> None:
        for name, path in targets(node):
            self.bind(scope, name, Binding(kind, node.lineno, value, path=path, arms=arms, name=name))

    # blocks

    def branch(self, node: ast.If, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        self.keep(node.test, scope, loops)
        self.block(node.body, scope, (*arms, (node.lineno, 0)), loops)
        self.block(node.orelse, scope, (*arms, (node.lineno, 1)), loops)

    def loop(
        self, node: ast.For | ast.AsyncFor, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.target(node.target, "loop", node.iter, scope, arms)
        self.keep(node.iter, scope, loops)
        self.block(node.body, scope, arms, (*loops, (node.target, node.iter)))
        self.block(node.orelse, scope, arms, loops)

    def repeat(self, node: ast.While, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        self.keep(node.test, scope, loops)
        self.block(node.body, scope, arms, loops)
        self.block(node.orelse, scope, arms, loops)

    def context(
        self, node: ast.With | ast.AsyncWith, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        for item in node.items:
            self.keep(item.context_expr, scope, loops)
            if item.optional_vars is not None:
                self.target(item.optional_vars, "assign", item.context_expr, scope, arms)
        self.block(node.body, scope, arms, loops)

    def attempt(
        self, node: ast.Try | ast.TryStar, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.block(node.body, scope, (*arms, (node.lineno, 0)), loops)
        for index, handler in enumerate(node.handlers, start=1):
            if handler.name:
                self.bind(scope, handler.name, Binding("opaque", handler.lineno, arms=arms))
            self.block(handler.body, scope, (*arms, (node.lineno, index)), loops)
        self.block(node.orelse, scope, (*arms, (node.lineno, 0)), loops)
        self.block(node.finalbody, scope, arms, loops)

    def match(self, node: ast.Match, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        self.keep(node.subject, scope, loops)
        for index, case in enumerate(node.cases):
            self.block(case.body, scope, (*arms, (node.lineno, index)), loops)

    # expressions

    def expression(self, statement: _Statement) -> None:
        """Find the calls in a statement, with the comprehensions around them; a walrus binds."""
        calls = statement.calls = []
        scope = statement.scope
        if isinstance(statement.node, ast.Assign):
            calls.extend(_item_assignments(statement.node, scope, statement.loops))
        stack: list[tuple[ast.AST, tuple[Loop, ...]]] = [(statement.node, statement.loops)]
        while stack:
            item, around = stack.pop()
            if isinstance(item, ast.Call):
                calls.append(CallSite(item, scope, around))
                around = (*around, *_mapped(item))
            elif isinstance(item, ast.NamedExpr):
                self.target(item.target, "assign", item.value, scope, ())
            elif isinstance(item, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
                around = (*around, *((part.target, part.iter) for part in item.generators))
            stack += [(child, around) for child in _inner(item)]


_VISITORS: dict[type[ast.AST], Callable[..., None]] = {
    ast.FunctionDef: _Indexer.function,
    ast.AsyncFunctionDef: _Indexer.function,
    ast.ClassDef: _Indexer.klass,
    ast.Import: _Indexer.imported,
    ast.ImportFrom: _Indexer.imported_from,
    ast.Global: _Indexer.names_global,
    ast.Nonlocal: _Indexer.names_nonlocal,
    ast.Assign: _Indexer.assign,
    ast.AnnAssign: _Indexer.annotated,
    ast.AugAssign: _Indexer.augmented,
    ast.Return: _Indexer.returned,
    ast.If: _Indexer.branch,
    ast.For: _Indexer.loop,
    ast.AsyncFor: _Indexer.loop,
    ast.While: _Indexer.repeat,
    ast.With: _Indexer.context,
    ast.AsyncWith: _Indexer.context,
    ast.Try: _Indexer.attempt,
    ast.TryStar: _Indexer.attempt,
    ast.Match: _Indexer.match,
}


_LEAVES = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, int, str, type(None)))


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    """The child nodes that may have a call in them: most of a tree are names, constants and positions."""
    values = cast("Iterable[object]", node.__dict__.values())
    for value in values:
        kind = type(value)
        if kind in _LEAVES:
            continue
        if kind is list:
            for item in cast("list[ast.AST]", value):
                if type(item) not in _LEAVES:
                    yield item
        else:
            yield cast("ast.AST", value)


def _mapped(node: ast.Call) -> Iterator[Loop]:
    """``map(lambda view: …, views)`` as the loop it is."""
    if terminal(node.func) == "map" and len(node.args) == 2 and isinstance(node.args[0], ast.Lambda):
        for argument in node.args[0].args.args[:1]:
            yield ast.copy_location(ast.Name(argument.arg, ast.Store()), argument), node.args[1]


def _item_assignments(node: ast.Assign, scope: Scope, loops: tuple[Loop, ...]) -> Iterator[CallSite]:
    """``TABLE[key] = value`` as the call it is."""
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            func = ast.copy_location(ast.Attribute(target.value, "__setitem__", ast.Load()), target)
            yield CallSite(
                ast.copy_location(ast.Call(func, [target.slice, node.value], []), node), scope, loops
            )


def _enclosing(scope: Scope) -> Iterator[Scope]:
    owner = scope.parent
    while owner is not None:
        if owner.is_function:
            yield owner
        owner = owner.parent


def _arguments(node: ast.arguments) -> Iterator[ast.arg]:
    yield from node.posonlyargs
    yield from node.args
    if node.vararg is not None:
        yield node.vararg
    yield from node.kwonlyargs
    if node.kwarg is not None:
        yield node.kwarg


def targets(node: ast.expr, path: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names an assignment target binds, each with the indices that lead to its value."""
    if isinstance(node, ast.Name):
        yield node.id, path
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield f"{node.value.id}.{node.attr}", path
    elif isinstance(node, ast.Tuple | ast.List):
        for index, item in enumerate(node.elts):
            yield from targets(item, (*path, index))
