"""procrastinate: a queue in Postgres."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate import App, PsycopgConnector

from tests.runtime.queues.contract import Contract, Queue
from tests.runtime.queues.test_postgres_queue import cut_connections

pytestmark = pytest.mark.exhaustive
PENDING = "SELECT id FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
FAILED = "SELECT args ->> 'order' FROM procrastinate_jobs WHERE status = 'failed'"


class ProcrastinateQueue(Queue):
    broker = "queue_db"
    command = ["tests.runtime.queues.procrastinate_worker"]

    def __init__(self, dsn: str, folder: Path, db: psycopg.Connection[Any]) -> None:
        super().__init__(dsn, folder, db)
        self.db = db
        self._with_app(lambda app: app.schema_manager.apply_schema_async())

    def put(self, task: str, order: str, amount: int) -> None:
        self._with_app(lambda app: app.configure_task(task).defer_async(order=order, amount=amount))

    def put_again(self, order: str) -> None:
        """As who looks after stalled workers does, where the heartbeat of a worker is late and the worker lives."""
        self.leave_behind()

    def leave_behind(self) -> None:
        """As the periodic task of procrastinate's documentation, which retries the jobs of stalled workers."""

        async def retry(app: App) -> None:
            jobs = []
            while not jobs:
                jobs = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=0))
            for job in jobs:
                await app.job_manager.retry_job(job)

        self._with_app(retry)

    def kill_broker(self) -> None:
        """As far as a worker can tell."""
        cut_connections(self.db)

    def start_broker(self) -> None:
        """It has never been away."""

    def is_empty(self) -> bool:
        return not self.db.execute(PENDING).fetchall()

    def dead_letters(self) -> list[str]:
        return [order for (order,) in self.db.execute(FAILED).fetchall()]

    def _with_app(self, main: Any) -> Any:
        async def opened() -> Any:
            app = App(connector=PsycopgConnector(conninfo=self.dsn, min_size=1))
            async with app.open_async():
                return await main(app)

        return asyncio.run(opened())


QUEUE = ProcrastinateQueue


class TestProcrastinate(Contract):
    pass
