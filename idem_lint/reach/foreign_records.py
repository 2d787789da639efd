"""Movements that another package has as classes: ``OrderPayment.objects.get(…).confirm()``, ``Transaction(splits=…)``.

Nothing of such a class is seen but its name, so the name has to be a movement's, and the method's one that ends it. So has a
task of another package.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from itertools import islice

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import terminal
from idem_lint.engine.value_types import (
    External,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    options,
)
from idem_lint.reach.action_names import asks_to_move
from idem_lint.reach.column_names import is_amount
from idem_lint.reach.movement_ends import ends_movement
from idem_lint.reach.name_words import words
from idem_lint.reach.origins import origin
from idem_lint.reach.outside_sinks import FRAMEWORKS
from idem_lint.reach.provider_catalogue import EXCHANGES, PACKAGES
from idem_lint.reach.record_names import is_movement
from idem_lint.reach.service_paths import path_words
from idem_lint.reach.sink import Sink, shown

_CREATES = frozenset({"acreate", "bulk_create", "create", "get_or_create", "update_or_create"})
_PARTS = frozenset({"entries", "legs", "lines", "postings", "splits"})
"""What a movement between accounts is made of."""
_HANDS_ON = frozenset({"aget_object_or_404", "get_object_or_404", "get_or_404"})
_LATER = frozenset({"apply_async", "delay", "delay_on_commit", "enqueue", "kiq", "send"})
_ROWS = frozenset({"charge", "deposit", "payment", "payout", "refund", "transfer", "withdrawal"})
"""What a variable is called that holds a movement, so that its method says enough."""
_NEVER = frozenset({*sys.stdlib_module_names, *FRAMEWORKS, *PACKAGES, *EXCHANGES})
"""Packages whose classes are no records, and those of which the catalogue of providers says more."""


class ForeignRecords:
    """Finds the writes of records of other packages."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def called(self, node: ast.Call, callee: Value) -> Iterator[Sink]:
        """The write of a call."""
        found = (self._of(option, node) for option in options(callee))
        yield from islice((sink for sink in found if sink is not None), 1)

    def _of(self, callee: Value, node: ast.Call) -> Sink | None:
        dotted = self._dotted(callee)
        if "." in dotted and dotted.partition(".")[0] not in _NEVER:
            return self._of_package(dotted, callee, node)
        return self._by_name(callee, node)

    def _of_package(self, dotted: str, callee: Value, node: ast.Call) -> Sink | None:
        """What a call of a dotted name of another package writes."""
        *around, last = dotted.split(".")
        is_record = any(part[:1].isupper() and is_movement(part) for part in around)
        if isinstance(callee, External) and last[:1].isupper() and is_movement(last):
            given = {word.arg for word in node.keywords if word.arg is not None}
            if not given.isdisjoint(_PARTS) or any(map(is_amount, given)):
                return Sink("row", f"{shown(node.func)}(…), of another package", node, is_pending=True)
        if is_record and (ends_movement(last) or last in _CREATES):
            return Sink("row", f"{shown(node.func)}(…), of another package", node)
        if last in _LATER and around and (asks_to_move(around[-1]) or _asks_together(around[-1])):
            return Sink("message", f"{shown(node.func)}(…), of another package", node)
        return None

    def _by_name(self, callee: Value, node: ast.Call) -> Sink | None:
        """``payment.confirm()`` of something that nobody knows but by its name."""
        func = node.func
        is_open = isinstance(callee, Unknown | Parameter | Member) and not origin(callee)
        if not is_open or not isinstance(func, ast.Attribute) or not ends_movement(func.attr):
            return None
        if words(terminal(func.value))[-1:] not in {(row,) for row in _ROWS}:
            return None
        return Sink("row", f"{shown(func)}(…), of nobody knows which class", node)

    def _dotted(self, value: Value) -> str:
        """The dotted name of a value, also of a row that a framework's function looks up: ``get_object_or_404(Payment)``."""
        names: list[str] = []
        while isinstance(value, Made | Member):
            if isinstance(value, Member):
                names.append(value.name)
                value = value.owner
                continue
            if terminal(value.call.func) in _HANDS_ON and value.call.args:
                about = self._evaluator.evaluate(value.call.args[0], value.scope, value.environment)
                asked = [dotted for option in options(about) if (dotted := origin(option))]
                return ".".join([asked[0], *reversed(names)]) if asked else ""
            value = value.callee
        return ".".join([value.name, *reversed(names)]) if isinstance(value, External) else ""


def _asks_together(name: str) -> bool:
    """Whether a name whose words are written together asks for money to move: ``process_banktransfers``."""
    apart = "_".join(path_words(name.replace("_", "/")))
    return asks_to_move(apart)


__all__ = ["ForeignRecords"]
