"""The presence rule as a small flake8 plugin."""

from __future__ import annotations

import ast
from collections.abc import Iterator

MARKS = {"money_moving", "not_money_moving"}


def name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


class Presence:
    name = "presence"
    version = "1"

    def __init__(self, tree: ast.AST) -> None:
        self.tree = tree

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                route = any(
                    isinstance(each, ast.Call)
                    and isinstance(each.func, ast.Attribute)
                    and each.func.attr == "post"
                    for each in node.decorator_list
                )
                if route and not MARKS & {name(each) for each in node.decorator_list}:
                    yield node.lineno, node.col_offset, "PRS001 money-mark-missing", type(self)
