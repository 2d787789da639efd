"""A request that is cut off while its ``def`` handler goes on in a thread: nobody settles, or pays again, behind its back."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI

from idem_runtime import Idempotency, NotExecuted, Response, current_attempt, money_moving
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters.asking import INSERT, PATIENCE, Database, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant, pool_size=1, pool_timeout=PATIENCE, wait=0)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


class Handler:
    """A handler that says that it has begun, and goes on when it is told to."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.calls: list[str] = []

    def __call__(self) -> None:
        self.attempt = current_attempt()
        self.begun.set()
        assert self.go_on.wait(PATIENCE)

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, PATIENCE)


@asynccontextmanager
async def cut_off(app: FastAPI, handler: Handler) -> AsyncIterator[asyncio.Task[Any]]:
    """A request that is cancelled while its handler runs; the handler goes on after the block."""
    request = asyncio.create_task(post(app))
    await handler.has_begun()
    request.cancel()
    async with asyncio.timeout(PATIENCE):
        while not handler.attempt.lost:  # noqa: ASYNC110 - it is told in the request's own task
            await asyncio.sleep(0.01)
    yield request
    handler.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await request


def test_an_external_handler_keeps_its_key_until_its_thread_ends(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    handler, lost = Handler(), list[bool]()

    @app.post("/t", status_code=201)
    @money_moving(effect="external", reconcile=lambda attempt: NotExecuted())
    def pay() -> None:
        if handler.go_on.is_set():
            handler.calls.append("second")
            return
        handler()
        lost.append(current_attempt().lost)
        handler.calls.append("first")

    async def main() -> None:
        async with cut_off(app, handler):
            meanwhile = await post(app)
            assert code(meanwhile) == "in_progress"
        assert (handler.calls, lost) == (["first"], [True])
        row = db.execute("SELECT status, in_progress_expiry < clock_timestamp() FROM idempotency_records")
        assert row.fetchone() == ("INPROGRESS", True), (
            "its outcome is unknown now, for reconcile= to find out"
        )

    finished(idem, main)


@pytest.mark.parametrize("says", ["not executed", "reconciled"])
def test_a_retry_after_the_thread_has_ended_does_what_was_found_out(
    app: FastAPI, idem: Idempotency, db: Database, says: str
) -> None:
    handler = Handler()

    @app.post("/t", status_code=201)
    @money_moving(effect="external", reconcile=lambda attempt: Response(201, (), b'"told"'))
    def pay() -> str:
        if handler.go_on.is_set():
            handler.calls.append("second")
            return "second"
        handler()
        if says == "not executed" and current_attempt().lost:
            raise NotExecuted
        handler.calls.append("first")
        return "first"

    async def main() -> Any:
        async with cut_off(app, handler):
            pass
        return (await post(app)).json()

    told = finished(idem, main)
    assert (told, handler.calls) == {
        "not executed": ("second", ["second"]),
        "reconciled": ("told", ["first"]),
    }[says]


def test_a_local_handlers_effect_is_undone_when_its_thread_has_ended(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    handler = Handler()

    @app.post("/t", status_code=201)
    @money_moving
    def pay(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (5,))
        handler()
        db.execute(INSERT, (6,))  # still its own connection

    async def main() -> None:
        async with cut_off(app, handler):
            assert code(await post(app)) == "in_progress"
        assert (ledger(db), records(db)) == ([], 0)
        assert (await post(app)).status_code == 201

    finished(idem, main)
    assert ledger(db) == [5, 6]


def test_a_claim_that_comes_after_its_request_is_over_gives_everything_back(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    handler = Handler()

    @app.post("/t", status_code=201)
    @money_moving
    def pay(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        handler.calls.append("local")
        db.execute(INSERT, (5,))

    @app.post("/external", status_code=201)
    @money_moving(effect="external")
    def external() -> None:
        handler.calls.append("external")

    async def cut_off_while_it_waits(path: str) -> None:
        pool = runtime_of(idem).pools.sync()
        await asyncio.to_thread(pool.open)
        only = await asyncio.to_thread(pool.getconn)
        request = asyncio.create_task(post(app, path))
        while not pool.get_stats().get("requests_waiting"):  # type: ignore[attr-defined]  # noqa: ASYNC110 - a pool has no event
            await asyncio.sleep(0.01)
        request.cancel()
        await asyncio.sleep(0.05)
        pool.putconn(only)
        with pytest.raises(asyncio.CancelledError):
            await request

    async def main() -> None:
        for before, path in enumerate(("/t", "/external")):
            await cut_off_while_it_waits(path)
            assert (handler.calls, records(db)) == ([], before), "the handler was never called"
            assert (await post(app, path)).status_code == 201
            assert handler.calls.pop()

    finished(idem, main)
    assert ledger(db) == [5]


def test_an_async_claim_that_is_cut_off_frees_the_key(app: FastAPI, idem: Idempotency, db: Database) -> None:
    """The claim of an external effect may have been committed when its request is cancelled: its handler never ran."""

    @app.post("/t", status_code=201)
    @money_moving(effect="external")
    async def pay() -> None: ...

    async def main() -> None:
        db.execute("BEGIN; LOCK TABLE idempotency_records IN SHARE MODE")
        request = asyncio.create_task(post(app))
        await asyncio.sleep(0.3)
        request.cancel()
        await asyncio.sleep(0.05)
        db.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await request
        assert records(db) == 0
        assert (await post(app)).status_code == 201

    finished(idem, main)


def test_a_request_that_is_cut_off_before_its_claim_calls_nobody(dsn: str, db: Database) -> None:
    asked, answer, called = asyncio.Event(), asyncio.Event(), list[int]()

    async def slowly(request: Any) -> str:
        asked.set()
        await answer.wait()
        return "alice"

    idem, app = Idempotency(dsn, principal=slowly), FastAPI()
    idem.install(app)

    @app.post("/t")
    @money_moving
    def pay(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        called.append(1)

    async def main() -> None:
        request = asyncio.create_task(post(app))
        await asked.wait()
        request.cancel()
        await asyncio.sleep(0.05)
        answer.set()
        with pytest.raises(asyncio.CancelledError):
            await request

    finished(idem, main)
    assert (called, records(db)) == ([], 0)
