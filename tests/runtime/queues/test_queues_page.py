"""The programs in ``docs/queues.md`` work as they stand; only their addresses are replaced.

Each gets one order twice, which is executed once, and then another amount for it, which is a dead letter.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idem_runtime.adapters.queues import is_counted, seconds_until_retry
from idem_runtime.errors import IdempotencyError
from tests.runtime.adapters.contract import ledger
from tests.runtime.queues.redis_server import RedisServer, needed

PAGE = (Path(__file__).parents[3] / "docs" / "queues.md").read_text(encoding="utf-8")
ORDERS = [{"tenant": "acme", "order": "o1", "amount": amount} for amount in (5, 5, 6)]
Documented = Callable[[str], Any]


@pytest.fixture
def documented(dsn: str) -> Iterator[Documented]:
    """The program under a heading, as a module."""
    made: list[Any] = []

    def load(name: str, url: str = "") -> Any:
        found = re.search(rf"<!-- program: {name} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
        assert found is not None
        module = types.ModuleType("documented")
        sys.modules["documented"] = module  # FastStream looks annotations up there
        program = found[1].replace("postgresql://…", dsn).replace("redis://…", url)
        exec(compile(program, "documented.py", "exec"), vars(module))
        made.append(module.idem)
        return module

    yield load
    for idem in made:
        idem.close()


@needed
@pytest.mark.usefixtures("unchanged_logging")
def test_the_program_for_celery(
    documented: Any, db: psycopg.Connection[Any], redis_broker: RedisServer
) -> None:
    from celery.contrib.testing.worker import start_worker

    module, client = documented("celery", redis_broker.url(6)), redis_broker.client(6)
    for order in ORDERS:
        module.settle.delay(**order)
    with start_worker(module.app, perform_ping_check=False, pool="solo", loglevel="CRITICAL"):
        until(lambda: client.llen("dead"))
    assert (ledger(db), client.llen("dead")) == ([5], 1)


@needed
def test_the_program_for_dramatiq(
    documented: Any, db: psycopg.Connection[Any], redis_broker: RedisServer
) -> None:
    import dramatiq

    module = documented("dramatiq", redis_broker.url(7))
    for order in ORDERS:
        module.settle.send(**order)
    worker = dramatiq.Worker(module.broker, worker_timeout=50, worker_threads=1)
    worker.start()
    try:
        until(lambda: redis_broker.client(7).zcard("dramatiq:default.XQ"))
    finally:
        worker.stop()
        module.broker.close()
    assert ledger(db) == [5]


@needed
@pytest.mark.filterwarnings("ignore:Call to deprecated close")  # arq's own
def test_the_program_for_arq(documented: Any, db: psycopg.Connection[Any], redis_broker: RedisServer) -> None:
    from arq import create_pool
    from arq.worker import Worker

    async def main() -> list[bool]:
        settings = documented("arq", redis_broker.url(8)).WorkerSettings
        pool = await create_pool(settings.redis_settings)
        for order in ORDERS:
            await pool.enqueue_job("settle", **order)
        options = {name: value for name, value in vars(settings).items() if not name.startswith("_")}
        worker = Worker(**options, burst=True, handle_signals=False, poll_delay=0, max_jobs=1)
        await worker.main()
        await worker.close()
        results = await pool.all_job_results()
        await pool.aclose()
        return sorted(result.success for result in results)

    assert asyncio.run(main()) == [False, True, True]
    assert ledger(db) == [5]


def test_the_program_for_procrastinate(documented: Any, db: psycopg.Connection[Any]) -> None:
    async def main() -> Any:
        module = documented("procrastinate")
        async with module.app.open_async():
            await module.app.schema_manager.apply_schema_async()
            try:
                for order in ORDERS:
                    await module.settle.defer_async(**order)
                await module.app.run_worker_async(wait=False, install_signal_handlers=False)
                await module.retry_stalled(None, 0)
                return db.execute(
                    "SELECT status::text FROM procrastinate_jobs WHERE task_name LIKE '%settle' ORDER BY 1"
                ).fetchall()
            finally:
                await module.idem.aclose()

    try:
        assert asyncio.run(main()) == [("failed",), ("succeeded",), ("succeeded",)]
    finally:
        drop_procrastinate(db)
    assert ledger(db) == [5]


def drop_procrastinate(db: psycopg.Connection[Any]) -> None:
    """Its tables are only this test's."""
    for kind, names in (
        (
            "TABLE",
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relname LIKE 'procrastinate%'",
        ),
        ("ROUTINE", "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'procrastinate%'"),
        (
            "TYPE",
            "SELECT oid::regtype::text FROM pg_type WHERE typname LIKE 'procrastinate%' AND typtype <> 'b'",
        ),
    ):
        for (name,) in db.execute(names).fetchall():
            db.execute(f"DROP {kind} IF EXISTS {name} CASCADE")  # type: ignore[call-overload]


@needed
def test_the_program_for_faststream(
    documented: Any, db: psycopg.Connection[Any], redis_broker: RedisServer
) -> None:
    async def main() -> None:
        module, client = documented("faststream", redis_broker.url(9)), redis_broker.client(9)
        await module.app.start()
        for order in ORDERS:
            await module.broker.publish(order, stream="settlements")
        for _ in range(1000):
            if client.xlen("settlements.dead"):
                break
            await asyncio.sleep(0.02)
        await module.app.stop()

    asyncio.run(main())
    assert (ledger(db), redis_broker.client(9).xlen("settlements.dead")) == ([5], 1)


def test_the_program_for_a_queue_in_postgres(documented: Any, db: psycopg.Connection[Any], dsn: str) -> None:
    module = documented("postgres")
    with psycopg.connect(dsn, autocommit=True) as queue:
        queue.execute("DROP TABLE IF EXISTS jobs")
        queue.execute(module.JOBS)
        for order in ORDERS:
            queue.execute(
                'INSERT INTO jobs (tenant, "order", amount) VALUES (%(tenant)s, %(order)s, %(amount)s)', order
            )
        while module.work(queue):
            pass
        assert queue.execute("SELECT amount, dead FROM jobs").fetchall() == [(6, "key_reused")]
        queue.execute("DROP TABLE jobs")
    assert ledger(db) == [5]


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_table_of_refusals_is_what_the_helpers_decide() -> None:
    rows = [row.split("|") for row in PAGE.splitlines() if re.match(r"\| `[A-Z]\w+`", row)]
    for error in IdempotencyError.__subclasses__():
        (said,) = [row[3] for row in rows if f"`{error.__name__}`" in row[1]] or ["dead letter"]
        endless, limited, dead = (
            ("without end" in said or "as above" in said),
            "at most as" in said,
            "dead" in said,
        )
        retried = seconds_until_retry(error()) is not None
        counted = retried and is_counted(error())
        assert (endless, limited, dead) == (retried and not counted, counted, not retried), error
