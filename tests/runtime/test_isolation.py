"""The level that a handler's transaction begins at, and what its pool's connections are set to afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from psycopg import AsyncConnection, Connection, IsolationLevel
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime import Idempotency
from idem_runtime.idempotency import runtime_of
from tests.runtime.calls import INSERT, Database, Job, mark

SHOW = "SHOW transaction_isolation"
CASES = [
    (None, None, "read committed"),
    (IsolationLevel.SERIALIZABLE, None, "serializable"),
    (None, "repeatable read", "repeatable read"),
    (IsolationLevel.SERIALIZABLE, "repeatable read", "repeatable read"),
    (IsolationLevel.REPEATABLE_READ, "serializable", "serializable"),
]
"""What the pool's connections are set to, what the settings say, and what a handler gets."""
levels = pytest.mark.parametrize(("own", "said", "got"), CASES)
modes = pytest.mark.parametrize("autocommit", [False, True])


@levels
@modes
def test_a_sync_handler_gets_the_settings_level_else_the_pools_own_else_read_committed(
    dsn: str, db: Database, own: IsolationLevel | None, said: Any, got: str, autocommit: bool
) -> None:
    def configure(connection: Connection[Any]) -> None:
        connection.autocommit = autocommit
        connection.isolation_level = own

    with ConnectionPool(dsn, min_size=1, max_size=1, configure=configure) as pool:
        idem = Idempotency(pool=pool, isolation=said)
        idem.install()

        @mark()
        def pay(job: Job, db: Database = idem.lent) -> Any:
            db.execute(INSERT, (job.amount,))
            return db.execute(SHOW).fetchone()[0]  # type: ignore[index]

        assert pay(Job()) == got
        store = runtime_of(idem).sync_store()
        assert store.borrow().execute(SHOW).fetchone() == (got,), "and what is borrowed before the claim"
        store.release()
        with pool.connection() as connection:
            assert (connection.isolation_level, connection.autocommit) == (own, autocommit)


@levels
@modes
def test_an_async_handler_gets_the_settings_level_else_the_pools_own_else_read_committed(
    dsn: str, db: Database, own: IsolationLevel | None, said: Any, got: str, autocommit: bool
) -> None:
    async def configure(connection: AsyncConnection[Any]) -> None:
        await connection.set_autocommit(autocommit)
        await connection.set_isolation_level(own)

    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=1, configure=configure, open=False) as pool:
            idem = Idempotency(pool=pool, isolation=said)
            idem.install()

            @mark()
            async def pay(job: Job, db: Any = idem.lent) -> Any:
                await db.execute(INSERT, (job.amount,))
                return (await (await db.execute(SHOW)).fetchone())[0]

            assert await pay(Job()) == got
            store = runtime_of(idem).async_store()
            borrowed = await store.borrow()
            assert await (await borrowed.execute(SHOW)).fetchone() == (got,)
            await store.release()
            async with pool.connection() as connection:
                assert (connection.isolation_level, connection.autocommit) == (own, autocommit)

    asyncio.run(main())
