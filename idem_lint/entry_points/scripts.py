"""Scripts: what stands below ``if __name__ == "__main__":``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import Func
from idem_lint.entry_points.interface import Entry, EntryTable
from idem_lint.entry_points.statements import as_function
from idem_lint.finding.interface import Finder


def _main(_finder: Finder, module: Module, table: EntryTable) -> Iterator[Entry]:
    for statement in module.tree.body:
        if isinstance(statement, ast.If) and _is_main(statement.test):
            yield Entry(
                Func(as_function(module, statement, statement.body), module.scope), table, statement, module
            )


def _is_main(test: ast.expr) -> bool:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, *test.comparators]
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )


TABLES = (
    EntryTable(
        "script",
        "what runs when the file is started",
        words=frozenset({"__main__"}),
        hook=_main,
        advice=(
            "put @money_moving(operation=…, key=…, principal=…) on the function that moves the money "
            "(docs/runtime.md#plain-functions-workers-queues-jobs)"
        ),
    ),
)
