"""Event loops that end: every one has pools of its own, which end with it, and a cancelled task loses no connection."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from idem_runtime import Idempotency
from idem_runtime.idempotency import runtime_of
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import INSERT, PATIENCE, Database, Job, mark
from tests.runtime.stores import finished, on, store

NAME = "own loop"


def left(db: Database, name: str = NAME) -> int:
    """How many connections of that name the server still has, after a moment: a backend goes after its client."""
    found = 1
    deadline = time.monotonic() + PATIENCE
    while found and time.monotonic() < deadline:
        gc.collect()  # a worker that was connecting when its loop was closed is closed with its frame
        db.execute("SELECT pg_sleep(0.005)")
        asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        found = int((db.execute(asked, (name,)).fetchone() or (0,))[0])
    return found


def named(dsn: str) -> str:
    return f"{dsn}?application_name={NAME.replace(' ', '%20')}"


def test_jobs_with_a_loop_each_need_no_close_and_leave_no_connection(
    dsn: str, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(
        logging.CRITICAL, "psycopg.pool"
    )  # what is captured keeps the connection that it is about
    idem = Idempotency(named(dsn), pool_timeout=PATIENCE)
    idem.install()

    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (job.amount,))
        return job.id

    @mark("tell", effect="external")
    async def tell(job: Job) -> str:
        return job.id

    for key in "aab":
        assert asyncio.run(pay(Job(key))) == key
        assert asyncio.run(tell(Job(key))) == key
        assert asyncio.run(pay(Job(key))) == key
        idem.close()  # the heartbeat's
        gc.collect()  # where a pool or task was left behind, this warns
        assert left(db) == 0
    assert ledger(db) == [5, 5]


def test_a_connection_that_the_server_closed_between_jobs_fails_none_of_them(dsn: str, db: Database) -> None:
    pool = AsyncConnectionPool(named(dsn), open=False, min_size=1, max_size=2, timeout=2)
    idem = Idempotency(pool=pool)
    idem.install()

    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (job.amount,))
        return job.id

    async def opened() -> str:
        try:
            return str(await pay(Job("a")))
        finally:
            await pool.close()

    assert asyncio.run(opened()) == "a"
    for key in "bcd":
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", (NAME,)
        )
        assert asyncio.run(pay(Job(key))) == key
    assert left(db) == 0
    assert ledger(db) == [5] * 4


def test_a_pool_that_is_open_in_another_loop_is_not_used_here(dsn: str, db: Database) -> None:
    """A thread with a loop of its own, beside the application's."""
    backends: list[int] = []

    async def main() -> None:
        async with AsyncConnectionPool(named(dsn), min_size=1, max_size=1) as pool:
            idem = Idempotency(pool=pool)
            idem.install()

            @mark()
            async def pay(job: Job, db: Any = idem.lent) -> str:
                backends.append(db.info.backend_pid)
                await db.execute(INSERT, (job.amount,))
                return job.id

            assert await asyncio.to_thread(lambda: asyncio.run(pay(Job("b")))) == "b"
            assert await pay(Job("a")) == "a"

    finished(main)
    assert len(set(backends)) == 2
    assert left(db) == 0


@pytest.mark.parametrize("options", [{}, {"poolclass": NullPool}], ids=["pooled", "unpooled"])
def test_an_engine_is_made_again_for_every_other_loop(
    dsn: str, db: Database, options: dict[str, Any]
) -> None:
    engine = orm.async_engine(named(dsn), **options)
    idem = Idempotency(pool=engine)
    idem.install()
    binds: list[AsyncEngine] = []

    @mark()
    async def pay(job: Job, session: Any = idem.lent_session) -> int:
        binds.append(session.bind.engine)
        return await orm.write_async(session, job.amount)

    async def first() -> None:
        await pay(Job("a"))
        await engine.dispose()

    asyncio.run(first())
    for key in "bc":
        asyncio.run(pay(Job(key)))
        assert left(db) == 0
    assert binds[0] is engine.sync_engine or binds[0] is engine
    assert len({id(bind) for bind in binds}) == 3
    assert ledger(db) == [5] * 3


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # asyncio's, of tasks without a loop
def test_a_loop_that_was_closed_with_its_tasks_still_there_loses_its_sockets_at_the_next_use(
    dsn: str, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(
        logging.CRITICAL, "psycopg.pool"
    )  # what is captured keeps the connection that it is about
    idem = Idempotency(named(dsn))
    idem.install()

    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (job.amount,))
        return job.id

    loop = asyncio.new_event_loop()
    loop.run_until_complete(pay(Job("a")))
    loop.close()
    gc.collect()
    assert asyncio.run(pay(Job("b"))) == "b"
    assert left(db) == 0


