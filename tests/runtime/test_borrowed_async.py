"""Statements on the lent async connection: what psycopg promises of its own holds there, too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import psycopg
import pytest
from psycopg.waiting import Wait

from idem_runtime import Idempotency
from idem_runtime.idempotency import runtime_of
from tests.runtime.calls import Database

NOT_FOR_LONG = "SELECT pg_sleep(60)"
SLEEPS = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"


def with_lent(dsn: str, use: Callable[[Any, Any], Awaitable[None]]) -> None:
    """``use`` a lent connection and its store."""

    async def main() -> None:
        idem = Idempotency(dsn, pool_size=1)
        store = runtime_of(idem).async_store()
        try:
            await use(await store.borrow(), store)
        finally:
            await store.release()
            await idem.aclose()

    asyncio.run(main())


def test_a_cancelled_statement_is_ended_on_the_server_and_others_may_follow(dsn: str, db: Database) -> None:
    async def use(lent: Any, _: Any) -> None:
        await lent.execute("SAVEPOINT before")
        running = asyncio.create_task(lent.execute(NOT_FOR_LONG))
        # The server does not hear of a cancellation that comes before the statement.
        while not db.execute(SLEEPS, (lent.info.backend_pid,)).fetchall():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await lent.execute("ROLLBACK TO before")
        assert await (await lent.execute("SELECT 1")).fetchone() == (1,)

    with_lent(dsn, use)


def test_a_copy_in_both_directions_and_notifications_work(dsn: str, db: Database) -> None:
    rows = [(number, str(number) * 3_000) for number in range(50)]

    async def use(db: Any, _: Any) -> None:
        await db.execute("CREATE TEMPORARY TABLE copied (number int, text text)")
        async with db.cursor() as cursor:
            async with cursor.copy("COPY copied FROM STDIN") as copy:
                for row in rows:
                    await copy.write_row(row)
            async with cursor.copy("COPY copied TO STDOUT") as copy:
                assert len([row async for row in copy.rows()]) == len(rows)
        assert [told async for told in db.notifies(timeout=0.01)] == []
        assert await (await db.execute("SELECT count(*) FROM copied")).fetchone() == (50,)

    with_lent(dsn, use)


def test_two_statements_at_once_take_turns(dsn: str) -> None:
    async def use(db: Any, _: Any) -> None:
        first, second = await asyncio.gather(db.execute("SELECT 1"), db.execute("SELECT 2"))
        assert (await first.fetchone(), await second.fetchone()) == ((1,), (2,))

    with_lent(dsn, use)


def test_who_waits_beside_a_statement_without_psycopgs_lock_stops_neither(dsn: str) -> None:
    def nothing() -> Generator[int, int, str]:
        yield Wait.W
        return "done"

    async def use(db: Any, store: Any) -> None:
        running = asyncio.create_task(db.execute("SELECT 1 FROM pg_sleep(0.01)"))
        while not store._watch.busy:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        assert await db.wait(nothing()) == "done"
        assert await (await running).fetchone() == (1,)

    with_lent(dsn, use)


def test_a_lost_connection_is_said_and_its_socket_is_not_watched_any_more(dsn: str, db: Database) -> None:
    async def use(lent: Any, store: Any) -> None:
        await lent.execute("SELECT 1")
        db.execute("SELECT pg_terminate_backend(%s)", (lent.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            await lent.execute("SELECT 1")
        assert store._watch._watched == 0
        assert store.closed

    with_lent(dsn, use)
