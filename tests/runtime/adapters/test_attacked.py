"""Idioms around the protocol that once lost or doubled something, as users write them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from flask import Flask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import StreamingResponse

from idem_runtime import Idempotency, NotExecuted, current_attempt, money_moving
from tests.runtime import orm
from tests.runtime.adapters.asking import INSERT, Database, asked, finished, post, tenant
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import Job, mark


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant, pool_size=2, pool_timeout=2)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


@pytest.fixture
def orm_idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    with orm.engine(dsn, pool_size=2, pool_timeout=2) as engine:
        pools = engine, orm.async_engine(dsn, pool_size=2, pool_timeout=2)
        yield Idempotency(pool=pools, principal=tenant)
        asyncio.run(pools[1].dispose())


@pytest.fixture
def orm_app(orm_idem: Idempotency) -> FastAPI:
    app = FastAPI()
    orm_idem.install(app)
    return app


# 1. what was only added to a sync session


def test_what_an_unmarked_def_handler_only_adds_to_its_session_is_kept(
    orm_app: FastAPI, orm_idem: Idempotency, db: Database
) -> None:
    @orm_app.post("/t", status_code=201)
    def t(session: Annotated[Any, Depends(orm_idem.sync_session)]) -> None:
        session.add(orm.Entry(amount=5))

    (answer,) = asked(orm_idem, orm_app, {})
    assert (answer.status_code, ledger(db)) == (201, [5])


def test_what_an_unmarked_async_handler_only_adds_to_its_session_is_kept(
    orm_app: FastAPI, orm_idem: Idempotency, db: Database
) -> None:
    @orm_app.post("/t", status_code=201)
    async def t(session: Annotated[Any, Depends(orm_idem.session)]) -> None:
        session.add(orm.Entry(amount=5))

    (answer,) = asked(orm_idem, orm_app, {})
    assert (answer.status_code, ledger(db)) == (201, [5])


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_what_an_external_handler_only_adds_to_its_session_is_kept(
    orm_app: FastAPI, orm_idem: Idempotency, db: Database, colour: str
) -> None:
    @orm_app.post("/sync", status_code=201)
    @money_moving(effect="external")
    def t(session: Annotated[Any, Depends(orm_idem.sync_session)]) -> None:
        session.add(orm.Entry(amount=5))

    @orm_app.post("/async", status_code=201)
    @money_moving(effect="external")
    async def a(session: Annotated[Any, Depends(orm_idem.session)]) -> None:
        session.add(orm.Entry(amount=5))

    (answer,) = asked(orm_idem, orm_app, {"path": f"/{colour}"})
    assert (answer.status_code, ledger(db)) == (201, [5])


def test_what_an_external_function_only_adds_to_its_session_is_kept(
    orm_idem: Idempotency, db: Database
) -> None:
    orm_idem.install()

    @mark("sync", effect="external")
    def pay(job: Job) -> int:
        orm_idem.sync_session().add(orm.Entry(amount=job.amount))
        return 1

    assert pay(Job("a", 5)) == 1
    assert ledger(db) == [5]


def test_what_a_flask_view_only_adds_to_its_session_is_kept(orm_idem: Idempotency, db: Database) -> None:
    web = Flask("web")
    orm_idem.init_app(web)

    @web.post("/t")
    def t() -> Any:
        orm_idem.sync_session().add(orm.Entry(amount=5))
        return {}, 201

    @web.post("/x")
    @money_moving(effect="external")
    def x() -> Any:
        orm_idem.sync_session().add(orm.Entry(amount=6))
        return {}, 201

    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    first = web.test_client().post("/t", headers=headers, json={})
    second = web.test_client().post("/x", headers=headers, json={})
    orm_idem.close()
    assert (first.status_code, second.status_code, ledger(db)) == (201, 201, [5, 6])


# 2. an unknown attempt that was taken over is freed by what refuses before, or by, its second run


def test_a_refusal_behind_the_place_of_admission_leaves_an_unknown_outcome_unknown(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    calls: list[int] = []
    state = {"balance": 5}

    async def enough() -> None:
        if state["balance"] < 5:
            raise HTTPException(402)

    @app.post("/t", status_code=201, dependencies=[Depends(idem.admitted), Depends(enough)])
    @money_moving(effect="external", retry_unknown=True, horizon={"bank": timedelta(hours=24)})
    async def t() -> None:
        current_attempt().downstream_key("bank")
        calls.append(1)
        state["balance"] = 0
        raise RuntimeError("the provider's answer was lost")

    asked(idem, app, {})
    assert records(db) == 1
    (refused,) = asked(idem, app, {})
    assert refused.status_code == 402
    assert records(db) == 1, "the first attempt may have paid: its record must stand"


@pytest.mark.parametrize("status", [429])
def test_a_transient_answer_of_a_second_run_leaves_the_first_one_unknown(
    app: FastAPI, idem: Idempotency, db: Database, status: int
) -> None:
    calls: list[int] = []

    @app.post("/t", status_code=201)
    @money_moving(effect="external", retry_unknown=True, horizon={"bank": timedelta(hours=24)})
    async def t() -> None:
        current_attempt().downstream_key("bank")
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the provider's answer was lost")
        raise HTTPException(status)

    _, second = asked(idem, app, {}, {})
    assert second.status_code == status
    assert records(db) == 1, "the first attempt may have paid: its record must stand"


# 3. what is borrowed, or only used, after the answer has begun


@pytest.mark.parametrize("before", [False, True])
def test_what_a_background_task_borrows_and_writes_is_refused_and_not_lost(
    app: FastAPI, idem: Idempotency, db: Database, before: bool
) -> None:
    outcome: list[str] = []

    async def later() -> None:
        try:
            connection = await idem.connection()
            await connection.execute(INSERT, (5,))
            outcome.append("written")
        except Exception as error:
            outcome.append(type(error).__name__)

    @app.post("/t")
    async def t(tasks: BackgroundTasks) -> None:
        if before:
            await (await idem.connection()).execute(INSERT, (1,))
        tasks.add_task(later)

    asked(idem, app, {})
    assert outcome != ["written"] or 5 in ledger(db)


def test_what_a_sync_background_task_writes_through_a_loan_that_was_not_used_is_not_lost(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    outcome: list[str] = []

    @app.post("/t")
    def t(tasks: BackgroundTasks, connection: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        def later() -> None:
            try:
                connection.execute(INSERT, (5,))
                outcome.append("written")
            except Exception as error:
                outcome.append(type(error).__name__)

        tasks.add_task(later)

    asked(idem, app, {})
    assert outcome != ["written"] or 5 in ledger(db)


def test_what_a_streamed_answer_borrows_and_writes_is_refused_and_not_lost(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    outcome: list[str] = []

    @app.post("/t")
    async def t() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"a"
            try:
                connection = await idem.connection()
                await connection.execute(INSERT, (5,))
                outcome.append("written")
            except Exception as error:
                outcome.append(type(error).__name__)

        return StreamingResponse(parts())

    asked(idem, app, {})
    assert outcome != ["written"] or 5 in ledger(db)


# 4. raised inside a BaseHTTPMiddleware that stands within the seal


def _mounted(idem: Idempotency, app: FastAPI) -> FastAPI:
    async def passing(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    inner = FastAPI()
    inner.add_middleware(BaseHTTPMiddleware, dispatch=passing)
    app.mount("/in", inner)
    return inner


def test_what_a_handler_behind_an_inner_middleware_raises_undoes_what_it_wrote(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    inner = _mounted(idem, app)

    @inner.post("/t")
    async def t(connection: Annotated[Any, Depends(idem.connection)]) -> None:
        await connection.execute(INSERT, (5,))
        raise HTTPException(402)

    (answer,) = asked(idem, app, {"path": "/in/t"})
    assert (answer.status_code, ledger(db)) == (402, [])


def test_what_a_dependency_raises_behind_an_inner_middleware_undoes_a_payment(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    inner = _mounted(idem, app)

    async def guard() -> AsyncIterator[None]:
        yield
        raise HTTPException(409)

    @inner.post("/t")
    @money_moving
    async def t(
        connection: Annotated[Any, Depends(idem.connection)],
        _: Annotated[Any, Depends(guard, scope="function")],
    ) -> None:
        await connection.execute(INSERT, (5,))

    (answer,) = asked(idem, app, {"path": "/in/t"})
    assert (answer.status_code, ledger(db)) == (409, [])


# 5. two borrowers at once


def test_two_who_borrow_at_once_share_one_connection(app: FastAPI, idem: Idempotency, db: Database) -> None:
    @app.post("/t", status_code=201)
    async def t() -> None:
        one, two = await asyncio.gather(idem.connection(), idem.connection())
        await one.execute(INSERT, (1,))
        await two.execute(INSERT, (2,))

    answers = asked(idem, app, *[{}] * 3)
    # what was never given back is in a transaction still, and its locks would stop the next test
    left = db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND state = 'idle in transaction'"
    ).fetchall()
    assert [answer.status_code for answer in answers] == [201] * 3
    assert (ledger(db), left) == ([1, 2] * 3, [])


# 6. parts of two loans that end out of order


def test_parts_of_two_loans_that_end_out_of_order_are_not_half_kept(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    @app.post("/t", status_code=201)
    @money_moving
    async def t() -> None:
        first_in, second_in = asyncio.Event(), asyncio.Event()

        async def one() -> None:
            connection = await idem.connection()
            async with connection.transaction():
                await connection.execute(INSERT, (1,))
                first_in.set()
                await second_in.wait()
                raise ValueError

        async def two() -> None:
            connection = await idem.connection()
            await first_in.wait()
            async with connection.transaction():
                await connection.execute(INSERT, (2,))
                second_in.set()
                await asyncio.sleep(0.05)

        await asyncio.gather(one(), two(), return_exceptions=True)

    (answer,) = asked(idem, app, {})
    assert answer.status_code >= 500 or 1 not in ledger(db), ledger(db)


# 7. money-moving functions called while an ordinary transaction is held


def test_local_functions_called_by_handlers_that_hold_a_connection_do_not_starve_each_other(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    idem.install()

    @mark("async")
    async def pay(job: Job) -> int:
        await (await idem.connection()).execute(INSERT, (job.amount,))
        return 1

    @app.post("/t", status_code=201)
    async def t(connection: Annotated[Any, Depends(idem.connection)], n: int) -> None:
        await connection.execute("SELECT 1")
        await asyncio.sleep(0.1)
        await pay(Job(str(n), n))

    async def main() -> list[int]:
        answers = await asyncio.gather(*(post(app, f"/t?n={n}") for n in range(2)))
        return [answer.status_code for answer in answers]

    assert finished(idem, main) == [201, 201]


# 2, its consequence: what the freed key lets through


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_refusal_behind_the_place_of_admission_does_not_reset_the_providers_window(
    app: FastAPI, idem: Idempotency, db: Database, colour: str, refused: bool
) -> None:
    charged: list[str] = []
    state = {"balance": 5}

    async def enough() -> None:
        if state["balance"] < 5:
            raise HTTPException(402)

    def charge() -> None:
        charged.append(current_attempt().downstream_key("bank"))
        if len(charged) == 1:
            state["balance"] = 0
            raise RuntimeError("the provider's answer was lost")

    marked = money_moving(effect="external", retry_unknown=True, horizon={"bank": timedelta(hours=24)})
    order = [Depends(idem.admitted), Depends(enough)]

    @app.post("/async", status_code=201, dependencies=order)
    @marked
    async def a() -> None:
        charge()

    @app.post("/sync", status_code=201, dependencies=order)
    @marked
    def s() -> None:
        charge()

    path = f"/{colour}"
    asked(idem, app, {"path": path})
    if refused:
        asked(idem, app, {"path": path})  # 402
    db.execute("UPDATE idempotency_records SET created_at = created_at - interval '25 hours'")
    state["balance"] = 5
    (late,) = asked(idem, app, {"path": path})
    assert (len(charged), late.status_code) == (1, 409), "the provider has forgotten its key by now"


def test_a_flask_refusal_behind_the_place_of_admission_leaves_an_unknown_outcome_unknown(
    idem: Idempotency, db: Database
) -> None:
    web, state = Flask("web"), {"balance": 5}
    idem.init_app(web)

    def enough() -> Any:
        return None if state["balance"] else ({}, 402)

    web.before_request(idem.sync_admitted)
    web.before_request(enough)

    @web.post("/t")
    @money_moving(effect="external", retry_unknown=True)
    def t() -> Any:
        state["balance"] = 0
        raise RuntimeError("the provider's answer was lost")

    headers = {"x-tenant": "alice", "idempotency-key": "k"}
    answers = [web.test_client().post("/t", headers=headers, json={}).status_code for _ in range(2)]
    idem.close()
    assert (answers, records(db)) == ([500, 402], 1)


def test_a_function_that_did_nothing_at_its_second_run_leaves_the_first_one_unknown(
    idem: Idempotency, db: Database
) -> None:
    idem.install()
    runs: list[int] = []

    @mark("pay", effect="external", retry_unknown=True)
    def pay(job: Job) -> int:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("the provider's answer was lost")
        raise NotExecuted

    with pytest.raises(RuntimeError):
        pay(Job())
    with pytest.raises(NotExecuted):
        pay(Job())
    idem.close()
    assert records(db) == 1
