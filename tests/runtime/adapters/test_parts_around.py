"""A part that a dependency opens around the handler is a savepoint from the first moment, and ends nothing of ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI, HTTPException

from idem_runtime import Idempotency, money_moving
from idem_runtime.idempotency import runtime_of
from tests.runtime import orm
from tests.runtime.adapters.asking import INSERT, Database, asked, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records


@pytest.fixture(params=["connection", "session"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def idem(kind: str, dsn: str, db: Database) -> Iterator[Idempotency]:
    if kind == "connection":
        yield Idempotency(dsn, principal=tenant)
        return
    with orm.engine(dsn) as engine:
        pools = engine, orm.async_engine(dsn)
        yield Idempotency(pool=pools, principal=tenant)
        asyncio.run(pools[1].dispose())


def parts(idem: Idempotency, kind: str, colour: str) -> Any:
    """A dependency that opens a part around the handler, as FastAPI's documentation does with transactions."""

    async def part(
        db: Annotated[Any, Depends(idem.session if kind == "session" else idem.connection)],
    ) -> AsyncIterator[Any]:
        async with db.begin_nested() if kind == "session" else db.transaction():
            await orm.write_async(db, 1)
            yield db

    def sync_part(
        db: Annotated[Any, Depends(idem.sync_session if kind == "session" else idem.sync_connection)],
    ) -> Iterator[Any]:
        with db.begin_nested() if kind == "session" else db.transaction():
            orm.write(db, 1)
            yield db

    return part if colour == "async" else sync_part


def bank(idem: Idempotency, kind: str, colour: str, scope: Any) -> FastAPI:
    """One route per way to end, inside a part of ``scope``."""
    app = FastAPI()
    idem.install(app)
    Part = Annotated[Any, Depends(parts(idem, kind, colour), scope=scope)]

    def end(what: str) -> dict[str, bool]:
        if what == "declined":
            raise HTTPException(402)
        if what == "busy":
            raise HTTPException(503)
        if what == "crash":
            raise RuntimeError
        if what == "unserializable":
            return {"ok": lambda: None}  # type: ignore[dict-item]
        return {"ok": True}

    @app.post("/async/{what}")
    @money_moving
    async def a(what: str, db: Part) -> dict[str, bool]:
        await orm.write_async(db, 5)
        return end(what)

    @app.post("/sync/{what}")
    @money_moving
    def s(what: str, db: Part) -> dict[str, bool]:
        orm.write(db, 5)
        return end(what)

    return app


@pytest.mark.parametrize("scope", ["request", "function"])
@pytest.mark.parametrize("colour", ["async", "sync"])
@pytest.mark.parametrize(
    ("what", "status", "amounts", "kept"),
    [
        ("done", 200, [1, 5], 1),
        ("declined", 402, [], 1),
        ("busy", 503, [], 0),
        ("crash", 500, [], 0),
        ("unserializable", 500, [], 0),
    ],
)
def test_a_part_around_the_handler_changes_nothing_about_its_end(
    idem: Idempotency,
    db: Database,
    kind: str,
    colour: str,
    scope: str,
    what: str,
    status: int,
    amounts: list[int],
    kept: int,
) -> None:
    app = bank(idem, kind, colour, scope)
    path = f"/{colour}/{what}"
    first, again = asked(idem, app, {"path": path}, {"path": path})
    assert [first.status_code, again.status_code] == [status, status]
    assert ("idempotent-replayed" in again.headers) == bool(kept)
    assert (ledger(db), records(db)) == (amounts, kept)


@pytest.mark.parametrize("colour", ["async", "sync"])
def test_a_part_that_was_rolled_back_on_purpose_after_the_handler_leaves_no_success(
    dsn: str, db: Database, colour: str
) -> None:
    idem, app = Idempotency(dsn, principal=tenant), FastAPI()
    idem.install(app)

    async def part(db: Annotated[Any, Depends(idem.connection)]) -> AsyncIterator[Any]:
        async with db.transaction():
            yield db
            raise psycopg.Rollback

    def sync_part(db: Annotated[Any, Depends(idem.sync_connection)]) -> Iterator[Any]:
        with db.transaction():
            yield db
            raise psycopg.Rollback

    @app.post("/async", status_code=201)
    @money_moving
    async def a(db: Annotated[Any, Depends(part, scope="function")]) -> None:
        await db.execute(INSERT, (5,))

    @app.post("/sync", status_code=201)
    @money_moving
    def s(db: Annotated[Any, Depends(sync_part, scope="function")]) -> None:
        db.execute(INSERT, (5,))

    (answer,) = asked(idem, app, {"path": f"/{colour}"})
    assert (answer.status_code, code(answer)) == (500, "transaction_broken")
    assert (ledger(db), records(db)) == ([], 0)


def test_a_part_that_promised_to_undo_does_not_end_the_claim_inside_it(dsn: str, db: Database) -> None:
    idem, app = Idempotency(dsn, principal=tenant), FastAPI()
    idem.install(app)

    async def part(db: Annotated[Any, Depends(idem.connection)]) -> AsyncIterator[Any]:
        async with db.transaction(force_rollback=True):
            yield db

    @app.post("/t", status_code=201)
    @money_moving
    async def t(db: Annotated[Any, Depends(part, scope="function")]) -> None:
        await db.execute(INSERT, (5,))

    (answer,) = asked(idem, app, {})
    assert (answer.status_code, ledger(db), records(db)) == (500, [], 0)


