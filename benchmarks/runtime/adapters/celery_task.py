"""A task of Celery, run in its process as a worker's process runs it (``apply``): no broker, no network but Postgres's."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from celery import Celery

from benchmarks.runtime.adapters.asked import TRANSFER, UNMARKED, Key, WayOf, bare_ways, our_ways
from benchmarks.runtime.bank import transfer
from benchmarks.runtime.functions import pool_of
from benchmarks.runtime.worker import Way, repeated
from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.queues.celery import MoneyTask


def way_of(tasks: Mapping[str, Any]) -> WayOf:
    """What makes a way of a task."""

    def way(path: str, key: Key) -> Way:
        return repeated(lambda: tasks[path].apply((key(),), throw=True).get())

    return way


def application() -> Celery:
    """With a result backend in memory, as a task that may give a message up needs one."""
    return Celery("bank", broker="memory://", backend="cache+memory://", set_as_current=False)


def unmarked(key: str) -> str:
    """Moves no money."""
    return key


@contextmanager
def plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """The task without us."""
    app = application()
    with pool_of(dsn) as pool:

        def transferred(key: str) -> str:  # noqa: ARG001 - as ours
            with pool.connection() as db:
                return transfer(db)

        yield bare_ways(way_of({UNMARKED: app.task(unmarked), TRANSFER: app.task(transferred)}))


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """The task with the mark."""
    app = application()
    with pool_of(dsn) as pool:
        idem = Idempotency(pool=pool)
        idem.install()
        mark: dict[str, Any] = {"operation": "bench", "key": lambda key: key, "principal": lambda: "bench"}

        @app.task(base=MoneyTask)
        @money_moving(**mark)
        def transferred(key: str, db: Any = idem.lent) -> str:  # noqa: ARG001 - the mark reads it
            return transfer(db)

        yield our_ways(way_of({UNMARKED: app.task(unmarked), TRANSFER: transferred}))
        idem.close()
