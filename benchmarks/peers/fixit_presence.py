"""The presence rule as a Fixit rule."""

from __future__ import annotations

import libcst as cst
from fixit import LintRule

MARKS = {"money_moving", "not_money_moving"}


def name(node: cst.BaseExpression) -> str:
    called = node.func if isinstance(node, cst.Call) else node
    if isinstance(called, cst.Attribute):
        return called.attr.value
    return called.value if isinstance(called, cst.Name) else ""


class MoneyMarkMissing(LintRule):
    MESSAGE = "a POST handler without a mark"

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        decorators = [decorator.decorator for decorator in node.decorators]
        route = any(
            isinstance(each, cst.Call)
            and isinstance(each.func, cst.Attribute)
            and each.func.attr.value == "post"
            for each in decorators
        )
        if route and not MARKS & {name(each) for each in decorators}:
            self.report(node)
