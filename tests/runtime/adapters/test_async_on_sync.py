"""An ``async def`` handler whose transaction is on a sync connection, because a dependency has borrowed that before."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from psycopg_pool import ConnectionPool
from starlette.responses import JSONResponse

from idem_runtime import ConfigurationError, Idempotency, money_moving
from tests.runtime import orm
from tests.runtime.adapters.asking import Database, Transfer, asked, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records

KINDS = ["connection", "connection, sync pool only", "session", "session, sync engine only"]


@pytest.fixture(params=KINDS)
def idem(request: pytest.FixtureRequest, dsn: str, db: Database) -> Iterator[Idempotency]:
    if request.param == KINDS[0]:
        yield Idempotency(dsn, principal=tenant, pool_size=2)
    elif request.param == KINDS[1]:
        with ConnectionPool(dsn, min_size=0, max_size=2, open=False) as pool:
            yield Idempotency(pool=pool, principal=tenant)
    else:
        with orm.engine(dsn, pool_size=2, max_overflow=0) as engine:
            if request.param == KINDS[3]:
                yield Idempotency(pool=engine, principal=tenant)
            else:
                both = engine, orm.async_engine(dsn, pool_size=2, max_overflow=0)
                yield Idempotency(pool=both, principal=tenant)
                asyncio.run(both[1].dispose())


@pytest.fixture
def lend(request: pytest.FixtureRequest, idem: Idempotency) -> Any:
    """What a sync dependency borrows."""
    session = request.node.callspec.params["idem"].startswith("session")
    return idem.sync_session if session else idem.sync_connection


@pytest.fixture
def app(idem: Idempotency, lend: Any) -> FastAPI:
    """Every handler is async, and writes 5 where a sync dependency has written 1."""
    app = FastAPI()
    idem.install(app)

    def audited(db: Annotated[Any, Depends(lend)]) -> Any:
        orm.write(db, 1)
        return db

    Db = Annotated[Any, Depends(audited)]

    @app.post("/pay", status_code=201)
    @money_moving
    async def pay(body: Transfer, db: Db) -> dict[str, int]:
        return {"id": orm.write(db, body.amount), "amount": body.amount}

    @app.post("/declined")
    @money_moving
    async def declined(body: Transfer, db: Db) -> None:
        orm.write(db, body.amount)
        raise HTTPException(402)

    @app.post("/returned")
    @money_moving
    async def returned(body: Transfer, db: Db) -> JSONResponse:
        orm.write(db, body.amount)
        return JSONResponse({}, 409)

    @app.post("/crash")
    @money_moving
    async def crash(body: Transfer, db: Db) -> None:
        orm.write(db, body.amount)
        raise RuntimeError

    @app.post("/slow")
    @money_moving(wait=15)
    async def slow(body: Transfer, db: Db) -> None:
        orm.write(db, body.amount)
        await asyncio.sleep(0.1)

    @app.post("/external", status_code=201)
    @money_moving(effect="external")
    async def external(body: Transfer, db: Db) -> None:
        orm.write(db, body.amount)

    @app.post("/external-crash")
    @money_moving(effect="external")
    async def external_crash(body: Transfer, db: Db) -> None:
        orm.write(db, body.amount)
        raise RuntimeError

    return app


def test_its_effect_and_its_record_are_in_that_transaction(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    first, again = asked(idem, app, {"path": "/pay"}, {"path": "/pay"})
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert (ledger(db), records(db)) == ([1, 5], 1)


@pytest.mark.parametrize(
    ("path", "status", "kept", "keys"),
    [("/declined", 402, [1], 1), ("/returned", 409, [1, 5], 1), ("/crash", 500, [], 0)],
)
def test_it_ends_as_on_an_async_connection(
    app: FastAPI, idem: Idempotency, db: Database, path: str, status: int, kept: list[int], keys: int
) -> None:
    """What a dependency has written before the claim is not the handler's effect, and stays with a 402."""
    first, again = asked(idem, app, {"path": path}, {"path": path})
    assert (first.status_code, again.status_code) == (status, status)
    assert ("idempotent-replayed" in again.headers) == bool(keys)
    assert (ledger(db), records(db)) == (kept, keys)


def test_duplicates_that_arrive_together_execute_once(app: FastAPI, idem: Idempotency, db: Database) -> None:
    async def main() -> list[int]:
        answers = await asyncio.gather(*(post(app, "/slow") for _ in range(6)))
        return [answer.status_code for answer in answers]

    assert finished(idem, main) == [200] * 6
    assert (ledger(db), records(db)) == ([1, 5], 1)


