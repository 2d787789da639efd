"""How a request can end: half a response, a client that leaves, a file the server sends, a cancelled COMMIT."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import anyio
import pytest
from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers import uncancelled
from tests.runtime.adapters.asking import INSERT, Database, Transfer, Wire, asked, finished, tenant
from tests.runtime.adapters.contract import code, ledger, records
from tests.runtime.postgres import free_port


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


def test_a_client_that_leaves_while_an_announced_length_is_streamed_leaves_a_key_that_is_free(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    streaming, go_on = asyncio.Event(), asyncio.Event()

    async def parts() -> Any:
        yield b"ab"
        streaming.set()
        await go_on.wait()
        yield b"cd"

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> StreamingResponse:
        await db.execute(INSERT, (body.amount,))
        return StreamingResponse(parts(), headers={"content-length": "4"})

    async def main() -> Any:
        wire, again = Wire(), Wire()
        request = asyncio.create_task(wire.go(app))
        await streaming.wait()
        wire.left.set()
        await request
        left_behind = (wire.sent, ledger(db), records(db))
        go_on.set()
        await again.go(app)
        return left_behind, (again.status, again.body)

    assert finished(idem, main) == (([], [], 0), (200, b"abcd"))
    assert (ledger(db), records(db)) == ([5], 1)


class Half(Response):
    """A response that is never completed."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})


