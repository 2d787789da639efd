"""What of one expression or statement writes money, asked of everything that knows a kind of write."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Environment
from idem_lint.reach.document_sinks import WRITES_DOCUMENTS, DocumentSinks
from idem_lint.reach.foreign_records import ForeignRecords
from idem_lint.reach.inherited_makers import InheritedMakers
from idem_lint.reach.kept_entities import KeptEntities, keeps_entity
from idem_lint.reach.outbox_rows import OutboxRows
from idem_lint.reach.outside_sinks import OutsideSinks
from idem_lint.reach.row_sinks import RowSinks
from idem_lint.reach.rows import Rows
from idem_lint.reach.rows_handed_over import RowsHandedOver
from idem_lint.reach.sink import Sink
from idem_lint.reach.sql_sinks import RUNS_SQL, SqlSinks

KEEPS = frozenset(
    {
        "add",
        "add_all",
        "merge",
        "save",
        "asave",
        "bulk_save_objects",
        "bulk_create",
        "abulk_create",
        "insert",
        "insert_many",
        "insert_one",
        "save_model",
        "flush",
        "commit",
        "persist",
        "store",
        "put",
        "execute",
        "aexecute",
        "exec",
        "scalar",
        "scalars",
        "fetch_one",
        "fetch_val",
        "fetchval",
    }
)
"""Calls after which a row that was made is kept."""


class Sinks:
    """Finds the writes of single expressions and statements."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self.evaluator = evaluator
        self.outside = OutsideSinks(evaluator, rows)
        self._rows = RowSinks(evaluator, rows)
        self._sql = SqlSinks(evaluator)
        self._entities = KeptEntities(evaluator, rows)
        self._documents = DocumentSinks(evaluator, rows)
        self._foreign = ForeignRecords(evaluator)
        self._inherited = InheritedMakers(evaluator, rows)
        self._outbox = OutboxRows(evaluator, rows)
        self._handed_over = RowsHandedOver(rows)

    def of(self, node: ast.AST, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of one node itself, not of what is inside it."""
        if not isinstance(node, ast.Call):
            yield from self._rows.changed(node, scope, env)
            return
        weak: list[Sink] = []
        for found in self._called(node, scope, env):
            if not found.needs:
                yield found
                return  # one call is one write, whatever else it looks like
            weak.append(found)
        yield from weak

    def _called(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        name = terminal(node.func)
        callee = self.evaluator.evaluate(node.func, scope, env)
        yield from self.outside.called(node, callee, scope, env)
        yield from self._rows.called(node, callee, scope, env)
        if name in RUNS_SQL:
            yield from self._sql.called(node, scope, env)
            yield from self._outbox.inserted(node, scope, env)
        yield from self._outbox.called(node, callee, scope, env)
        yield from self._inherited.called(node, scope, env)
        yield from self._foreign.called(node, callee)
        yield from self._handed_over.called(node, callee, scope, env)
        if keeps_entity(name) and isinstance(node.func, ast.Attribute):
            yield from self._entities.called(node.func.value, node, scope, env)
        if name in WRITES_DOCUMENTS and isinstance(node.func, ast.Attribute):
            yield from self._documents.called(node.func.value, node, scope, env)
