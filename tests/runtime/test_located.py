"""Where the records are is found once, and what is wrong there is said before a request meets it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from psycopg_pool import ConnectionPool

from idem_runtime import Idempotency, StoreUnavailable
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, Database, Job, finished, mark

TEMPORARY = "CREATE TEMPORARY TABLE IF NOT EXISTS idempotency_records (LIKE public.idempotency_records)"
ROLE = "a_role_with_little"


@pytest.fixture
def restricted(dsn: str, db: Database) -> Iterator[str]:
    """A DSN of a role that may look records up and record what is done, and no more."""
    name = f"{ROLE}_{dsn.rpartition('_')[2]}"
    db.execute(f"DROP ROLE IF EXISTS {name}; CREATE ROLE {name} LOGIN")  # type: ignore[call-overload]
    db.execute(
        f"GRANT SELECT, INSERT ON idempotency_records TO {name}; GRANT ALL ON ledger, ledger_id_seq TO {name}"
    )  # type: ignore[call-overload]
    yield dsn.replace("postgres@", f"{name}@")
    db.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")  # type: ignore[call-overload]


def started(idem: Idempotency) -> None:
    """An application starts, and ends when it has looked at its store."""
    app = FastAPI()
    idem.install(app)

    async def main() -> None:
        async with app.router.lifespan_context(app):
            (look,) = [task for task in asyncio.all_tasks() if task.get_name() == "idem-look"]
            await look

    asyncio.run(main())


def test_a_role_that_lacks_a_privilege_is_named_at_start_up_with_the_remedy(
    restricted: str, caplog: pytest.LogCaptureFixture
) -> None:
    started(Idempotency(restricted, principal=lambda request: "alice"))
    (said,) = [record.getMessage() for record in caplog.records if record.name == "idem_runtime"]
    assert 'may not UPDATE, DELETE on "public"."idempotency_records"' in said
    assert 'GRANT UPDATE, DELETE ON "public"."idempotency_records" TO a_role_with_little' in said


@pytest.mark.parametrize("schema", [None, "elsewhere"])
def test_a_table_that_is_not_there_is_said_at_start_up(
    dsn: str, caplog: pytest.LogCaptureFixture, schema: str | None
) -> None:
    started(Idempotency(dsn, principal=lambda request: "alice", schema=schema, table="not_migrated"))
    assert "run idem-runtime migrate" in caplog.text


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_store_that_is_away_at_start_up_is_said_and_keeps_nobody_from_starting(
    caplog: pytest.LogCaptureFixture, colour: str
) -> None:
    nowhere = "postgresql://127.0.0.1:1/bank"
    pool = (
        ConnectionPool(nowhere, open=False, min_size=0, max_size=1, timeout=0.3) if colour == "sync" else None
    )
    idem = Idempotency(
        nowhere if pool is None else None, pool=pool, principal=lambda request: "alice", pool_timeout=0.3
    )
    started(idem)
    assert "the store does not answer at start-up" in caplog.text
    if pool is not None:
        pool.close()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_temporary_table_of_the_same_name_does_not_take_the_place_of_the_records(
    dsn: str, db: Database, colour: str
) -> None:
    idem = Idempotency(dsn, pool_size=1)
    idem.install()

    @mark("sync")
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(TEMPORARY)
        db.execute(INSERT, (job.amount,))

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(TEMPORARY)
        await db.execute(INSERT, (job.amount,))

    async def main() -> None:
        for key in "aabb":
            await apay(Job(key))

    if colour == "sync":
        for key in "aabb":
            pay(Job(key))
        idem.close()
    else:
        finished(idem, main)
    assert (ledger(db), records(db)) == ([5, 5], 2)
    assert runtime_of(idem).table.schema == "public"


def test_a_schema_that_comes_first_on_the_search_path_later_does_not_take_the_place_of_the_records(
    dsn: str, db: Database
) -> None:
    idem = Idempotency(dsn, pool_size=1)
    idem.install()

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))

    pay(Job("a"))
    db.execute(
        "CREATE SCHEMA postgres; CREATE TABLE postgres.idempotency_records (LIKE public.idempotency_records)"
    )
    try:
        pay(Job("a"))
        assert ledger(db) == [5], "the schema of the role's own name is first on every search path"
    finally:
        db.execute("DROP SCHEMA postgres CASCADE")
        idem.close()


def test_a_first_connection_that_is_lost_while_it_looks_is_a_retry(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, store_timeout=0.3, pool_timeout=5)
    idem.install()

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))

    with psycopg.connect(dsn) as blocking:
        blocking.execute("LOCK TABLE pg_class IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreUnavailable):
            pay(Job())
    pay(Job())
    assert (ledger(db), runtime_of(idem).table.schema) == ([5], "public")
    idem.close()


@pytest.mark.parametrize("effect", ["local", "external"])
def test_nothing_runs_on_a_table_that_a_crash_would_empty(
    dsn: str, db: Database, caplog: pytest.LogCaptureFixture, effect: Any
) -> None:
    idem = Idempotency(dsn)
    idem.install()
    ran: list[str] = []

    @mark(effect=effect, connection=None if effect == "external" else "inside")
    def pay(job: Job) -> str:
        ran.append(job.id)
        if effect == "local":
            idem.sync_connection().execute(INSERT, (job.amount,))
        return "paid"

    db.execute("ALTER TABLE idempotency_records SET UNLOGGED")
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="run idem-runtime doctor"):
                pay(Job())
        assert (ran, ledger(db)) == ([], [])
        assert "UNLOGGED" in caplog.text
        assert 'ALTER TABLE "idempotency_records" SET LOGGED' in caplog.text
    finally:
        db.execute("ALTER TABLE idempotency_records SET LOGGED")
    assert pay(Job()) == "paid"
    assert ran == ["1"]
    idem.close()
