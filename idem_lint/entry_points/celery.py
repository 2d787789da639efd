"""Celery: tasks, class-based ones, and what its beat runs.

Source: celery/app/base.py (``task``, ``add_periodic_task``), celery/app/task.py (``run``), docs userguide/periodic-tasks
(``beat_schedule``: entries with the task's name).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module
from idem_lint.engine.parameter_binding import Slot
from idem_lint.engine.value_types import Const, Table, Value, options
from idem_lint.entry_points.interface import ON_FUNCTION, Entry, EntryTable
from idem_lint.entry_points.values import named
from idem_lint.finding.interface import Finder

_SCHEDULES = ("beat_schedule", "CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE")
_ADVICE = f"{ON_FUNCTION} and base=MoneyTask into the decorator of the task (docs/queues.md#celery)"


def _beat(finder: Finder, module: Module, table: EntryTable) -> Iterator[Entry]:
    """``app.conf.beat_schedule = {"nightly": {"task": "bank.tasks.accrue", …}}``."""
    evaluator = finder.evaluator
    for scope in list(module.scopes.values()):
        for name, bindings in scope.bindings.items():
            if name.rpartition(".")[2] in _SCHEDULES:
                for node in (binding.node for binding in bindings if isinstance(binding.node, ast.expr)):
                    for value in options(evaluator.evaluate(node, scope)):
                        yield from _entries(value, evaluator, module, table)


def _entries(value: Value, evaluator: Evaluator, module: Module, table: EntryTable) -> Iterator[Entry]:
    for _, line in value.pairs if isinstance(value, Table) else ():
        task = line.get("task") if isinstance(line, Table) else None
        if isinstance(task, Const) and isinstance(task.value, str):
            for target in named(evaluator, task.value, module):
                yield Entry(target, table, target.node, module)


TABLES = (
    EntryTable(
        "task",
        "a Celery task",
        packages=("celery",),
        decorators=frozenset({"task", "shared_task", "periodic_task"}),
        bases={"Task": ("run",)},
        advice=_ADVICE,
        is_inner=True,
    ),
    EntryTable(
        "schedule",
        "run by Celery's beat",
        packages=("celery",),
        calls={"add_periodic_task": Slot(1, ("sig",))},
        words=frozenset(_SCHEDULES),
        hook=_beat,
        advice=_ADVICE,
    ),
)
