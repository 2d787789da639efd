"""The presence rule as a pylint checker."""

from __future__ import annotations

from astroid import nodes
from pylint.checkers import BaseChecker
from pylint.lint import PyLinter

MARKS = {"money_moving", "not_money_moving"}


def name(node: nodes.NodeNG) -> str:
    called = node.func if isinstance(node, nodes.Call) else node
    return called.attrname if isinstance(called, nodes.Attribute) else getattr(called, "name", "")


class Presence(BaseChecker):
    name = "presence"
    msgs = {
        "W9901": ("a POST handler without a mark", "money-mark-missing", "A POST handler without a mark.")
    }

    def visit_functiondef(self, node: nodes.FunctionDef) -> None:
        decorators = node.decorators.nodes if node.decorators else []
        route = any(
            isinstance(each, nodes.Call)
            and isinstance(each.func, nodes.Attribute)
            and each.func.attrname == "post"
            for each in decorators
        )
        if route and not MARKS & {name(each) for each in decorators}:
            self.add_message("money-mark-missing", node=node)

    visit_asyncfunctiondef = visit_functiondef


def register(linter: PyLinter) -> None:
    linter.register_checker(Presence(linter))
