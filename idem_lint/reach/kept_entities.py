"""Rows that a repository keeps of objects which know no library: ``unit.payments.add(Payment(account, amount))`` of a
dataclass. Which table they go to is said elsewhere, if at all; that they are money their name and their fields say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import Environment, Klass, Made, options
from idem_lint.reach.column_names import is_amount
from idem_lint.reach.name_words import words
from idem_lint.reach.record_names import is_movement
from idem_lint.reach.records import columns_of
from idem_lint.reach.rows import Rows
from idem_lint.reach.sink import Sink, shown

_KEEPS = frozenset(
    {"add", "save", "create", "insert", "persist", "store", "put", "append", "record", "upsert"}
)
_REPOSITORIES = frozenset(
    {
        "adapter",
        "collection",
        "crud",
        "dao",
        "database",
        "db",
        "manager",
        "repo",
        "repository",
        "session",
        "storage",
        "store",
        "table",
        "unit",
        "uow",
    }
)


def keeps_entity(name: str) -> bool:
    """Whether a method of this name keeps what it is given: ``add``, ``save_payment``."""
    return words(name)[:1] in {(word,) for word in _KEEPS}


class KeptEntities:
    """Finds calls that give a repository an object that is money."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self.evaluator = evaluator
        self.rows = rows

    def called(self, owner: ast.expr, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a call whose name is one for :func:`keeps_entity`."""
        if not _is_repository(owner):
            return
        given = [*node.args[:2], *(word.value for word in node.keywords)]
        made = (
            option
            for argument in given
            for option in options(self.evaluator.evaluate(argument, scope, env))
            if isinstance(option, Made) and self._is_money(option)
        )
        for entity in islice(made, 1):
            yield Sink("row", f"{shown(node.func)}(…) of {terminal(entity.call.func)}", node)

    def _is_money(self, made: Made) -> bool:
        klass = made.callee
        if not isinstance(klass, Klass) or made.call is SELF or not (made.call.args or made.call.keywords):
            return False
        if self.rows.records.of_class(klass) is not None or not is_movement(klass.node.name):
            return False
        return any(map(is_amount, columns_of(self.evaluator, klass)))


def _is_repository(owner: ast.expr) -> bool:
    """Whether something keeps objects, going by what it or what it is reached through is called."""
    names = [terminal(part) for part in ast.walk(owner) if isinstance(part, ast.Name | ast.Attribute)]
    return any(not _REPOSITORIES.isdisjoint(words(name)) for name in names)
