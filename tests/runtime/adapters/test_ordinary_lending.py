"""Outside a local execution the same dependency lends an ordinary transaction: kept by an answer, undone by what is raised."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from flask import Flask, abort
from flask import request as flask_request
from starlette.responses import JSONResponse, StreamingResponse

from idem_runtime import Idempotency, OutcomeUnknown, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.asking import INSERT, Database, asked, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records
from tests.runtime.calls import Job, mark

DEFERRED = """
CREATE TABLE IF NOT EXISTS deferred (amount int UNIQUE DEFERRABLE INITIALLY DEFERRED);
TRUNCATE deferred
"""
TWICE = "INSERT INTO deferred VALUES (1), (1)"


@pytest.fixture(params=["connection", "session"])
def idem(request: pytest.FixtureRequest, dsn: str, db: Database) -> Iterator[Idempotency]:
    db.execute(DEFERRED)
    if request.param == "connection":
        yield Idempotency(dsn, principal=tenant, pool_size=2, pool_timeout=2)
        return
    with orm.engine(dsn, pool_size=2, pool_timeout=2) as engine:
        pools = engine, orm.async_engine(dsn, pool_size=2, pool_timeout=2)
        yield Idempotency(pool=pools, principal=tenant)
        asyncio.run(pools[1].dispose())


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["idem"])


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


def async_lent(idem: Idempotency, kind: str) -> Any:
    return idem.session if kind == "session" else idem.connection


def sync_lent(idem: Idempotency, kind: str) -> Any:
    return idem.sync_session if kind == "session" else idem.sync_connection


def raw(db: Any, text: str) -> Any:
    """Run SQL through whatever was lent; to be awaited where that is async."""
    session = isinstance(db, orm.Session | orm.AsyncSession)
    return db.execute(orm.sqlalchemy.text(text) if session else text)


UNMARKED: list[Callable[[Any], Any]] = [lambda handler: handler, not_money_moving(reason="a note")]


@pytest.mark.parametrize("decorate", UNMARKED, ids=["unmarked", "opted out"])
def test_what_a_handler_that_moves_no_money_writes_is_kept_before_it_answers(
    app: FastAPI, idem: Idempotency, db: Database, kind: str, decorate: Any
) -> None:
    seen: list[list[int]] = []

    @app.middleware("http")
    async def look(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        seen.append(ledger(db))  # the first byte has come this far
        return response

    @app.post("/async", status_code=201)
    @decorate
    async def a(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        await orm.write_async(db, 1)

    @app.post("/sync", status_code=201)
    @decorate
    def s(db: Annotated[Any, Depends(sync_lent(idem, kind))]) -> None:
        orm.write(db, 2)

    answers = asked(idem, app, {"path": "/async"}, {"path": "/sync"})
    assert [answer.status_code for answer in answers] == [201, 201]
    assert seen == [[1], [1, 2]]


def test_what_a_handler_that_moves_no_money_raises_undoes_what_it_wrote(
    app: FastAPI, idem: Idempotency, db: Database, kind: str
) -> None:
    async def guarded(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> AsyncIterator[Any]:
        yield db
        raise HTTPException(409)  # after the handler, before its answer

    @app.post("/crash")
    async def crash(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        await orm.write_async(db, 1)
        raise RuntimeError

    @app.post("/declined")
    def declined(db: Annotated[Any, Depends(sync_lent(idem, kind))]) -> None:
        orm.write(db, 2)
        raise HTTPException(402)

    @app.post("/guarded")
    async def late(db: Annotated[Any, Depends(guarded, scope="function")]) -> None:
        await orm.write_async(db, 3)

    @app.post("/returned")
    async def returned(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> JSONResponse:
        await orm.write_async(db, 4)
        return JSONResponse({}, 409)

    paths = ["/crash", "/declined", "/guarded", "/returned"]
    answers = asked(idem, app, *({"path": path} for path in paths))
    assert [answer.status_code for answer in answers] == [500, 402, 409, 409]
    assert ledger(db) == [4], "what is returned is an answer, whatever it says"


def test_a_commit_that_fails_is_no_success(app: FastAPI, idem: Idempotency, db: Database, kind: str) -> None:
    @app.post("/async", status_code=201)
    async def a(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        await orm.write_async(db, 1)
        await raw(db, TWICE)

    @app.post("/sync", status_code=201)
    def s(db: Annotated[Any, Depends(sync_lent(idem, kind))]) -> None:
        orm.write(db, 1)
        raw(db, TWICE)

    @app.post("/swallowed", status_code=201)
    async def swallowed(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        await orm.write_async(db, 1)
        with pytest.raises((psycopg.Error, orm.sqlalchemy.exc.DBAPIError)):
            await raw(db, "SELECT 1 / 0")

    answers = asked(idem, app, {"path": "/async"}, {"path": "/sync"}, {"path": "/swallowed"})
    assert [answer.status_code for answer in answers] == [500] * 3
    assert code(answers[2]) == "transaction_broken"
    assert ledger(db) == []


def test_a_stream_or_copy_that_is_left_open_is_no_success(dsn: str, db: Database) -> None:
    idem, app = Idempotency(dsn, principal=tenant), FastAPI()
    idem.install(app)
    kept: list[Any] = []

    @app.post("/t")
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (1,))
        kept.append(db.cursor().copy("COPY ledger (amount) FROM STDIN"))
        await kept[0].__aenter__()

    (answer,) = asked(idem, app, {})
    kept.clear()
    assert (answer.status_code, code(answer), ledger(db)) == (500, "transaction_broken", [])


def test_a_streamed_answer_may_read_what_was_lent_and_writes_no_more(
    app: FastAPI, idem: Idempotency, db: Database, kind: str
) -> None:
    @app.post("/reads")
    async def reads(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> StreamingResponse:
        await orm.write_async(db, 7)

        async def parts() -> AsyncIterator[bytes]:
            found = await raw(db, "SELECT amount FROM ledger")
            row = found.fetchone() if kind == "session" else await found.fetchone()
            yield str(row[0]).encode()

        return StreamingResponse(parts())

    @app.post("/writes")
    async def writes(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> StreamingResponse:
        await raw(db, "SELECT 1")

        async def parts() -> AsyncIterator[bytes]:
            yield b"begun"
            with pytest.raises((psycopg.errors.ReadOnlySqlTransaction, orm.sqlalchemy.exc.InternalError)):
                await raw(db, "INSERT INTO ledger (amount) VALUES (8)")
            yield b", refused"

        return StreamingResponse(parts())

    @app.post("/again")
    async def again(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        await orm.write_async(db, 9)

    answers = asked(idem, app, {"path": "/reads"}, {"path": "/writes"}, *[{"path": "/again"}] * 3)
    assert [answer.text for answer in answers[:2]] == ["7", "begun, refused"]
    assert ledger(db) == [7, 9, 9, 9], "and the connections are as they were"


REFUSED = (psycopg.errors.ReadOnlySqlTransaction, orm.sqlalchemy.exc.InternalError)
INSERTING = "INSERT INTO ledger (amount) VALUES (8)"


def test_what_is_borrowed_first_when_the_answer_has_left_may_read_and_writes_nothing(
    app: FastAPI, idem: Idempotency, db: Database, kind: str
) -> None:
    seen: list[str] = []

    async def later() -> None:
        lent = await async_lent(idem, kind)()
        await raw(lent, "SELECT 1")
        with pytest.raises(REFUSED):
            await raw(lent, INSERTING)
        seen.append("async")

    def sync_later() -> None:
        lent = sync_lent(idem, kind)()
        raw(lent, "SELECT 1")
        with pytest.raises(REFUSED):
            raw(lent, INSERTING)
        seen.append("sync")

    @app.post("/t")
    async def t(tasks: BackgroundTasks) -> None:
        tasks.add_task(later)
        tasks.add_task(sync_later)

    @app.post("/again")
    async def again(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        await orm.write_async(db, 9)

    asked(idem, app, {"path": "/t"}, *[{"path": "/again"}] * 3)
    assert (seen, ledger(db)) == (["async", "sync"], [9, 9, 9])


@pytest.mark.parametrize("idem", ["session"], indirect=True)
def test_what_is_only_added_to_a_session_after_the_answer_is_said_to_be_lost(
    app: FastAPI, idem: Idempotency, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def later(session: Any) -> None:
        session.add(orm.Entry(amount=8))

    @app.post("/t")
    async def t(tasks: BackgroundTasks, session: Annotated[Any, Depends(idem.session)]) -> None:
        await orm.write_async(session, 1)
        tasks.add_task(later, session)

    asked(idem, app, {"path": "/t"})
    assert ledger(db) == [1]
    assert "after the answer had begun is not kept" in caplog.text


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_an_external_handler_and_its_dependencies_share_a_transaction_that_is_not_the_records(
    app: FastAPI, idem: Idempotency, db: Database, kind: str, colour: str
) -> None:
    charged: list[str] = []

    async def caller(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> str:
        await orm.write_async(db, 1)
        return "alice"

    def sync_caller(db: Annotated[Any, Depends(sync_lent(idem, kind))]) -> str:
        orm.write(db, 1)
        return "alice"

    @app.post("/async", status_code=201)
    @money_moving(effect="external")
    async def a(who: Annotated[str, Depends(caller)]) -> dict[str, str]:
        charged.append(who)
        await orm.write_async(await async_lent(idem, kind)(), 2)
        return {"charged": who}

    @app.post("/sync", status_code=201)
    @money_moving(effect="external")
    def s(who: Annotated[str, Depends(sync_caller)]) -> dict[str, str]:
        charged.append(who)
        orm.write(sync_lent(idem, kind)(), 2)
        return {"charged": who}

    first, again = asked(idem, app, *[{"path": f"/{colour}"}] * 2)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert (charged, ledger(db), records(db)) == (["alice"], [1, 2], 1)


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_an_external_handler_whose_own_bookkeeping_cannot_be_committed_is_unknown(
    app: FastAPI, idem: Idempotency, db: Database, kind: str, colour: str
) -> None:
    calls: list[int] = []

    @app.post("/async", status_code=201)
    @money_moving(effect="external")
    async def a(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        calls.append(1)
        await raw(db, TWICE)

    @app.post("/sync", status_code=201)
    @money_moving(effect="external")
    def s(db: Annotated[Any, Depends(sync_lent(idem, kind))]) -> None:
        calls.append(1)
        raw(db, TWICE)

    first, again = asked(idem, app, *[{"path": f"/{colour}"}] * 2)
    assert (first.status_code, code(again), calls) == (500, "outcome_unknown", [1])


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_an_external_handler_that_left_its_transaction_failed_is_unknown_and_says_so(
    app: FastAPI, idem: Idempotency, db: Database, kind: str, colour: str
) -> None:
    @app.post("/async", status_code=201)
    @money_moving(effect="external")
    async def a(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        with pytest.raises((psycopg.Error, orm.sqlalchemy.exc.DBAPIError)):
            await raw(db, "SELECT 1 / 0")

    @app.post("/sync", status_code=201)
    @money_moving(effect="external")
    def s(db: Annotated[Any, Depends(sync_lent(idem, kind))]) -> None:
        with pytest.raises((psycopg.Error, orm.sqlalchemy.exc.DBAPIError)):
            raw(db, "SELECT 1 / 0")

    first, again = asked(idem, app, *[{"path": f"/{colour}"}] * 2)
    assert (code(first), code(again)) == ("transaction_broken", "outcome_unknown")


def test_an_external_function_keeps_what_it_wrote_and_undoes_it_where_it_raises(
    idem: Idempotency, db: Database, kind: str
) -> None:
    idem.install()
    calls: list[str] = []

    @mark("sync", effect="external")
    def pay(job: Job) -> int:
        calls.append(job.id)
        orm.write(sync_lent(idem, kind)(), job.amount)
        if job.id == "raises":
            raise ValueError
        return 1

    @mark("async", effect="external")
    async def apay(job: Job) -> int:
        calls.append(job.id)
        await orm.write_async(await async_lent(idem, kind)(), job.amount)
        if job.id == "raises":
            raise ValueError
        return 1

    async def main() -> None:
        assert (await apay(Job("ok", 3)), await apay(Job("ok", 3))) == (1, 1)
        with pytest.raises(ValueError):
            await apay(Job("raises", 4))
        with pytest.raises(OutcomeUnknown):
            await apay(Job("raises", 4))

    assert (pay(Job("ok", 1)), pay(Job("ok", 1))) == (1, 1)
    with pytest.raises(ValueError):
        pay(Job("raises", 2))
    with pytest.raises(OutcomeUnknown):
        pay(Job("raises", 2))
    finished(idem, main)
    assert (ledger(db), calls) == ([1, 3], ["ok", "raises"] * 2)


def test_an_external_function_whose_bookkeeping_fails_raises_that_and_is_unknown(
    idem: Idempotency, db: Database, kind: str
) -> None:
    idem.install()

    @mark("sync", effect="external")
    def pay(job: Job) -> None:
        raw(sync_lent(idem, kind)(), TWICE)

    @mark("async", effect="external")
    async def apay(job: Job) -> None:
        await raw(await async_lent(idem, kind)(), TWICE)

    async def main() -> None:
        with pytest.raises((psycopg.errors.UniqueViolation, orm.sqlalchemy.exc.IntegrityError)):
            await apay(Job())
        with pytest.raises(OutcomeUnknown):
            await apay(Job())

    with pytest.raises((psycopg.errors.UniqueViolation, orm.sqlalchemy.exc.IntegrityError)):
        pay(Job())
    with pytest.raises(OutcomeUnknown):
        pay(Job())
    finished(idem, main)


def test_more_external_requests_than_connections_do_not_wait_for_each_other(
    app: FastAPI, idem: Idempotency, db: Database, kind: str
) -> None:
    @app.post("/t", status_code=201)
    @money_moving(effect="external")
    async def t(db: Annotated[Any, Depends(async_lent(idem, kind))]) -> None:
        await orm.write_async(db, 1)
        await asyncio.sleep(0.05)

    async def main() -> list[int]:
        answers = await asyncio.gather(*(post(app, key=f"k{number}") for number in range(8)))
        return [answer.status_code for answer in answers]

    assert finished(idem, main) == [201] * 8
    assert ledger(db) == [1] * 8


@pytest.fixture
def web(idem: Idempotency) -> Flask:
    web = Flask("web")
    idem.init_app(web)
    return web


def sent(web: Flask, path: str) -> Any:
    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    return web.test_client().post(path, headers=headers, json={"amount": 5})


def test_a_flask_view_that_moves_no_money_keeps_what_it_returns_and_undoes_what_it_raises(
    web: Flask, idem: Idempotency, db: Database, kind: str
) -> None:
    lent = sync_lent(idem, kind)

    @web.post("/<what>")
    def view(what: str) -> Any:
        orm.write(lent(), flask_request.get_json()["amount"])
        if what == "abort":
            abort(403)
        if what == "crash":
            raise RuntimeError
        if what == "deferred":
            raw(lent(), TWICE)
        if what == "failed":
            with pytest.raises((psycopg.Error, orm.sqlalchemy.exc.DBAPIError)):
                raw(lent(), "SELECT 1 / 0")
        return {}, 409 if what == "conflict" else 201

    @web.after_request
    def audited(response: Any) -> Any:
        if response.status_code == 201:
            orm.write(lent(), 6)
        return response

    answers = [sent(web, f"/{what}") for what in ("abort", "crash", "conflict", "deferred")]
    assert [answer.status_code for answer in answers] == [403, 500, 409, 500]
    assert ledger(db) == [5]
    assert sent(web, "/kept").status_code == 201
    assert ledger(db) == [5, 5, 6]
    idem.close()


def test_a_flask_view_that_left_its_transaction_failed_is_no_success(
    web: Flask, idem: Idempotency, db: Database, kind: str
) -> None:
    @web.post("/t")
    def view() -> str:
        orm.write(sync_lent(idem, kind)(), 5)
        with pytest.raises((psycopg.Error, orm.sqlalchemy.exc.DBAPIError)):
            raw(sync_lent(idem, kind)(), "SELECT 1 / 0")
        return "done"

    answer = sent(web, "/t")
    assert (answer.status_code, answer.get_json()["code"], ledger(db)) == (500, "transaction_broken", [])
    idem.close()


@pytest.mark.parametrize("fails", [False, True])
def test_an_external_flask_view_is_recorded_after_what_it_was_lent_is_kept(
    web: Flask, idem: Idempotency, db: Database, kind: str, fails: bool
) -> None:
    calls: list[int] = []

    @web.before_request
    def authenticate() -> None:
        orm.write(sync_lent(idem, kind)(), 1)

    @web.post("/t")
    @money_moving(effect="external")
    def view() -> str:
        calls.append(1)
        orm.write(sync_lent(idem, kind)(), 2)
        if fails:
            raw(sync_lent(idem, kind)(), TWICE)
        return "done"

    first, again = sent(web, "/t"), sent(web, "/t")
    if fails:
        assert (first.status_code, again.get_json()["code"], ledger(db)) == (500, "outcome_unknown", [])
    else:
        assert (first.status_code, again.headers["idempotent-replayed"]) == (200, "true")
        assert ledger(db) == [1, 2]
    assert calls == [1]
    idem.close()