def test_aclose_leaves_other_loops_their_pools(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn)

    async def other() -> None:
        held = runtime_of(idem).async_store()
        await held.borrow()
        await held.release()
        await idem.aclose()

    async def main() -> None:
        mine = runtime_of(idem).async_store()
        connection = await mine.borrow()
        await asyncio.to_thread(asyncio.run, other())
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
        await mine.release()
        pool = runtime_of(idem).pools.asynchronous()
        await idem.aclose()
        assert pool.closed

    finished(main)


@pytest.mark.parametrize("kind", ["dsn", "engine"])
def test_a_task_that_is_cancelled_anywhere_loses_no_connection(dsn: str, db: Database, kind: str) -> None:
    """One connection; the task that takes and gives it back is cancelled after every number of steps of the loop."""

    async def turn(idem: Idempotency) -> None:
        held = store(idem, "async")
        try:
            connection = await held.borrow()
            await connection.execute("SELECT 1")
        finally:
            await held.release()

    async def main() -> None:
        async with on(dsn, kind, "async") as idem:
            await turn(idem)
            for steps in range(60):
                task = asyncio.create_task(turn(idem))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                async with asyncio.timeout(PATIENCE):
                    await turn(idem)

    finished(main)


def test_a_connection_that_comes_after_the_cancellation_goes_back(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with on(dsn, "dsn", "async") as idem:
            first = store(idem, "async")
            await first.borrow()
            second = asyncio.create_task(store(idem, "async").borrow())
            await asyncio.sleep(0.05)  # it waits for the only connection
            second.cancel()
            await asyncio.wait([second])
            await first.release()
            third = store(idem, "async")
            async with asyncio.timeout(PATIENCE):
                await third.borrow()
            await third.release()

    finished(main)


def test_a_checkout_that_fails_after_the_cancellation_is_nobodys(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with on(dsn, "dsn", "async", store_timeout=0.2) as idem:
            first = store(idem, "async")
            await first.borrow()
            second = asyncio.create_task(store(idem, "async").borrow())
            await asyncio.sleep(0.05)  # it waits for the only connection
            second.cancel()
            await asyncio.wait([second])
            await asyncio.sleep(0.3)  # until the pool gives it up
            await first.release()

    finished(main)


def test_a_checkout_that_never_ends_is_given_up_and_its_connection_goes_back_when_it_comes(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine has no time limit of its own for a connection that is being made."""
    from idem_runtime import StoreUnavailable
    from idem_runtime.drivers import checkout, sqlalchemy

    monkeypatch.setattr(checkout, "GRACE", 0.0)
    go_on = asyncio.Event()
    real = sqlalchemy.AsyncPool.getconn

    async def slow(pool: Any, seconds: float) -> Any:
        await go_on.wait()
        return await real(pool, seconds)

    async def main() -> None:
        async with on(dsn, "engine", "async", store_timeout=0.1) as idem:
            idem.install()

            @mark()
            async def pay(job: Job, db: Any = idem.lent) -> None:
                await db.execute(INSERT, (5,))

            with monkeypatch.context() as patched:
                patched.setattr(sqlalchemy.AsyncPool, "getconn", slow)
                with pytest.raises(StoreUnavailable):
                    await pay(Job())
                go_on.set()
            await checkout.wait_for_async_returns()
            await pay(Job())

    finished(main)
    assert ledger(db) == [5]
