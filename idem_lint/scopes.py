"""What the facts of a module are made of: its scopes, what their names are bound to, and where it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from idem_lint.facts import Module

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
ScopeNode: TypeAlias = ast.Module | ast.ClassDef | FunctionNode
Loop: TypeAlias = tuple[ast.expr, ast.expr]
BindingKind: TypeAlias = Literal["import", "def", "class", "assign", "extend", "loop", "parameter", "opaque"]
Arm: TypeAlias = tuple[int, int]


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
class Statement:
    """Expressions that have not been looked into yet: a simple statement, or the head of a compound one."""

    first: int
    last: int
    node: ast.AST
    scope: Scope
    loops: tuple[Loop, ...]
    calls: list[CallSite] | None = None


def terminal(node: ast.expr) -> str:
    """The last name of a callee: ``post`` for ``self.app.post``; empty where there is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def targets(node: ast.expr, path: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names an assignment target binds, each with the indices that lead to its value."""
    if isinstance(node, ast.Name):
        yield node.id, path
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield f"{node.value.id}.{node.attr}", path
    elif isinstance(node, ast.Tuple | ast.List):
        for index, item in enumerate(node.elts):
            yield from targets(item, (*path, index))
