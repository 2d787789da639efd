"""What was done to a passage and its connections on purpose, and did not end well: one small program each."""

import asyncio
import functools
import threading
import time
from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI, HTTPException, WebSocket, WebSocketException
from psycopg_pool import ConnectionPool
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketDisconnect

from idem_runtime import Idempotency, money_moving
from idem_runtime.idempotency import runtime_of
from tests.runtime import orm
from tests.runtime.adapters.asking import (
    INSERT,
    PATIENCE,
    Database,
    TestClient,
    Transfer,
    asked,
    finished,
    post,
    tenant,
)
from tests.runtime.adapters.contract import ledger


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


MORE_THAN_THREADS = 60


@pytest.mark.parametrize("kind", ["async handlers on a sync pool", "def handlers admitted early"])
def test_who_waits_for_a_connection_does_not_keep_others_from_giving_theirs_back(
    dsn: str, db: Database, kind: str
) -> None:
    """Claims and seals must not share a limited number of threads: claims wait for connections that seals give back."""
    with ConnectionPool(dsn, min_size=0, max_size=2, open=False, timeout=4) as pool:
        idem = Idempotency(pool=pool, principal=tenant)
        app = FastAPI()
        idem.install(app)

        @app.post("/async handlers on a sync pool")
        @money_moving
        async def a(body: Transfer) -> None:
            idem.sync_connection().execute(INSERT, (body.amount,))
            await asyncio.sleep(0.02)

        @app.post("/def handlers admitted early", dependencies=[Depends(idem.admitted)])
        @money_moving
        def s(body: Transfer) -> None:
            idem.sync_connection().execute(INSERT, (body.amount,))
            time.sleep(0.02)

        async def main() -> set[int]:
            calls = (post(app, f"/{kind}", key=str(number)) for number in range(MORE_THAN_THREADS))
            return {answer.status_code for answer in await asyncio.gather(*calls)}

        assert finished(idem, main) == {200}
    assert len(ledger(db)) == MORE_THAN_THREADS


