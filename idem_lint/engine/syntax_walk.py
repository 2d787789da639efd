"""The walk that turns a syntax tree into scopes, bindings and statements, and a statement into its calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

from idem_lint.engine.dotted_names import absolute
from idem_lint.engine.module_facts import (
    Arm,
    Binding,
    BindingKind,
    CallSite,
    FunctionNode,
    Loop,
    Module,
    Scope,
    Statement,
    arguments,
    lambda_scope,
    positional,
    targets,
    terminal,
)


def read_module(
    name: str,
    path: Path,
    tree: ast.Module,
    source: bytes,
    *,
    is_package: bool,
    words: frozenset[bytes],
) -> Module:
    """The facts of a parsed file: ``name`` is its dotted name below the project root, ``words`` are those of the
    source.
    """
    return Module(name, is_package, tree, path, source, words, _Walks())


class _Walks:
    """What a module asks for: a walk over its statements, and over one of them."""

    def block(self, module: Module, tree: ast.Module) -> None:
        Walk(module).block(tree.body, module.scope, (), ())

    def expression(self, module: Module, statement: Statement) -> None:
        Walk(module).expression(statement)


class Walk:
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
        self.module.statements.append(Statement(first, last, node, scope, loops))

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
        for argument in arguments(node.args):
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
            self.target(target, "assign", node.value, scope, arms, repeated=bool(loops))
        self.keep(node, scope, loops)

    def annotated(
        self, node: ast.AnnAssign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        if node.value is not None:
            self.target(node.target, "assign", node.value, scope, arms, repeated=bool(loops))
            self.keep(node, scope, loops)

    def augmented(
        self, node: ast.AugAssign, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.target(node.target, "extend", node.value, scope, arms, repeated=bool(loops))
        self.keep(node, scope, loops)

    def returned(
        self, node: ast.Return, scope: Scope, _arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        if node.value is not None:
            scope.returns.append(node.value)
            self.keep(node, scope, loops)

    def target(
        self,
        node: ast.expr,
        kind: BindingKind,
        value: ast.expr,
        scope: Scope,
        arms: tuple[Arm, ...],
        *,
        repeated: bool = False,
    ) -> None:
        for name, path in targets(node):
            self.bind(
                scope, name, Binding(kind, node.lineno, value, "", path, arms, name=name, repeated=repeated)
            )

    # blocks

    def branch(self, node: ast.If, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        while (
            True
        ):  # ``elif`` is an ``if`` within ``else``: a chain of hundreds is no reason for as many calls
            self.keep(node.test, scope, loops)
            self.block(node.body, scope, (*arms, (node.lineno, 0)), loops)
            arms = (*arms, (node.lineno, 1))
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            node = node.orelse[0]
        self.block(node.orelse, scope, arms, loops)

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
                self.target(item.optional_vars, "with", item.context_expr, scope, arms)
        self.block(node.body, scope, arms, loops)

    def attempt(
        self, node: ast.Try | ast.TryStar, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]
    ) -> None:
        self.block(node.body, scope, (*arms, (node.lineno, 0)), loops)
        for index, handler in enumerate(node.handlers, start=1):
            if handler.name:
                self.bind(scope, handler.name, Binding("opaque", handler.lineno, arms=arms))
            self.block(handler.body, scope, (*arms, (node.lineno, -index)), loops)
        self.block(node.orelse, scope, (*arms, (node.lineno, 0)), loops)
        self.block(node.finalbody, scope, arms, loops)

    def match(self, node: ast.Match, scope: Scope, arms: tuple[Arm, ...], loops: tuple[Loop, ...]) -> None:
        self.keep(node.subject, scope, loops)
        for index, case in enumerate(node.cases):
            self.block(case.body, scope, (*arms, (node.lineno, index)), loops)

    # expressions

    def expression(self, statement: Statement) -> None:
        """Find the calls in a statement, with the comprehensions around them; a walrus binds."""
        calls = statement.calls = []
        calls.extend(_operators(statement))
        stack: list[tuple[ast.AST, Scope, tuple[Loop, ...]]] = [
            (statement.node, statement.scope, statement.loops)
        ]
        while stack:
            item, scope, around = stack.pop()
            if type(item) in _PLAIN:
                pass
            elif isinstance(item, ast.Call):
                calls.append(CallSite(item, scope, around))
                calls.extend(_mapped_calls(item, scope, around))
                around = (*around, *_mapped(item))
            elif isinstance(item, ast.NamedExpr):
                self.target(item.target, "assign", item.value, scope, ())
            elif isinstance(item, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
                around = (*around, *((part.target, _iterated(part)) for part in item.generators))
            elif isinstance(item, ast.Lambda):
                scope = lambda_scope(item, scope)
            for value in cast("Iterable[object]", item.__dict__.values()):
                kind = type(value)
                if kind is list:
                    children = cast("list[ast.AST]", value)
                    stack += [(child, scope, around) for child in children if type(child) not in _LEAVES]
                elif kind not in _LEAVES:
                    stack.append((cast("ast.AST", value), scope, around))


_VISITORS: dict[type[ast.AST], Callable[..., None]] = {
    ast.FunctionDef: Walk.function,
    ast.AsyncFunctionDef: Walk.function,
    ast.ClassDef: Walk.klass,
    ast.Import: Walk.imported,
    ast.ImportFrom: Walk.imported_from,
    ast.Global: Walk.names_global,
    ast.Nonlocal: Walk.names_nonlocal,
    ast.Assign: Walk.assign,
    ast.AnnAssign: Walk.annotated,
    ast.AugAssign: Walk.augmented,
    ast.Return: Walk.returned,
    ast.If: Walk.branch,
    ast.For: Walk.loop,
    ast.AsyncFor: Walk.loop,
    ast.While: Walk.repeat,
    ast.With: Walk.context,
    ast.AsyncWith: Walk.context,
    ast.Try: Walk.attempt,
    ast.TryStar: Walk.attempt,
    ast.Match: Walk.match,
}


_OPERATORS = (*ast.operator.__subclasses__(), *ast.unaryop.__subclasses__(), *ast.cmpop.__subclasses__())
_LEAVES = frozenset(
    (ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, ast.And, ast.Or, int, str, type(None), *_OPERATORS)
)
"""What a tree has most of: nothing in them is a call."""

_PLAIN = frozenset((ast.Attribute, ast.keyword, ast.arguments, ast.arg, ast.Expr, ast.Assign, ast.Return))
"""What comes most often of the rest, and is nothing by itself."""


def _iterated(part: ast.comprehension) -> ast.expr:
    """What a part of a comprehension goes through: what its conditions leave."""
    if not part.ifs:
        return part.iter
    return ast.copy_location(ast.ListComp(part.target, [part]), part.iter)


def _mapped(node: ast.Call) -> Iterator[Loop]:
    """``map(lambda view: …, views)`` as the loop it is."""
    if terminal(node.func) == "map" and len(node.args) == 2 and isinstance(node.args[0], ast.Lambda):
        for argument in positional(node.args[0])[:1]:
            yield ast.copy_location(ast.Name(argument.arg, ast.Store()), argument), node.args[1]


def _mapped_calls(node: ast.Call, scope: Scope, loops: tuple[Loop, ...]) -> Iterator[CallSite]:
    """``map(add_route, paths, views)`` as the calls it makes."""
    if (
        terminal(node.func) != "map"
        or len(node.args) < 2
        or isinstance(node.args[0], ast.Lambda | ast.Starred)
    ):
        return
    names = [ast.Name(f"<item {number}>", ast.Store()) for number, _ in enumerate(node.args[1:])]
    rows = ast.Call(ast.Name("zip", ast.Load()), node.args[1:], [])
    target = ast.Tuple([*names], ast.Store())
    given = [ast.Name(name.id, ast.Load()) for name in names]
    call = ast.Call(node.args[0], [*given], [])
    for part in (rows, rows.func, target, call, *names, *given):
        ast.copy_location(part, node)
    yield CallSite(call, scope, (*loops, (target, rows)))


_SHIFTS: dict[type[ast.operator], str] = {ast.LShift: "__lshift__", ast.RShift: "__rshift__"}


def _operators(statement: Statement) -> Iterator[CallSite]:
    """``TABLE[key] = value`` and ``routes << (path, view)`` as the calls they are."""
    node, scope, loops = statement.node, statement.scope, statement.loops
    if isinstance(node, ast.Assign):
        yield from _item_assignments(node, scope, loops)
    shift = node.value if isinstance(node, ast.Expr) else None
    if isinstance(shift, ast.BinOp) and type(shift.op) in _SHIFTS:
        yield _method_call(shift.left, _SHIFTS[type(shift.op)], [shift.right], scope, loops, node)
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
        if isinstance(node.op, ast.Add) and not isinstance(node.value, ast.Constant):
            yield _method_call(node.target, "extend", [node.value], scope, loops, node)
    if isinstance(node, ast.AugAssign) and type(node.op) in _SHIFTS:
        yield _method_call(node.target, _SHIFTS[type(node.op)], [node.value], scope, loops, node)


def _method_call(
    owner: ast.expr, name: str, given: list[ast.expr], scope: Scope, loops: tuple[Loop, ...], node: ast.AST
) -> CallSite:
    func = ast.copy_location(ast.Attribute(owner, name, ast.Load()), node)
    return CallSite(ast.copy_location(ast.Call(func, given, []), node), scope, loops)


def _item_assignments(node: ast.Assign, scope: Scope, loops: tuple[Loop, ...]) -> Iterator[CallSite]:
    """``TABLE[key] = value`` as the call it is."""
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            yield _method_call(target.value, "__setitem__", [target.slice, node.value], scope, loops, node)


def _enclosing(scope: Scope) -> Iterator[Scope]:
    owner = scope.parent
    while owner is not None:
        if owner.is_function:
            yield owner
        owner = owner.parent
