"""What a status says that is given to a row: by its value, by the name of its constant, by each branch of a choice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Const, Environment, options
from idem_lint.reach.column_names import is_done, is_settled, is_status
from idem_lint.reach.name_words import words
from idem_lint.reach.paid_words import ends_paid


class SaidStatuses:
    """Reads statuses."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def says_settled(self, value: ast.expr, column: str, scope: Scope, env: Environment) -> bool:
        """Whether a status says that money has moved."""
        return any(
            is_settled(column) if status is True else isinstance(status, str) and is_settled(status)
            for status in self._of(value, scope, env)
        )

    def says_done(self, value: ast.expr, column: str, scope: Scope, env: Environment) -> bool:
        """Whether a status says that a movement is done."""
        return any(
            is_done(column) if status is True else isinstance(status, str) and is_done(status)
            for status in self._of(value, scope, env)
        )

    def says_paid(self, value: ast.expr, column: str, scope: Scope, env: Environment) -> bool:
        """Whether a status says of anything that its money has come or gone."""
        return any(ends_paid(column, status) for status in self._of(value, scope, env))

    def may_settle(self, value: ast.expr, column: str, scope: Scope, env: Environment) -> bool:
        """Whether a status may say that a movement is done: by its name, or because it comes from outside."""
        return self.says_done(value, column, scope, env) or self.is_said_elsewhere(value, scope, env)

    def is_said_elsewhere(self, value: ast.expr, scope: Scope, env: Environment) -> bool:
        """Whether a status comes from outside, such as from a provider's message: ``payload["status"]``."""
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Constant) or terminal(value).isupper():
            return False
        if isinstance(value, ast.Call) and terminal(value.func) in {"copy", "deepcopy", "now"}:
            return False
        found = list(options(self._evaluator.evaluate(value, scope, env)))
        return not any(isinstance(option, Const) and not _is_code(option.value) for option in found)

    def is_draft(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        """Whether a row is made as a draft, which is none of its kind until somebody books it: ``status="draft"``."""
        return any(
            said is True if word.arg == "is_draft" else isinstance(said, str) and "draft" in words(said)
            for word in node.keywords
            if word.arg is not None and (word.arg == "is_draft" or is_status(word.arg))
            for said in self._of(word.value, scope, env)
        )

    def _of(self, value: ast.expr, scope: Scope, env: Environment) -> Iterator[object]:
        if isinstance(value, ast.IfExp):
            yield from self._of(value.body, scope, env)
            yield from self._of(value.orelse, scope, env)
            return
        found = [
            option.value
            for option in options(self._evaluator.evaluate(value, scope, env))
            if isinstance(option, Const)
        ]
        name = _constant_name(value)
        yield from found or [name]
        if name.isupper():
            yield name


def _constant_name(value: ast.expr) -> str:
    """The name of an enumeration's member, also of its value: ``Status.PAID.value``."""
    if isinstance(value, ast.Attribute) and value.attr == "value":
        value = value.value
    return terminal(value)


def _is_code(status: object) -> bool:
    """Whether a status is a code that says nothing to a reader: ``"P"``, ``2``."""
    return not isinstance(status, str) or len(status) < 3


__all__ = ["SaidStatuses"]