class Statement:
    """A statement that another thread of the handler is in the middle of when the handler ends."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def begin(self, connection: Any, db: Database) -> None:
        connection.execute(INSERT, (5,))

        def run() -> None:
            try:
                connection.execute("SELECT pg_sleep(0.5)")
            except psycopg.Error:
                pass
            finally:
                self.over.set()

        threading.Thread(target=run, daemon=True).start()
        runs = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%%' AND pid = %s"
        while not db.execute(runs, (connection.info.backend_pid,)).fetchone():
            time.sleep(0.001)


@pytest.mark.parametrize("end", ["returns", "raises"])
@pytest.mark.parametrize("kind", ["async", "def"])
def test_a_statement_of_another_thread_ends_when_the_handler_has(
    dsn: str, db: Database, kind: str, end: str
) -> None:
    """``asyncio.to_thread`` with a timeout, or a client that leaves, is enough for that. The pool opens a new connection
    in the place of one that is closed: the thread waits on its socket then, because that has the same number."""
    statement = Statement()
    with ConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool:
        idem = Idempotency(pool=pool, principal=tenant)
        app = FastAPI()
        idem.install(app)

        def borrowed(connection: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
            connection.execute("SELECT 1")
            return connection

        def pay(connection: Any) -> None:
            statement.begin(connection, db)
            if end == "raises":
                raise HTTPException(402)

        @app.post("/async")
        @money_moving
        async def a(body: Transfer, connection: Annotated[Any, Depends(borrowed)]) -> None:
            pay(connection)

        @app.post("/def")
        @money_moving
        def d(body: Transfer, connection: Annotated[Any, Depends(borrowed)]) -> None:
            pay(connection)

        (answer,) = asked(idem, app, {"path": f"/{kind}"})
        assert statement.over.wait(3), "it waits for ever on a socket that was closed under it"
    assert ledger(db) == ([5] if answer.status_code == 200 else [])


def test_what_a_sync_dependency_only_adds_to_its_session_is_not_lost_beside_an_async_handler(
    dsn: str, db: Database
) -> None:
    """Nothing is written yet, so that the session holds no connection: the handler does not join its transaction."""
    with orm.engine(dsn) as engine:
        pools = engine, orm.async_engine(dsn)
        idem = Idempotency(pool=pools, principal=tenant)
        app = FastAPI()
        idem.install(app)

        def adding(session: Annotated[Any, Depends(idem.sync_session)]) -> None:
            session.add(orm.Entry(amount=1))

        @app.post("/t", dependencies=[Depends(adding)])
        @money_moving
        async def t(body: Transfer) -> None:
            await orm.write_async(await idem.session(), body.amount)

        async def main() -> int:
            answer = await post(app)
            await pools[1].dispose()
            return answer.status_code

        status = finished(idem, main)
    assert status != 200 or sorted(ledger(db)) == [1, 5], "a success without what its dependency added"


def test_a_websocket_that_is_refused_is_closed_with_its_own_code(app: FastAPI, idem: Idempotency) -> None:
    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        raise WebSocketException(1008, "no")

    with (
        TestClient(app) as client,
        pytest.raises(WebSocketDisconnect) as left,
        client.websocket_connect("/ws") as socket,
    ):
        socket.receive_text()
    assert left.value.code == 1008


def test_a_message_before_the_responses_start_is_not_taken_for_it(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    """Starlette's templates send ``http.response.debug`` to the test client first."""

    class Shown(PlainTextResponse):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.debug", "info": {}})
            await super().__call__(scope, receive, send)

    @app.post("/t", response_class=Shown)
    @money_moving
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> Shown:
        await db.execute(INSERT, (5,))
        return Shown("done")

    assert [answer.status_code for answer in asked(idem, app, {}, {})] == [200, 200]
    assert ledger(db) == [5]


def test_a_handler_that_is_called_twice_at_once_leaves_its_key_free(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    """One of the two executions is not ended: every later request of its key is in progress until the process ends."""

    @money_moving(wait=0.1)
    async def t(body: Transfer) -> None:
        await (await idem.connection()).execute(INSERT, (body.amount,))
        await asyncio.sleep(0.05)

    @functools.wraps(t)
    async def twice(body: Transfer) -> None:
        await asyncio.gather(t(body), t(body), return_exceptions=True)

    app.post("/t")(twice)
    asked(idem, app, {})
    assert runtime_of(idem).policy.gate._running == {}


@pytest.mark.parametrize("where", ["before the place of admission", "of a duplicate that waits"])
def test_a_sync_dependency_is_thrown_into_whatever_the_version_of_fastapi(
    app: FastAPI, idem: Idempotency, db: Database, where: str
) -> None:
    """Until 0.160 FastAPI throws only an ``Exception`` into a ``def`` dependency with ``yield``: others leave it open."""
    ended: list[str] = []
    inside = threading.Event()

    def opened() -> Iterator[None]:
        try:
            yield
        except GeneratorExit:
            ended.append("by the garbage collector")
            raise
        except BaseException:
            ended.append("by what was thrown")
            raise
        ended.append("well")

    early = where.startswith("before")

    @app.post("/t", dependencies=[Depends(opened), *([Depends(idem.admitted)] if early else [])])
    @money_moving(wait=PATIENCE)
    def t(body: Transfer) -> None:
        idem.sync_connection().execute(INSERT, (body.amount,))
        inside.set()
        time.sleep(0.1)

    async def main() -> list[Any]:
        first = asyncio.ensure_future(post(app))
        if early:
            await first
        await asyncio.to_thread(inside.wait, PATIENCE)
        return [await post(app), await first]

    assert [answer.status_code for answer in finished(idem, main)] == [200, 200]
    assert ledger(db) == [5]
    assert "by the garbage collector" not in ended
