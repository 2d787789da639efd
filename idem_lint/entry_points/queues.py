"""Task queues other than Celery: the functions that their workers run.

Source: dramatiq/actor.py (``actor``), dramatiq/generic.py (``GenericActor.perform``); procrastinate/blueprints.py
(``task``, ``periodic``); arq/connections.py (``functions``), arq/cron.py (``cron``), arq/worker.py (``func``);
huey/api.py (``task``, ``periodic_task``), huey/contrib/djhuey (``db_task``, ``db_periodic_task``); RQ's docs (``job``,
``enqueue``); taskiq's docs (``broker.task``).
"""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.engine.constants import items
from idem_lint.engine.module_facts import Module
from idem_lint.engine.parameter_binding import Slot
from idem_lint.engine.value_types import Klass, options
from idem_lint.entry_points.interface import MARK_AS_PLAIN, ON_FUNCTION, Entry, EntryTable
from idem_lint.entry_points.values import functions_of
from idem_lint.finding.interface import Finder

_FIRST = Slot(0, ("func", "f", "coroutine"))
_SECOND = Slot(1, ("func", "f"))


def _worker_settings(finder: Finder, module: Module, table: EntryTable) -> Iterator[Entry]:
    """``class WorkerSettings: functions = [settle]``, in a module that imports arq: the worker runs those."""
    if not any(table.owns(name) for name in module.imports):
        return
    for node, scope in module.classes:
        value = finder.evaluator.class_attribute(Klass(node, scope), "functions")
        for option in options(value) if value is not None else ():
            for item in items(option):
                for function in functions_of(finder.evaluator, item, module):
                    yield Entry(function, table, node, module)


TABLES = (
    EntryTable(
        "task",
        "a dramatiq actor",
        packages=("dramatiq",),
        decorators=frozenset({"actor"}),
        bases={"GenericActor": ("perform",)},
        advice=f"{ON_FUNCTION}, and call install(broker) of idem_runtime.adapters.queues.dramatiq (docs/queues.md#dramatiq)",
        is_inner=True,
    ),
    EntryTable(
        "task",
        "a procrastinate task",
        packages=("procrastinate",),
        decorators=frozenset({"task", "periodic"}),
        advice=f"{ON_FUNCTION} (docs/queues.md#procrastinate)",
        is_inner=True,
    ),
    EntryTable(
        "task",
        "an arq job",
        packages=("arq",),
        calls={"cron": _FIRST, "func": _FIRST},
        words=frozenset({"functions"}),
        hook=_worker_settings,
        advice=f"{ON_FUNCTION}, and @retry_later above it (docs/queues.md#arq)",
        is_inner=True,
    ),
    EntryTable(
        "task",
        "a Huey task",
        packages=("huey",),
        decorators=frozenset({"task", "periodic_task", "db_task", "db_periodic_task", "on_startup"}),
        advice=MARK_AS_PLAIN,
        is_inner=True,
    ),
    EntryTable(
        "task",
        "an RQ job",
        packages=("rq", "django_rq", "rq_scheduler"),
        decorators=frozenset({"job"}),
        calls={
            "enqueue": _FIRST,
            "enqueue_call": _FIRST,
            "enqueue_at": _SECOND,
            "enqueue_in": _SECOND,
            "cron": _SECOND,
            "schedule": _SECOND,
        },
        advice=MARK_AS_PLAIN,
        is_inner=True,
    ),
    EntryTable(
        "task",
        "a taskiq task",
        packages=("taskiq", "taskiq_redis", "taskiq_aio_pika", "taskiq_nats"),
        decorators=frozenset({"task"}),
        advice=MARK_AS_PLAIN,
        is_inner=True,
    ),
)
