"""Rows of a movement that another package brings to their next state: ``apply_payment_update(self.payment, update)``."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Environment, Func, Value, options
from idem_lint.reach.name_words import words
from idem_lint.reach.origins import origin
from idem_lint.reach.outside_sinks import FRAMEWORKS
from idem_lint.reach.rows import Rows
from idem_lint.reach.sink import Sink, shown

_CHANGES = frozenset({"apply", "finalize", "settle"})
_NEVER = tuple(f"{name}." for name in (*sys.stdlib_module_names, *sorted(FRAMEWORKS)))


class RowsHandedOver:
    """Finds calls of other packages that change a row which they are given, and which is saved after that."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def called(self, node: ast.Call, callee: Value, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a call, where it is one that changes what it is given."""
        name = terminal(node.func)
        if not node.args or words(name)[:1] not in {(word,) for word in _CHANGES}:
            return
        if not any(map(_is_elsewhere, options(callee))):
            return
        records = [record for record in self._rows.of(node.args[0], scope, env) if record.money == "movement"]
        for record in records[:1]:
            what = f"{shown(node.func)}(…) of {record.name}, of another package"
            yield Sink("status", what, node)


def _is_elsewhere(callee: Value) -> bool:
    """Whether a function belongs to a package that may know what a row means: no framework, nor the standard library."""
    dotted = origin(callee)
    return "." in dotted and not dotted.startswith(_NEVER) and not isinstance(callee, Func)


__all__ = ["RowsHandedOver"]
