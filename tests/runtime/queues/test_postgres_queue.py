"""The queue in Postgres in ``docs/queues.md``: a job is locked while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from tests.runtime.queues.contract import Contract, Queue, wait_for
from tests.runtime.queues.postgres_worker import NAME, program

LOCKED = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND state = 'idle in transaction'"


class PostgresQueue(Queue):
    broker = "queue_db"
    command = ["tests.runtime.queues.postgres_worker"]

    def __init__(self, dsn: str, folder: Path, db: psycopg.Connection[Any]) -> None:
        super().__init__(dsn, folder, db)
        self.db = db
        db.execute(program(dsn).JOBS)

    def put(self, task: str, order: str, amount: int) -> None:
        self.db.execute(
            'INSERT INTO jobs (tenant, "order", amount) VALUES (%s, %s, %s)', (task, order, amount)
        )

    def put_again(self, order: str) -> None:
        """The worker loses its connection to the queue, and with it the lock, while its handler runs."""
        ((pid,),) = self.db.execute(LOCKED, (NAME,)).fetchall()
        self.db.execute("SELECT pg_terminate_backend(%s)", (pid,))
        self.start()

    def leave_behind(self) -> None:
        wait_for(lambda: not self.db.execute(LOCKED, (NAME,)).fetchall(), self)

    def is_empty(self) -> bool:
        return not self.db.execute("SELECT id FROM jobs WHERE dead IS NULL").fetchall()

    def dead_letters(self) -> list[str]:
        rows = self.db.execute('SELECT "order" FROM jobs WHERE dead IS NOT NULL').fetchall()
        return [order for (order,) in rows]

    def kill_broker(self) -> None:
        """As far as a worker can tell."""
        cut_connections(self.db)

    def start_broker(self) -> None:
        """It has never been away."""


def cut_connections(db: psycopg.Connection[Any]) -> None:
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )


QUEUE = PostgresQueue


class TestPostgres(Contract):
    pass
