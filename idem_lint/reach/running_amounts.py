"""Amounts that a row keeps and that are counted up or down in place: ``invoice.amount_paid += paid``,
``goal.saved = goal.saved + amount``, ``update(raised=F("raised") + amount)``.

The name of such a column says less than ``balance`` does, so it counts only where what is added comes from somewhere: a
number in the source counts visits, tries and lines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Environment
from idem_lint.reach.column_names import counts_credits, is_balance, is_running
from idem_lint.reach.record_names import is_held_by
from idem_lint.reach.rows import Rows
from idem_lint.reach.sink import Sink, shown

_NO_MONEY = frozenset({"len", "timedelta", "relativedelta", "count", "Count"})
"""Calls whose results are no amounts of money."""


class RunningAmounts:
    """Finds changes in place of what a row keeps."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self.evaluator = evaluator
        self.rows = rows

    def changed(self, node: ast.AST, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The change that a statement makes."""
        for target, value in _in_place(node):
            is_own_balance = is_balance(target.attr) and terminal(target.value) == "self"
            if not (counts_in_place(target.attr, value) or is_own_balance):
                continue
            classes = self.rows.classes(target.value, scope, env)
            is_record = any(self.rows.records.of_class(klass) is not None for klass in classes)
            if is_own_balance:
                if is_record or not any(is_held_by(klass.node.name) for klass in classes):
                    continue
            elif classes and not is_record:
                continue  # a sum that nothing keeps
            yield Sink("balance", f"{shown(target)} is changed in place", node, is_pending=not is_record)


def counts_in_place(column: str, value: ast.expr) -> bool:
    """Whether to add this value to a column of this name, or to take it away, moves money."""
    if not is_running(column):
        return False
    if isinstance(value, ast.Constant):
        return counts_credits(column)
    names = {terminal(part.func) for part in ast.walk(value) if isinstance(part, ast.Call)}
    return _NO_MONEY.isdisjoint(names)


def added(column: str, value: ast.expr) -> ast.expr | None:
    """What is added to a column, or taken away, where its new value is made of its old one: ``F("paid") + amount``."""
    while isinstance(value, ast.Call) and value.args and terminal(value.func) != "F":
        value = value.args[0]  # ``round(account.paid + amount, 2)``, ``Decimal(…)``
    if not (isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub)):
        return None
    for old, other in ((value.left, value.right), (value.right, value.left)):
        if _names_column(old, column):
            return other
    return added(column, value.left)


def _names_column(node: ast.expr, column: str) -> bool:
    """``invoice.paid``, ``Invoice.paid``, ``table.c.paid``, ``F("paid")``, ``(invoice.paid or 0)``."""
    if isinstance(node, ast.BoolOp):
        return any(_names_column(part, column) for part in node.values)
    if isinstance(node, ast.Call):
        return bool(node.args) and (
            (isinstance(node.args[0], ast.Constant) and node.args[0].value == column)
            or _names_column(node.args[0], column)
        )
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == column
    return isinstance(node, ast.Attribute) and node.attr == column


def _in_place(node: ast.AST) -> Iterator[tuple[ast.Attribute, ast.expr]]:
    """The attributes that a statement changes in place, each with what is added or taken away."""
    if isinstance(node, ast.AugAssign):
        if isinstance(node.op, ast.Add | ast.Sub) and isinstance(node.target, ast.Attribute):
            yield node.target, node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            value = added(target.attr, node.value) if isinstance(target, ast.Attribute) else None
            if isinstance(target, ast.Attribute) and value is not None:
                yield target, value
