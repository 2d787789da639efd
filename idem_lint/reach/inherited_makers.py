"""Rows that a class makes by a method which it inherits from another package, of the model that it names:
``cls.create_object(data)`` of a mutation with ``_model = Payment``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import Environment, External, Func, Klass, Made, Unknown, options
from idem_lint.reach.name_words import words
from idem_lint.reach.records import Record
from idem_lint.reach.rows import Rows
from idem_lint.reach.sink import Sink, shown

MODELS = ("model", "_model", "model_class", "_model_class", "OBJECT_TYPE")
"""What a class calls the model that it is about."""
_MAKES = frozenset({"add", "create", "insert", "make", "register", "save", "store"})


class InheritedMakers:
    """Finds calls of methods that a class of the project has from elsewhere, and that make rows of its model."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self._evaluator = evaluator
        self._rows = rows

    def called(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a call whose method is not the project's."""
        func = node.func
        if not isinstance(func, ast.Attribute) or words(func.attr.lstrip("_"))[:1] not in _FIRST:
            return
        owners = options(self._evaluator.evaluate(func.value, scope, env))
        classes = [owner.callee if isinstance(owner, Made) else owner for owner in owners]
        made = (
            Sink("row", f"{shown(func)}(…) of {record.name}", node)
            for klass in classes
            if isinstance(klass, Klass) and self._is_inherited(klass, func.attr)
            for record in self._models(klass)
            if record.money == "movement"
        )
        yield from islice(made, 1)

    def _models(self, klass: Klass) -> Iterator[Record]:
        """The records that a class names as what it is about."""
        for name in MODELS:
            named = options(self._evaluator.class_attribute(klass, name) or Unknown())
            records = (self._rows.records.of_class(each) for each in named if isinstance(each, Klass))
            yield from (record for record in records if record is not None)

    def _is_inherited(self, klass: Klass, name: str) -> bool:
        """Whether a class has a base of another package, and neither itself nor a base of the project has the method."""
        bases = self._evaluator.mro(klass)
        if not any(isinstance(base, External) and base.name != "builtins.object" for base in bases):
            return False
        value = self._evaluator.class_attribute(klass, name)
        return value is None or not any(isinstance(option, Func) for option in options(value))


_FIRST = frozenset((word,) for word in _MAKES)

__all__ = ["InheritedMakers"]
