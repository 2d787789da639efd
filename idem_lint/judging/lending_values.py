"""Which values lend a transaction, as the runtime asks it at start-up (``idem_runtime/startup/lending_values.py``).

An answer is one of three: it lends, it does not, or the source does not tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import IntEnum

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import terminal
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    External,
    Func,
    Klass,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    innermost,
    options,
)
from idem_lint.judging.mark_recognition import RUNTIME, Marks

LENDING = frozenset({"connection", "sync_connection", "session", "sync_session", "lent", "lent_session"})
"""What of an ``Idempotency`` lends where it is a dependency or a default."""
_JOINS = frozenset({"join", "sessions", "sessionmaker"})
_OWN_POOL = frozenset({"pool", "using"})


class Lending(IntEnum):
    """Whether something lends; of several things the greatest counts."""

    NO = 0
    UNTOLD = 1
    YES = 2


class LendingValues:
    """Asks values whether they lend."""

    def __init__(self, evaluator: Evaluator, marks: Marks) -> None:
        self._evaluator = evaluator
        self._marks = marks

    def is_idempotency(self, value: Value) -> bool:
        """Whether a value is an ``Idempotency``, its class, or an instance of a class of the project that extends it."""
        callee = value.callee if isinstance(value, Made) else value
        if isinstance(callee, Klass):
            return any(map(_is_ours, self._evaluator.mro(callee)))
        return _is_ours(callee)

    def is_of_one(self, value: Value) -> bool:
        """Whether a value is an attribute of an ``Idempotency``."""
        return isinstance(value, Member | Bound) and self.is_idempotency(value.owner)

    def of(self, value: Value, itself: ast.AST | None = None) -> Lending:
        """Whether a value lends that own code refers to; ``itself`` is the function that refers."""
        return most(self._one(option, itself) for option in options(value))

    def of_dependency(self, value: Value) -> Lending:
        """Whether a dependency or a default lends itself: of an ``Idempotency`` only what gives a transaction."""
        found: list[Lending] = []
        for option in options(value):
            if isinstance(option, Member | Bound) and self.is_of_one(option):
                name = option.name if isinstance(option, Member) else option.function.node.name
                found.append(Lending.YES if name in LENDING else Lending.NO)
            else:
                found.append(self._one(option, None))
        return most(found)

    def _one(self, value: Value, itself: ast.AST | None) -> Lending:
        while isinstance(value, Applied):
            if innermost(value) is not itself and self._is_local_mark(value.decorator):
                return Lending.YES
            value = value.target
        if isinstance(value, Unknown | Parameter):
            return Lending.UNTOLD
        if self.is_idempotency(value):
            return Lending.YES
        if isinstance(value, Func):
            return Lending.YES if value.node is not itself and self._is_marked(value) else Lending.NO
        if isinstance(value, Bound | Member):
            return self._one(value.owner, itself)
        if isinstance(value, Made):
            return self._made(value, itself)
        is_company = isinstance(value, External) and "idem" in value.name.rpartition(".")[2].lower()
        return Lending.UNTOLD if is_company else Lending.NO

    def _made(self, value: Made, itself: ast.AST | None) -> Lending:
        """An object lends where it was given, or takes by itself, what does: ``Service(idem)``."""
        given = [*value.call.args, *(word.value for word in value.call.keywords)]
        found = [self._evaluator.evaluate(_plain(node), value.scope, value.environment) for node in given]
        of_arguments = most(self._given(each, itself) for each in found)
        taken = self._taken(value.callee) if isinstance(value.callee, Klass) else Lending.NO
        is_open = isinstance(value.callee, Unknown | Parameter)
        return max(of_arguments, taken, Lending.UNTOLD if is_open else Lending.NO)

    def _given(self, value: Value, itself: ast.AST | None) -> Lending:
        """What an argument says of the object that is made with it; one that is not known says nothing."""
        found = self.of(value, itself) if not isinstance(value, Made) else Lending.NO
        is_it = any(map(self.is_idempotency, options(value)))
        return Lending.YES if is_it or found is Lending.YES else Lending.NO

    def _taken(self, klass: Klass) -> Lending:
        """What a class puts on its instances: names in its ``__init__`` that lead to an ``Idempotency``."""
        made_by = self._evaluator.class_attribute(klass, "__init__")
        if not isinstance(made_by, Func):
            return Lending.NO
        names = [node for node in ast.walk(made_by.node) if isinstance(node, ast.Name | ast.Attribute)]
        values = (self._evaluator.evaluate(node, made_by.body) for node in names)
        return Lending.YES if any(map(self.is_idempotency, values)) else Lending.NO

    def _is_marked(self, function: Func) -> bool:
        decorators = function.node.decorator_list
        return any(self._is_local_mark(self._evaluator.evaluate(node, function.scope)) for node in decorators)

    def _is_local_mark(self, decorator: Value) -> bool:
        return any(use.name == "money_moving" and not use.is_external for use in self._marks.uses(decorator))

    # the project

    def joins(self, call: ast.Call, callee: Value) -> bool:
        """Whether a call makes sessions or connections of the application's own part of our transaction."""
        if terminal(call.func) in _JOINS and isinstance(callee, Member | Bound):
            return any(map(self.is_idempotency, options(callee.owner)))
        words = {word.arg for word in call.keywords}
        return bool(words & _OWN_POOL) and any(map(self.is_idempotency, options(callee)))


def most(found: Iterable[Lending]) -> Lending:
    """The greatest of several answers."""
    return max(found, default=Lending.NO)


def _is_ours(value: object) -> bool:
    return (
        isinstance(value, External)
        and value.name.partition(".")[0] == RUNTIME
        and value.name.endswith(".Idempotency")
    )


def _plain(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node
