"""Which local money-moving handlers end the transaction that the runtime lends them."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from idem_lint.engine.deep_stack import on_any_stack
from idem_lint.engine.module_facts import FunctionNode, arguments
from idem_lint.engine.value_types import External, Klass, Made, Member, Parameter, Value, options
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.injected_values import InjectedValues
from idem_lint.judging.internal_faults import Faults
from idem_lint.judging.lending_values import LENDING, Lending
from idem_lint.judging.money_map import MoneyMap
from idem_lint.judging.shown_connection import ShownConnections
from idem_lint.reach.targets import default_of

_IN_FLASK = "flask.g.idem_connection"
"""Where the runtime puts what it lends to a Flask view."""


class EndedTransactions:
    """Asks the handlers of the judged files."""

    def __init__(
        self, assembler: Assembler, money: MoneyMap, shown: ShownConnections, faults: Faults
    ) -> None:
        self._assembler = assembler
        self._money = money
        self._shown = shown
        self._values = shown.values
        self._faults = faults
        self._injected = InjectedValues(assembler.finder.evaluator, shown)

    def add(self, judged: frozenset[Path]) -> None:
        """Note at handlers where they end the transaction."""
        for number, (definition, _) in self._assembler.definitions.items():
            handler = self._assembler.handlers[number]
            is_asked = definition.scope.module.path in judged and self._shown.is_asked(handler)
            if is_asked and not isinstance(definition, Klass):
                with self._faults.caught(definition.scope.module, definition.node):
                    given = self._injected.environment(definition)
                    work = partial(self._money.end_of, definition, given, self.is_lent)
                    self._assembler.handlers[number] = replace(handler, ends=on_any_stack(work))

    def is_lent(self, value: Value) -> bool:
        """Whether a value is a connection or session of an ``Idempotency``: taken, injected or a default."""
        return any(map(self._is_lent, options(value)))

    def _is_lent(self, value: Value) -> bool:
        if isinstance(value, Made):
            callee = value.callee
            return isinstance(callee, Member) and callee.name in LENDING and self._values.is_of_one(callee)
        if isinstance(value, Parameter):
            return self._is_given(value)
        return isinstance(value, External) and value.name == _IN_FLASK

    def _is_given(self, parameter: Parameter) -> bool:
        """Whether a parameter's default or annotation says that it is given a lent one."""
        outer = parameter.scope.parent or parameter.scope
        default = default_of(parameter)
        given = self._shown.injected(default, outer) if default is not None else None
        if given is None:
            spec = cast("FunctionNode | ast.Lambda", parameter.scope.node).args
            nodes = (each.annotation for each in arguments(spec) if each.arg == parameter.name)
            annotation = next(nodes, None)
            given = self._shown.annotated(annotation, outer) if annotation is not None else None
        return (
            given is not None
            and self._values.is_of_one(given)
            and self._values.of_dependency(given) is Lending.YES
        )