def test_an_async_call_nested_in_it_is_a_part_of_that_transaction(
    app: FastAPI, idem: Idempotency, db: Database, lend: Any
) -> None:
    idem.install()

    @money_moving(operation="leg", key=lambda amount: amount, connection="inside")
    async def leg(amount: int) -> int:
        orm.write(lend(), amount)
        if amount == 7:
            raise ValueError
        return amount

    def audited(db: Annotated[Any, Depends(lend)]) -> Any:
        orm.write(db, 1)

    @app.post("/nested/{ends_well}", dependencies=[Depends(audited)])
    @money_moving(operation="nested", connection="inside")
    async def nested(ends_well: bool) -> int:
        await leg(6)
        with pytest.raises(ValueError):
            await leg(7)
        total = await leg(6) + await leg(8)
        if not ends_well:
            raise RuntimeError
        return total

    answers = asked(idem, app, {"path": "/nested/0"}, {"path": "/nested/1"}, {"path": "/nested/1"})
    assert [answer.status_code for answer in answers] == [500, 200, 200]
    assert answers[1].content == answers[2].content == b"14"
    assert (ledger(db), records(db)) == ([1, 6, 8], 3)


def test_an_external_one_has_an_ordinary_transaction_there(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    first, again = asked(idem, app, {"path": "/external"}, {"path": "/external"})
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    # the dependency of a replay is an ordinary transaction, too: its answer keeps what it wrote
    assert records(db) == 1
    assert ledger(db).count(5) == 1


def test_what_an_external_one_wrote_there_is_undone_by_what_it_raises(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    first, again = asked(idem, app, {"path": "/external-crash"}, {"path": "/external-crash"})
    assert (first.status_code, code(again)) == (500, "outcome_unknown")
    assert 5 not in ledger(db)


@pytest.mark.parametrize("idem", [KINDS[0], KINDS[2]], indirect=True)
@pytest.mark.parametrize("first", ["sync", "async"])
def test_where_dependencies_have_used_both_connections_it_is_said_which_one_to_use(
    idem: Idempotency, db: Database, lend: Any, first: str
) -> None:
    app = FastAPI()
    idem.install(app)
    other = idem.connection if lend == idem.sync_connection else idem.session

    def sync_one(db: Annotated[Any, Depends(lend)]) -> None:
        orm.write(db, 1)

    async def async_one(db: Annotated[Any, Depends(other)]) -> None:
        await orm.write_async(db, 2)

    both = [Depends(sync_one), Depends(async_one)]

    @app.post("/t", dependencies=both if first == "sync" else both[::-1])
    @money_moving
    async def t(body: Transfer) -> None:
        raise AssertionError("it must not be called")

    with pytest.raises(ConfigurationError, match=r"use idem\.connection everywhere"):
        finished(idem, lambda: post(app, raises=True))
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("idem", [KINDS[0], KINDS[2]], indirect=True)
@pytest.mark.parametrize("joined", ["sync", "async"])
@pytest.mark.parametrize("status", [200, 500])
def test_the_other_connection_is_refused_after_admission(
    idem: Idempotency, db: Database, lend: Any, joined: str, status: int
) -> None:
    """Where the program goes on all the same, its effect is on the one that it used."""
    app = FastAPI()
    idem.install(app)
    sync, session = joined == "sync", lend == idem.sync_session
    other = idem.session if session else idem.connection

    def sync_one(db: Annotated[Any, Depends(lend)]) -> None:
        orm.write(db, 1)

    async def async_one(db: Annotated[Any, Depends(other)]) -> None:
        await orm.write_async(db, 1)

    async def use_the_other() -> None:
        if sync:
            await other()
        else:
            orm.write(lend(), 7)

    @app.post("/t", dependencies=[Depends(sync_one if sync else async_one)])
    @money_moving
    async def t(body: Transfer) -> None:
        if status == 500:
            await use_the_other()
        said = f"on the {joined} connection: use idem.{'sync_' if sync else ''}{'session' if session else 'connection'}"
        with pytest.raises(ConfigurationError, match=said):
            await use_the_other()
        if sync:
            orm.write(lend(), body.amount)
        else:
            await orm.write_async(await other(), body.amount)

    assert [answer.status_code for answer in asked(idem, app, {})] == [status]
    assert (ledger(db), records(db)) == (([1, 5], 1) if status == 200 else ([], 0))
