"""How an ``async def`` handler ends whose transaction is on a sync connection: cut off, cut in two, late, in a crowd."""

import asyncio
import random
import time
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from starlette.responses import StreamingResponse

from idem_runtime import ConfigurationError, Idempotency, current_attempt, money_moving
from idem_runtime.idempotency import runtime_of
from tests.runtime import orm
from tests.runtime.adapters.asking import INSERT, Database, Transfer, asked, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records


@pytest.fixture
def pool(dsn: str, db: Database) -> Iterator[ConnectionPool[Any]]:
    with ConnectionPool(dsn, min_size=0, max_size=2, open=False, timeout=4) as pool:
        yield pool


@pytest.fixture
def idem(pool: ConnectionPool[Any]) -> Iterator[Idempotency]:
    """Whatever a test does, no connection is out and no key is held after it."""
    idem = Idempotency(pool=pool, principal=tenant)
    yield idem
    idem.close()
    stats = pool.get_stats()
    assert stats["pool_available"] == stats["pool_size"]
    assert runtime_of(idem).policy.gate._running == {}


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


@pytest.mark.parametrize("early", [False, True])
def test_a_client_that_leaves_undoes_it(app: FastAPI, idem: Idempotency, db: Database, early: bool) -> None:
    inside = asyncio.Event()

    @app.post("/t", dependencies=[Depends(idem.admitted)] if early else [])
    @money_moving
    async def t(body: Transfer) -> None:
        idem.sync_connection().execute(INSERT, (5,))
        inside.set()
        await asyncio.Event().wait()

    async def main() -> None:
        request = asyncio.ensure_future(post(app))
        await inside.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    finished(idem, main)
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("borrowed", [False, True])
def test_a_client_that_leaves_while_its_claim_waits_claims_nothing(
    app: FastAPI, idem: Idempotency, dsn: str, db: Database, borrowed: bool
) -> None:
    elsewhere, other_process = FastAPI(), Idempotency(dsn, principal=tenant)
    other_process.install(elsewhere)
    inside, go_on = asyncio.Event(), asyncio.Event()

    def audited(connection: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        connection.execute(INSERT, (1,))

    @elsewhere.post("/t")
    @money_moving
    async def original(body: Transfer) -> None:
        await (await other_process.connection()).execute(INSERT, (5,))
        inside.set()
        await go_on.wait()

    @app.post("/t", dependencies=[Depends(audited)] if borrowed else [])
    @money_moving(connection="inside", wait=5)
    async def t(body: Transfer) -> None:
        raise AssertionError("its original is executed elsewhere")

    def until_it_waits() -> None:
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while not db.execute(waiting).fetchone():
            time.sleep(0.005)

    async def main() -> list[Any]:
        first = asyncio.ensure_future(post(elsewhere))
        await inside.wait()
        duplicate = asyncio.ensure_future(post(app))
        await asyncio.to_thread(until_it_waits)
        duplicate.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await duplicate
        answers = [await first, await post(app)]
        await other_process.aclose()
        return answers

    answers = finished(idem, main)
    assert ["idempotent-replayed" in answer.headers for answer in answers] == [False, True]
    assert ledger(db) == [5]


def test_a_background_task_borrows_nothing_and_an_announced_stream_is_stored(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    refused: list[str] = []

    def later() -> None:
        with pytest.raises(ConfigurationError) as error:
            idem.sync_connection()
        refused.append(str(error.value))

    @app.post("/task")
    @money_moving
    async def task(body: Transfer, tasks: BackgroundTasks) -> None:
        idem.sync_connection().execute(INSERT, (5,))
        tasks.add_task(later)

    @app.post("/stream")
    @money_moving
    async def stream(body: Transfer) -> StreamingResponse:
        idem.sync_connection().execute(INSERT, (6,))
        return StreamingResponse(iter([b"a", b"b"]), headers={"content-length": "2"})

    calls = ({"path": path, "key": path} for path in ("/task", "/task", "/stream", "/stream"))
    answers = asked(idem, app, *calls)
    assert [answer.text for answer in answers] == ["null", "null", "ab", "ab"]
    assert (len(refused), ledger(db)) == (1, [5, 6])


def test_a_connection_that_is_lost_is_said_and_the_key_is_free(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    cut: list[bool] = []

    @app.post("/t")
    @money_moving
    async def t(body: Transfer) -> None:
        connection = idem.sync_connection()
        connection.execute(INSERT, (5,))
        if not cut:
            cut.append(True)
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))

    first, again = asked(idem, app, {}, {})
    assert (code(first), again.status_code) == ("store_unavailable", 200)
    assert ledger(db) == [5]


def test_its_callbacks_are_awaited_after_the_commit(app: FastAPI, idem: Idempotency, db: Database) -> None:
    seen: list[list[int]] = []

    async def look() -> None:
        seen.append(ledger(db))

    @app.post("/t")
    @money_moving
    async def t(body: Transfer) -> None:
        idem.sync_connection().execute(INSERT, (5,))
        current_attempt().after_commit(look)

    asked(idem, app, {}, {})
    assert seen == [[5]]


def test_what_its_session_keeps_back_is_written_or_is_its_error(dsn: str, db: Database) -> None:
    db.execute("INSERT INTO ledger (id, amount) VALUES (100, 4)")
    with orm.engine(dsn, pool_size=1, max_overflow=0) as engine:
        idem = Idempotency(pool=engine, principal=tenant)
        app = FastAPI()
        idem.install(app)

        @app.post("/{number}")
        @money_moving
        async def late(body: Transfer, number: int) -> None:
            idem.sync_session().add(orm.Entry(id=number, amount=5))

        calls = ({"path": path, "key": path} for path in ("/100", "/101", "/101"))
        assert [answer.status_code for answer in asked(idem, app, *calls)] == [500, 200, 200]
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert (ledger(db), records(db)) == ([4, 5], 1)


def test_all_kinds_of_handlers_at_once_have_one_effect_for_each_key(dsn: str, db: Database) -> None:
    with ConnectionPool(dsn, min_size=0, max_size=3, open=False, timeout=15) as pool:
        both = pool, AsyncConnectionPool(dsn, min_size=0, max_size=3, open=False, timeout=15)
        idem = Idempotency(pool=both, principal=tenant)
        app = FastAPI()
        idem.install(app)

        def audited(connection: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
            connection.execute(INSERT, (0,))
            return connection

        @app.post("/on-sync")
        @money_moving(wait=15)
        async def on_sync(body: Transfer, connection: Annotated[Any, Depends(audited)]) -> None:
            connection.execute(INSERT, (1,))
            await asyncio.sleep(random.random() * 0.02)

        @app.post("/async")
        @money_moving(wait=15)
        async def on_async(body: Transfer) -> None:
            await (await idem.connection()).execute(INSERT, (2,))
            await asyncio.sleep(random.random() * 0.02)

        @app.post("/sync")
        @money_moving(wait=15)
        def sync(body: Transfer) -> None:
            idem.sync_connection().execute(INSERT, (3,))
            time.sleep(random.random() * 0.02)

        @app.post("/external")
        @money_moving(effect="external", wait=15)
        async def external(body: Transfer, connection: Annotated[Any, Depends(audited)]) -> None:
            connection.execute(INSERT, (4,))
            await asyncio.sleep(random.random() * 0.02)

        async def main() -> set[int]:
            paths = ("/on-sync", "/async", "/sync", "/external")
            calls = [(path, str(key)) for path in paths for key in range(5) for _ in range(3)]
            random.shuffle(calls)
            answers = await asyncio.gather(*(post(app, path, key=key) for path, key in calls))
            return {answer.status_code for answer in answers}

        assert finished(idem, main) == {200}
        assert runtime_of(idem).policy.gate._running == {}
    assert [ledger(db).count(amount) for amount in (1, 2, 3, 4)] == [5] * 4
