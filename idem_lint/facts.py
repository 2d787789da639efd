"""One module as facts: its scopes, what each name is bound to, its functions, classes and interesting calls.

Pure: from source to facts, no file system and no other module. Everything that needs a second module is asked of
:mod:`idem_lint.modules`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from idem_lint.names import absolute

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
    calls: list[CallSite] = field(default_factory=list[CallSite])
    scopes: dict[ast.AST, Scope] = field(default_factory=dict[ast.AST, Scope])
    imports: set[str] = field(default_factory=set[str])
    growth: dict[str, list[CallSite]] = field(default_factory=dict[str, list[CallSite]])

    def __post_init__(self) -> None:
        self.scope = Scope(self, self.tree, None, "")
        self.scopes[self.tree] = self.scope
        _Indexer(self).block(self.tree.body, self.scope, (), ())


def terminal(node: ast.expr) -> str:
    """The last name of a callee: ``post`` for ``self.app.post``; empty where there is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class _Indexer:
    """Walks statements once; expressions only for calls and the walrus."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def block(self, body: Iterable[ast.stmt], scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        for statement in body:
            method = getattr(self, "on_" + type(statement).__name__, None)
            if method is not None:
                method(statement, scope, arms, loops)
            else:
                self.expressions(statement, scope, loops)

    def bind(self, scope: Scope, name: str, binding: Binding) -> None:
        owner = scope.outer.get(name, scope)
        owner.bindings.setdefault(name, []).append(binding)

    # definitions

    def on_FunctionDef(  # noqa: N802 - named for the node class it visits
        self, node: FunctionNode, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        module = self.module
        self.bind(scope, node.name, Binding("def", node.lineno, node, arms=arms))
        module.functions.append((node, scope))
        inner = Scope(module, node, scope, scope.child_name(node.name))
        module.scopes[node] = inner
        for decorator in node.decorator_list:
            self.expression(decorator, scope, loops)
        for argument in _arguments(node.args):
            inner.bindings[argument.arg] = [Binding("parameter", node.lineno, argument)]
        self.block(node.body, inner, (), loops)

    on_AsyncFunctionDef = on_FunctionDef  # noqa: N815

    def on_ClassDef(  # noqa: N802
        self, node: ast.ClassDef, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.bind(scope, node.name, Binding("class", node.lineno, node, arms=arms))
        self.module.classes.append((node, scope))
        inner = Scope(self.module, node, scope, scope.child_name(node.name))
        self.module.scopes[node] = inner
        for decorator in node.decorator_list:
            self.expression(decorator, scope, loops)
        self.block(node.body, inner, (), loops)

    # imports

    def on_Import(  # noqa: N802
        self, node: ast.Import, scope: Scope, arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.module.imports.add(alias.name)
            name, target = (alias.asname, alias.name) if alias.asname else (top, top)
            self.bind(scope, name, Binding("import", node.lineno, target=target, arms=arms))

    def on_ImportFrom(  # noqa: N802
        self, node: ast.ImportFrom, scope: Scope, arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        origin = absolute(node, self.module.name, is_package=self.module.is_package)
        self.module.imports.add(origin)
        for alias in node.names:
            if alias.name == "*":
                scope.stars.append(origin)
                continue
            target = f"{origin}.{alias.name}" if origin else alias.name
            self.bind(scope, alias.asname or alias.name, Binding("import", node.lineno, target=target, arms=arms))

    def on_Global(  # noqa: N802
        self, node: ast.Global, scope: Scope, _arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        scope.outer.update(dict.fromkeys(node.names, self.module.scope))

    def on_Nonlocal(  # noqa: N802
        self, node: ast.Nonlocal, scope: Scope, _arms: tuple[Arm, ...], _loops: tuple[Loop, ...]
    ) -> None:
        for name in node.names:
            scope.outer[name] = next((owner for owner in _enclosing(scope) if name in owner.bindings), scope)

    # values

    def on_Assign(  # noqa: N802
        self, node: ast.Assign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        for target in node.targets:
            self.target(target, "assign", node.value, scope, arms)
        self.expression(node.value, scope, loops)

    def on_AnnAssign(  # noqa: N802
        self, node: ast.AnnAssign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        if node.value is not None:
            self.target(node.target, "assign", node.value, scope, arms)
            self.expression(node.value, scope, loops)

    def on_AugAssign(  # noqa: N802
        self, node: ast.AugAssign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.target(node.target, "extend", node.value, scope, arms)
        self.expression(node.value, scope, loops)

    def on_Return(  # noqa: N802
        self, node: ast.Return, scope: Scope, _arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        if node.value is not None:
            scope.returns.append(node.value)
            self.expression(node.value, scope, loops)

    def target(self, node: ast.expr, kind: BindingKind, value: ast.expr, scope: Scope, arms: tuple[Arm, ...]) -> None:
        for name, path in _targets(node):
            self.bind(scope, name, Binding(kind, node.lineno, value, path=path, arms=arms, name=name))
        if isinstance(node, ast.Subscript) and kind == "assign":
            self.grow(ast.Call(ast.Attribute(node.value, "__setitem__"), [node.slice, value], []), scope, ())

    # blocks

    def on_If(  # noqa: N802
        self, node: ast.If, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.expression(node.test, scope, loops)
        self.block(node.body, scope, (*arms, (node.lineno, 0)), loops)
        self.block(node.orelse, scope, (*arms, (node.lineno, 1)), loops)

    def on_For(  # noqa: N802
        self, node: ast.For | ast.AsyncFor, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.target(node.target, "loop", node.iter, scope, arms)
        self.expression(node.iter, scope, loops)
        self.block(node.body, scope, arms, (*loops, (node.target, node.iter)))
        self.block(node.orelse, scope, arms, loops)

    on_AsyncFor = on_For  # noqa: N815

    def on_While(  # noqa: N802
        self, node: ast.While, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.expression(node.test, scope, loops)
        self.block(node.body, scope, arms, loops)
        self.block(node.orelse, scope, arms, loops)

    def on_With(  # noqa: N802
        self, node: ast.With | ast.AsyncWith, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        for item in node.items:
            self.expression(item.context_expr, scope, loops)
            if item.optional_vars is not None:
                self.target(item.optional_vars, "assign", item.context_expr, scope, arms)
        self.block(node.body, scope, arms, loops)

    on_AsyncWith = on_With  # noqa: N815

    def on_Try(  # noqa: N802
        self, node: ast.Try | ast.TryStar, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.block(node.body, scope, (*arms, (node.lineno, 0)), loops)
        for index, handler in enumerate(node.handlers, start=1):
            if handler.name:
                self.bind(scope, handler.name, Binding("opaque", handler.lineno, arms=arms))
            self.block(handler.body, scope, (*arms, (node.lineno, index)), loops)
        self.block(node.orelse, scope, (*arms, (node.lineno, 0)), loops)
        self.block(node.finalbody, scope, arms, loops)

    on_TryStar = on_Try  # noqa: N815

    def on_Match(  # noqa: N802
        self, node: ast.Match, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.expression(node.subject, scope, loops)
        for index, case in enumerate(node.cases):
            self.block(case.body, scope, (*arms, (node.lineno, index)), loops)

    # expressions

    def grow(self, node: ast.Call, scope: Scope, loops: tuple[Loop, ...]) -> None:
        """Remember what puts items into a named list or dict."""
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in _GROWTH:
            name = next((name for name, _ in _targets(func.value)), "")
            self.module.growth.setdefault(name, []).append(CallSite(node, scope, loops))

    def expressions(self, statement: ast.stmt, scope: Scope, loops: tuple[Loop, ...]) -> None:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self.expression(child, scope, loops)

    def expression(self, node: ast.expr, scope: Scope, loops: tuple[Loop, ...]) -> None:
        stack: list[tuple[ast.AST, tuple[Loop, ...]]] = [(node, loops)]
        while stack:
            item, around = stack.pop()
            kind = type(item)
            if kind is ast.Name or kind is ast.Constant:
                continue
            if kind is ast.Call:
                self.module.calls.append(CallSite(item, scope, around))  # type: ignore[arg-type]
                self.grow(item, scope, around)  # type: ignore[arg-type]
            elif kind is ast.NamedExpr:
                self.target(item.target, "assign", item.value, scope, ())  # type: ignore[attr-defined]
            elif isinstance(item, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
                around = (*around, *((part.target, part.iter) for part in item.generators))
            stack.extend((child, around) for child in _children(item))


def _enclosing(scope: Scope) -> Iterator[Scope]:
    owner = scope.parent
    while owner is not None:
        if owner.is_function:
            yield owner
        owner = owner.parent


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            yield value


def _arguments(node: ast.arguments) -> Iterator[ast.arg]:
    yield from node.posonlyargs
    yield from node.args
    if node.vararg is not None:
        yield node.vararg
    yield from node.kwonlyargs
    if node.kwarg is not None:
        yield node.kwarg


def _targets(node: ast.expr, path: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names an assignment target binds, each with the indices that lead to its value."""
    if isinstance(node, ast.Name):
        yield node.id, path
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield f"{node.value.id}.{node.attr}", path
    elif isinstance(node, ast.Tuple | ast.List):
        for index, item in enumerate(node.elts):
            yield from _targets(item, (*path, index))


targets = _targets