@pytest.mark.parametrize("kind", ["connection"], indirect=True)
def test_a_handler_that_commits_inside_a_part_is_unknown_all_the_same(
    idem: Idempotency, db: Database
) -> None:
    app = FastAPI()
    idem.install(app)

    async def part(db: Annotated[Any, Depends(idem.connection)]) -> AsyncIterator[Any]:
        async with db.transaction():
            yield db

    @app.post("/t", status_code=201)
    @money_moving
    async def t(db: Annotated[Any, Depends(part)]) -> None:
        await db.execute(INSERT, (5,))
        await db.execute("COMMIT")
        raise RuntimeError

    first, again = asked(idem, app, {}, {})
    assert (first.status_code, code(again), ledger(db)) == (500, "outcome_unknown", [5])


@pytest.mark.parametrize("kind", ["session"], indirect=True)
def test_a_session_handler_that_commits_inside_a_part_is_unknown_all_the_same(
    idem: Idempotency, db: Database
) -> None:
    app = FastAPI()
    idem.install(app)

    async def part(db: Annotated[Any, Depends(idem.session)]) -> AsyncIterator[Any]:
        async with db.begin_nested():
            yield db

    @app.post("/t", status_code=201)
    @money_moving
    async def t(db: Annotated[Any, Depends(part)]) -> None:
        await orm.write_async(db, 5)
        await orm.raw_commit(db)
        raise RuntimeError

    first, again = asked(idem, app, {}, {})
    assert (first.status_code, code(again), ledger(db)) == (500, "outcome_unknown", [5])


def test_another_execution_may_win_while_a_declined_one_leaves_its_part(dsn: str, db: Database) -> None:
    """The rollback of a part takes the claim along: who comes between it and the seal is the truth."""
    idem, app = Idempotency(dsn, principal=tenant), FastAPI()
    idem.install(app)
    first = [True]

    async def other() -> None:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as there:
            await there.execute(
                "INSERT INTO idempotency_records SELECT '5:alice7:POST /t', 'k', 'COMPLETED', payload_hash, response_data,"
                " response_body, expiry_time, NULL, gen_random_uuid(), created_at, completed_at FROM idempotency_records"
                " WHERE idempotency_key = 'other'"
            )

    async def part(db: Annotated[Any, Depends(idem.connection)]) -> AsyncIterator[Any]:
        try:
            async with db.transaction():
                yield db
        except HTTPException:
            await other()
            raise

    @app.post("/t", status_code=201)
    @money_moving
    async def t(db: Annotated[Any, Depends(part)]) -> dict[str, str]:
        await db.execute(INSERT, (5,))
        if not first:
            raise HTTPException(402)
        first.clear()
        return {"by": "the other"}

    done, declined = asked(idem, app, {"key": "other"}, {"key": "k"})
    assert (done.status_code, declined.status_code, declined.content) == (201, 201, done.content)
    assert declined.headers["idempotent-replayed"] == "true"
    assert (ledger(db), records(db)) == ([5], 2)


def own_sessions(idem: Idempotency) -> tuple[Any, Any]:
    """Functions that commit in a session of the application's own on the engines that ``idem`` has."""
    engine, async_engine = (pool.engine for pool in runtime_of(idem).pools._given.values())

    def commit() -> None:
        with orm.Session(engine) as own:
            own.add(orm.Entry(amount=7))
            own.commit()

    async def acommit() -> None:
        async with orm.AsyncSession(async_engine) as own:
            own.add(orm.Entry(amount=7))
            await own.commit()

    return commit, acommit


@pytest.mark.parametrize("kind", ["session"], indirect=True)
@pytest.mark.parametrize("colour", ["async", "sync"])
@pytest.mark.parametrize("where", ["dependency", "handler"])
def test_a_session_of_the_applications_own_beside_ours_is_undone_with_it_and_commits_elsewhere(
    idem: Idempotency, dsn: str, db: Database, colour: str, where: str
) -> None:
    app = FastAPI()
    idem.install(app)
    commit, acommit = own_sessions(idem)

    in_dependency = where == "dependency"

    @app.post("/async", dependencies=[Depends(acommit)] if in_dependency else [])
    @money_moving
    async def a(db: Annotated[Any, Depends(idem.session)]) -> None:
        await orm.write_async(db, 5)
        if not in_dependency:
            await acommit()
        raise RuntimeError

    @app.post("/sync", dependencies=[Depends(commit)] if in_dependency else [])
    @money_moving
    def s(db: Annotated[Any, Depends(idem.sync_session)]) -> None:
        orm.write(db, 5)
        if not in_dependency:
            commit()
        raise RuntimeError

    @app.post("/elsewhere", dependencies=[Depends(acommit), Depends(commit)])
    async def elsewhere() -> None: ...

    @app.post("/external", dependencies=[Depends(acommit), Depends(commit)])
    @money_moving(effect="external")
    async def external() -> None: ...

    async def main() -> None:
        assert (await post(app, f"/{colour}")).status_code == 500
        assert (ledger(db), records(db)) == ([], 0)
        assert (await post(app, "/elsewhere")).status_code == 200
        assert (await post(app, "/external")).status_code == 200

    finished(idem, main)
    assert (ledger(db), records(db)) == ([7] * 4, 1)