class Nothing(Response):
    """No response at all."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


@pytest.mark.parametrize("kind", [Half, Nothing])
@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_an_application_that_sends_no_whole_response_executes_nothing_and_the_key_is_free(
    app: FastAPI, idem: Idempotency, db: Database, path: str, kind: type[Response]
) -> None:
    whole = [False]

    def answer() -> Response:
        return JSONResponse("whole") if whole[0] else kind()

    @app.post("/async")
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> Response:
        await db.execute(INSERT, (body.amount,))
        return answer()

    @app.post("/sync")
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> Response:
        db.execute(INSERT, (body.amount,))
        return answer()

    async def main() -> list[Any]:
        wires = [Wire(path) for _ in range(3)]
        for number, wire in enumerate(wires):
            whole[0] = number == 2
            await wire.go(app)
        return [(wire.status, wire.body) for wire in wires]

    assert finished(idem, main) == [(None, b""), (None, b""), (200, b'"whole"')]
    assert (ledger(db), records(db)) == ([5], 1)


def test_a_file_that_the_server_would_send_itself_cannot_be_stored(
    app: FastAPI, idem: Idempotency, db: Database, tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.txt"
    receipt.write_text("paid")

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> FileResponse:
        await db.execute(INSERT, (body.amount,))
        return FileResponse(receipt)

    async def main() -> list[Any]:
        sends_files = {"extensions": {"http.response.pathsend": {}}}
        wires = [Wire(**sends_files), Wire(**sends_files), Wire(), Wire()]
        for wire in wires:
            await wire.go(app)
        return [(wire.status, b"response_unstorable" in wire.body, wire.body == b"paid") for wire in wires]

    assert finished(idem, main) == [(500, True, False)] * 2 + [(200, False, True)] * 2
    assert (ledger(db), records(db)) == ([5], 1)


def test_a_scope_that_is_cancelled_during_the_commit_waits_for_it_without_spinning(
    app: FastAPI, idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[Any] = []
    real = asyncio.wait

    async def counted(tasks: Any, **options: Any) -> Any:
        waits.append(tasks)
        return await real(tasks, **options)

    monkeypatch.setattr(uncancelled.asyncio, "wait", counted)
    lock = "SELECT pg_advisory_xact_lock(20260101)"
    db.execute(
        "CREATE OR REPLACE FUNCTION waits_for_us() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN PERFORM 1 FROM ({lock}) AS held; RETURN NULL; END $$"
    )

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> int:
        await db.execute(
            "CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION waits_for_us()"
        )
        await db.execute(INSERT, (body.amount,))
        return body.amount

    async def main() -> tuple[bool, Any]:
        db.execute("SELECT pg_advisory_lock(20260101)")
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 20260101 AND NOT granted"
        wire, again = Wire(), Wire()
        with anyio.CancelScope() as limit:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wire.go, app)
                with anyio.CancelScope(shield=True):
                    while not db.execute(waiting).fetchone():  # noqa: ASYNC110 - the server knows
                        await asyncio.sleep(0.005)
                    limit.cancel()
                    for _ in range(50):  # turns of the loop in which it could spin
                        await asyncio.sleep(0)
                    db.execute("SELECT pg_advisory_unlock(20260101)")
        await again.go(app)
        return limit.cancelled_caught, (again.status, again.body)

    try:
        assert finished(idem, main) == (True, (200, b"5"))
    finally:
        db.execute("DROP TRIGGER IF EXISTS waits ON ledger")
    assert (ledger(db), records(db)) == ([5], 1)
    assert len(waits) < 20, "a cancelled scope cancels again at every turn of the loop, unless it is kept out"


def test_a_transaction_block_around_a_dependency_is_kept_and_ends_quietly(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    async def get_db(db: Annotated[Any, Depends(idem.connection)]) -> Any:
        async with db.transaction():
            yield db

    def get_sync_db(db: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
        with db.transaction():
            yield db

    @app.post("/async")
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(get_db)]) -> int:
        await db.execute(INSERT, (body.amount,))
        return body.amount

    @app.post("/sync")
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(get_sync_db)]) -> int:
        db.execute(INSERT, (body.amount,))
        return body.amount

    answers = asked(idem, app, *({"path": path} for path in ("/async", "/async", "/sync", "/sync")))
    assert [(each.status_code, each.text) for each in answers] == [(200, "5")] * 4
    assert (ledger(db), records(db)) == ([5, 5], 2)


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_dependency_that_leaves_a_stream_open_before_the_claim_is_refused(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    kept: list[Any] = []

    async def read_half(db: Annotated[Any, Depends(idem.connection)]) -> None:
        kept.append(db.cursor().stream("SELECT generate_series(1, 1000)"))
        await anext(kept[0])

    def read_half_sync(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        kept.append(db.cursor().stream("SELECT generate_series(1, 1000)"))
        next(kept[0])

    @app.post("/async", dependencies=[Depends(read_half)])
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))

    @app.post("/sync", dependencies=[Depends(read_half_sync)])
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (body.amount,))

    (answer,) = asked(idem, app, {"path": path})
    assert (answer.status_code, code(answer)) == (500, "transaction_broken")
    assert "left a COPY, a stream or a pipeline open" in answer.json()["detail"]
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_dependency_that_uses_a_store_that_is_away_is_told_so(db: Database, path: str) -> None:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    idem, app = Idempotency(nowhere, principal=tenant, pool_timeout=0.1), FastAPI()
    idem.install(app)

    async def look(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute("SELECT 1")

    def look_sync(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute("SELECT 1")

    @app.post("/async", dependencies=[Depends(look)])
    @money_moving
    async def a(body: Transfer) -> None: ...

    @app.post("/sync", dependencies=[Depends(look_sync)])
    @money_moving
    def s(body: Transfer) -> None: ...

    (answer,) = asked(idem, app, {"path": path})
    assert (answer.status_code, code(answer)) == (503, "store_unavailable")


def test_a_mounted_application_that_compresses_replays_what_can_be_read(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    mounted = FastAPI()
    mounted.add_middleware(GZipMiddleware, minimum_size=10)

    @mounted.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> str:
        await db.execute(INSERT, (body.amount,))
        return "x" * 500

    app.mount("/m", mounted)
    answers = asked(idem, app, {"path": "/m/t"}, {"path": "/m/t"})
    assert [(each.headers["content-encoding"], each.json()) for each in answers] == [("gzip", "x" * 500)] * 2
    assert ledger(db) == [5]
