"""Where a joined engine differs from a bare one, what is refused beside it, and what it costs."""

import asyncio
import contextlib
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Annotated, Any

import psycopg
import pytest
import sqlalchemy
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy import event, exc, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from idem_runtime import ConfigurationError, Idempotency, TransactionBroken, current_attempt, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import admission_here
from idem_runtime.model import Statement
from tests.runtime import orm
from tests.runtime.adapters.contract import records
from tests.runtime.conftest import prepared
from tests.runtime.orm import Entry
from tests.runtime.postgres import Server
from tests.runtime.sqlalchemy.bank import (
    HEADERS,
    Database,
    TestClient,
    amounts,
    app_of,
    async_app_of,
    engine_for,
    idempotency,
    posted,
)
from tests.runtime.stores import one

NAMED: Any = {
    "operation": "pay",
    "key": lambda body, key="k": key,
    "principal": lambda body, key="k": "alice",
}


@pytest.fixture
def engine(dsn: str) -> Iterator[sqlalchemy.Engine]:
    with engine_for(dsn, asynchronous=False) as made:
        yield made


@pytest.fixture
def idem() -> Iterator[Idempotency]:
    made = idempotency()
    yield made
    made.close()


@money_moving(connection="inside", fingerprint=lambda body, key="k": 1, **NAMED)
def run(body: Callable[[], Any], key: str = "k") -> Any:
    return body()


@pytest.fixture
def call(engine: sqlalchemy.Engine, idem: Idempotency, db: Database) -> Iterator[Callable[..., Any]]:
    """``call(body)``: one money-moving call of a plain function that does that."""
    idem.join(engine)
    with admission_here(FunctionAdmission(runtime_of(idem))):
        yield run


def outcome(answers: list[Any]) -> list[int]:
    return [answer.status_code for answer in answers]


# Different from bare


@pytest.mark.parametrize(("joined", "kept"), [(False, [1]), (True, [])])
def test_a_4xx_that_is_raised_undoes_what_was_committed_and_is_recorded(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database, joined: bool, kept: list[int]
) -> None:
    def refuses(session: Session, *_: Any) -> None:
        session.add(Entry(amount=1))
        session.commit()
        raise HTTPException(402)

    assert outcome(posted(app_of(refuses, engine, idem if joined else None), 1 + joined)) == [402] * (
        1 + joined
    )
    assert (amounts(db), records(db)) == (kept, int(joined))


def test_a_4xx_that_is_returned_keeps_what_was_committed(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database
) -> None:
    app = FastAPI()
    idem.join(engine)
    idem.install(app)

    @app.post("/t")
    @money_moving
    def refuses() -> Any:
        with Session(engine) as session:
            session.add(Entry(amount=1))
            session.commit()
        return JSONResponse({"no": "money"}, 402)

    assert outcome(posted(app, 2)) == [402, 402]
    assert amounts(db) == [1]


@pytest.mark.parametrize(("joined", "kept"), [(False, []), (True, [1])])
@pytest.mark.parametrize("reads", [True, False], ids=["connected", "never connected"])
def test_what_is_added_and_never_committed_is_kept(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database, joined: bool, kept: list[int], reads: bool
) -> None:
    def adds(session: Session, *_: Any) -> None:
        if reads:
            session.scalars(select(Entry)).all()
        session.add(Entry(amount=1))

    posted(app_of(adds, engine, idem if joined else None))
    assert amounts(db) == kept


@pytest.mark.parametrize("joined", [False, True])
def test_begin_after_authentication_has_used_the_session_fails_in_both(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database, joined: bool
) -> None:
    def begins(session: Session, *_: Any) -> None:
        with session.begin():
            session.add(Entry(amount=1))

    app = app_of(begins, engine, idem if joined else None, authenticates="reads")
    assert outcome(posted(app)) == [500]
    assert (amounts(db), records(db)) == ([], 0)


@pytest.mark.parametrize("joined", [False, True])
def test_an_expired_attribute_of_an_async_session_cannot_be_read_in_either(
    dsn: str, idem: Idempotency, db: Database, joined: bool
) -> None:
    async def reads(session: AsyncSession, *_: Any) -> None:
        entry = Entry(amount=1)
        session.add(entry)
        await session.commit()
        try:
            _ = entry.amount
        except (exc.MissingGreenlet, exc.StatementError) as error:
            raised.append(error)
            raise

    raised: list[Exception] = []
    with engine_for(dsn, asynchronous=True) as engine:
        assert outcome(posted(async_app_of(reads, engine, idem if joined else None))) == [500]
    assert len(raised) == 1
    assert amounts(db) == ([] if joined else [1])


def test_a_failed_flush_that_nobody_rolls_back_is_no_success(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    def body() -> None:
        session = Session(engine)
        kept.append(session)
        session.add(Entry(id=1, amount=1))
        session.flush()
        session.expunge_all()
        session.add(Entry(id=1, amount=2))
        with pytest.raises(exc.IntegrityError):
            session.flush()

    kept: list[Session] = []
    with pytest.raises(TransactionBroken):
        call(body)
    kept.pop().close()
    assert (amounts(db), records(db)) == ([], 0)


@pytest.mark.parametrize("scope", ["function", "request"])
def test_a_dependency_commits_at_its_end(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database, scope: Any
) -> None:
    make = sessionmaker(engine)
    app = FastAPI()

    @idem.sessions
    def get_db() -> Iterator[Session]:
        session = make()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    idem.install(app)

    @app.post("/t")
    @money_moving
    def pays(session: Annotated[Session, Depends(get_db, scope=scope)]) -> None:
        session.add(Entry(amount=1))

    assert outcome(posted(app, 2)) == [200, 200]
    assert (amounts(db), records(db)) == ([1], 1)


def test_a_session_goes_on_after_the_answer_by_itself(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database
) -> None:
    make = sessionmaker(engine)
    app = FastAPI()

    @idem.sessions
    def get_db() -> Iterator[Session]:
        with make() as session:
            yield session

    idem.install(app)

    def later(session: Session) -> None:
        session.add(Entry(amount=2))
        session.commit()

    @app.post("/t")
    @money_moving
    def pays(session: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks) -> None:
        session.add(Entry(amount=1))
        session.commit()
        tasks.add_task(later, session)

    assert outcome(posted(app)) == [200]
    assert amounts(db) == [1, 2]


def test_a_transaction_that_was_open_at_the_end_cannot_be_written_in_later(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    session = Session(engine)

    def body() -> None:
        session.add(Entry(amount=1))
        session.flush()

    call(body)
    with pytest.raises(exc.ResourceClosedError, match="rollback"):
        session.execute(text("SELECT 1"))
    session.rollback()
    assert session.scalar(text("SELECT count(*) FROM ledger")) == 1
    session.close()


def test_a_rollback_that_undoes_anothers_commit_is_no_success_and_frees_the_key(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    def body() -> None:
        with Session(engine) as around, Session(engine) as inner:
            around.add(Entry(amount=1))
            around.flush()
            inner.add(Entry(amount=2))
            inner.commit()
            around.rollback()

    with pytest.raises(TransactionBroken):
        call(body)
    assert (amounts(db), records(db)) == ([], 0)


def test_a_failed_statement_that_nobody_rolls_back_is_no_success(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    def body() -> None:
        connection = engine.connect()
        with pytest.raises(exc.ProgrammingError):
            connection.execute(text("SELECT nothing"))
        with Session(engine) as session:
            session.add(Entry(amount=2))
            session.commit()
        with pytest.raises(exc.InvalidRequestError, match="roll it back"):
            connection.execute(text("SELECT 1"))
        kept.append(connection)

    kept: list[Any] = []
    with pytest.raises(TransactionBroken):
        call(body)
    kept.pop().close()
    assert (amounts(db), records(db)) == ([], 0)


def test_a_raw_commit_makes_the_outcome_unknown(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    def body() -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO ledger (amount) VALUES (1)"))
            connection.execute(text("COMMIT"))

    with pytest.raises(TransactionBroken):
        call(body)
    assert records(db) == 1


# What is refused


def test_a_connection_straight_from_the_pool_is_refused(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)idem\.join.*an engine of its own"):
        call(engine.raw_connection)
    assert records(db) == 0
    engine.raw_connection().close()


def test_a_connection_that_was_taken_before_is_refused(dsn: str, idem: Idempotency, db: Database) -> None:
    with engine_for(dsn, asynchronous=False, pool_size=2) as engine, engine.connect() as before:
        idem.join(engine)
        with (
            admission_here(FunctionAdmission(runtime_of(idem))),
            pytest.raises(ConfigurationError, match="before the request"),
        ):
            run(lambda: before.execute(text("SELECT 1")))
    assert records(db) == 0


@pytest.mark.parametrize("used", [True, False])
def test_a_session_of_a_middleware_works_where_it_was_only_created(
    dsn: str, idem: Idempotency, db: Database, used: bool
) -> None:
    with engine_for(dsn, asynchronous=False, pool_size=2) as engine:
        app = FastAPI()
        idem.join(engine)
        idem.install(app)

        @app.middleware("http")
        async def with_session(request: Request, call_next: Any) -> Any:
            with Session(engine) as session:
                if used:
                    session.execute(text("SELECT 1"))
                request.state.db = session
                return await call_next(request)

        @app.post("/t")
        @money_moving
        def pays(request: Request) -> None:
            Session(engine)
            request.state.db.add(Entry(amount=1))
            request.state.db.commit()

        assert outcome(posted(app)) == [500 if used else 200]
    assert amounts(db) == ([] if used else [1])


def test_an_engine_with_other_options_is_joined_by_itself(dsn: str, idem: Idempotency, db: Database) -> None:
    with engine_for(dsn, asynchronous=False, pool_size=2) as engine:
        tenants = engine.execution_options(schema_translate_map={None: "public"})
        idem.join(engine)

        def body() -> None:
            with Session(tenants) as session:
                session.add(Entry(amount=1))
                session.commit()

        with admission_here(FunctionAdmission(runtime_of(idem))):
            with pytest.raises(ConfigurationError, match="execution_options"):
                run(body)
            idem.join(tenants)
            idem.join(tenants)
            run(body)
    assert (amounts(db), records(db)) == ([1], 1)


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (lambda connection: connection.execution_options(isolation_level="SERIALIZABLE"), "isolation="),
        (lambda connection: connection.begin_twophase(), "two-phase"),
        (lambda connection: connection.detach(), "detached"),
    ],
)
def test_what_only_a_transaction_of_ones_own_can_do_is_refused(
    call: Callable[..., Any], engine: sqlalchemy.Engine, misuse: Any, words: str
) -> None:
    def body() -> None:
        with engine.connect() as connection:
            misuse(connection)

    with pytest.raises(exc.InvalidRequestError, match=words):
        call(body)


def test_an_engine_that_commits_each_statement_is_refused(
    engine: sqlalchemy.Engine, idem: Idempotency
) -> None:
    with pytest.raises(ConfigurationError, match="AUTOCOMMIT"):
        idem.join(engine.execution_options(isolation_level="AUTOCOMMIT"))


def test_an_engine_on_another_driver_is_refused_with_the_url_to_write(idem: Idempotency) -> None:
    engine = sqlalchemy.create_engine("postgresql+psycopg2://me:secret@host/db")
    with pytest.raises(ConfigurationError, match=r"postgresql\+psycopg://me:\*\*\*@host/db"):
        idem.join(engine)


def test_what_is_no_engine_is_refused(idem: Idempotency) -> None:
    with pytest.raises(ConfigurationError, match="not str"):
        idem.join("postgresql://x")  # type: ignore[arg-type]


def test_a_dsn_or_a_pool_besides_is_refused(engine: sqlalchemy.Engine, dsn: str) -> None:
    from psycopg_pool import ConnectionPool

    with pytest.raises(ConfigurationError, match="leave the DSN out"):
        Idempotency(dsn).join(engine)
    with pytest.raises(ConfigurationError, match="psycopg pool"):
        Idempotency(pool=ConnectionPool(dsn, open=False)).join(engine)


def test_the_engine_that_was_joined_before_is_refused_once_another_takes_its_place(
    dsn: str, engine: sqlalchemy.Engine, idem: Idempotency, db: Database
) -> None:
    idem.join(engine)
    with orm.engine(dsn) as second, admission_here(FunctionAdmission(runtime_of(idem))):
        idem.join(second)

        def body(on: sqlalchemy.Engine) -> None:
            with on.begin() as connection:
                connection.execute(text("INSERT INTO ledger (amount) VALUES (1)"))

        with pytest.raises(ConfigurationError, match="another engine"):
            run(lambda: body(engine))
        run(lambda: body(second))
        idem.close()
    assert (amounts(db), records(db)) == ([1], 1)


def test_what_stands_beside_an_engine_goes_with_it(
    server: Server, dsn: str, engine: sqlalchemy.Engine, db: Database, worker_id: str
) -> None:
    """An external effect is recorded where the engine is that was joined last, on a pool beside it."""

    @money_moving(operation="pay", effect="external", key=lambda key: key, principal=lambda: "alice")
    def pays(key: str) -> None: ...

    elsewhere = prepared(server, f"{worker_id}_elsewhere_{uuid.uuid4().hex[:6]}")
    with orm.engine(elsewhere) as first, psycopg.connect(elsewhere, autocommit=True) as there:
        idem = idempotency()
        idem.join(first)
        with admission_here(FunctionAdmission(runtime_of(idem))):
            with Session(first):  # so that the small pool is needed
                pays("a")
            runtime_of(idem).sync_store(small=True).run(one(Statement("now", {}, fresh=True)))
            idem.join(engine)
            pays("b")
            runtime_of(idem).sync_store(small=True).run(one(Statement("now", {}, fresh=True)))
            assert runtime_of(idem).pools.sync("apart").engine.url == engine.url  # type: ignore[attr-defined]
        idem.close()
        assert (records(there), records(db)) == (1, 1)


def test_what_stands_beside_an_async_engine_goes_with_it(dsn: str) -> None:
    async def main() -> None:
        first, second = orm.async_engine(dsn), orm.async_engine(dsn + "?application_name=second")
        idem = idempotency()
        idem.join(first)
        before = runtime_of(idem).pools.asynchronous("apart")
        idem.join(second)
        after: Any = runtime_of(idem).pools.asynchronous("apart")
        assert after is not before
        assert after.engine.url == second.url
        await idem.aclose()
        await first.dispose()
        await second.dispose()

    asyncio.run(main())


# Ways to it


def test_a_sessionmaker_is_joined_by_its_engine(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database
) -> None:
    make = idem.sessionmaker(sessionmaker(engine))
    with admission_here(FunctionAdmission(runtime_of(idem))):

        def body() -> None:
            with make.begin() as session:
                session.add(Entry(amount=1))

        run(body)
    assert amounts(db) == [1]


def test_a_sessionmaker_without_one_engine_is_refused(
    dsn: str, engine: sqlalchemy.Engine, idem: Idempotency
) -> None:
    with pytest.raises(ConfigurationError, match="no engine"):
        idem.sessionmaker(sessionmaker())
    with orm.engine(dsn) as second, pytest.raises(ConfigurationError, match="2 engines"):
        idem.sessionmaker(sessionmaker(binds={Entry: engine, orm.Base: second}))


def test_a_dependency_that_names_no_engine_is_refused(idem: Idempotency) -> None:
    def get_db() -> None: ...

    with pytest.raises(ConfigurationError, match=r"idem\.join\(engine\)"):
        idem.sessions(get_db)


def test_a_scoped_session_leads_to_its_engine(engine: sqlalchemy.Engine, idem: Idempotency) -> None:
    scoped = scoped_session(sessionmaker(engine))

    def get_db() -> Iterator[Any]:
        yield scoped()

    assert idem.sessions(get_db) is get_db


def test_a_handler_without_a_way_to_a_joined_engine_is_refused_at_startup(
    dsn: str, engine: sqlalchemy.Engine, idem: Idempotency
) -> None:
    app = FastAPI()
    idem.join(engine)
    with orm.engine(dsn) as second:

        @app.post("/t")
        @money_moving
        def pays() -> None:
            Session(second)

        idem.install(app)
        with pytest.raises(ConfigurationError, match=r"(?s)does not show.*idem\.join"), TestClient(app):
            pass


def test_an_application_without_a_store_is_refused_when_it_is_installed() -> None:
    with pytest.raises(ConfigurationError, match=r"idem\.join\(engine\)"):
        Idempotency(principal=str).install(FastAPI())


# Told of the commit


@pytest.fixture
def told(engine: sqlalchemy.Engine) -> Any:
    class Told(Session):
        """Its own class, so that no other session of the process is listened to."""

    Told.events = []  # type: ignore[attr-defined]
    event.listen(Told, "after_commit", lambda session: Told.events.append("committed"))  # type: ignore[attr-defined]
    return Told


def test_listeners_are_told_after_our_commit_and_not_on_a_replay(
    call: Callable[..., Any], engine: sqlalchemy.Engine, told: Any, db: Database
) -> None:
    def body() -> None:
        current_attempt().after_commit(lambda: told.events.append(f"{len(amounts(db))} rows"))
        with told(engine) as session:
            session.add(Entry(amount=1))
            session.commit()
            session.add(Entry(amount=2))
            session.commit()
        told.events.append("returned")

    call(body)
    call(body)
    assert told.events == ["returned", "committed", "committed", "2 rows"]
    with told(engine) as session:
        session.commit()
    assert told.events[4:] == ["committed"], "elsewhere at once"


def test_listeners_are_not_told_of_what_is_undone(
    call: Callable[..., Any], engine: sqlalchemy.Engine, told: Any
) -> None:
    def body() -> None:
        with told(engine) as session:
            session.add(Entry(amount=1))
            session.commit()
        raise ValueError

    with pytest.raises(ValueError):
        call(body)
    assert told.events == []


def test_a_listener_that_raises_is_logged_and_changes_nothing(
    call: Callable[..., Any],
    engine: sqlalchemy.Engine,
    told: Any,
    db: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(_: Session) -> None:
        raise ValueError

    event.listen(told, "after_commit", fails)

    def body() -> None:
        with told(engine) as session:
            session.add(Entry(amount=1))
            session.commit()

    with caplog.at_level(logging.ERROR, "idem_runtime"):
        call(body)
    assert "listener raised" in caplog.text
    assert amounts(db) == [1]


@pytest.mark.parametrize(("fails", "expected"), [(False, ["committed"]), (True, [])])
def test_a_session_that_is_left_open_is_told_where_its_commit_comes_after_ours(
    call: Callable[..., Any], engine: sqlalchemy.Engine, told: Any, fails: bool, expected: list[str]
) -> None:
    session = told(engine)

    def body() -> None:
        session.add(Entry(amount=1))
        session.flush()
        if fails:
            raise ValueError

    with contextlib.suppress(ValueError):
        call(body)
    session.commit()
    assert told.events == expected
    session.commit()
    assert told.events == [*expected, "committed"]
    session.close()


# Beside the lent session, and inside each other


def test_own_sessions_and_the_lent_one_share_the_transaction(engine: sqlalchemy.Engine, db: Database) -> None:
    idem = Idempotency(pool=engine)

    def body() -> None:
        lent = idem.sync_session()
        lent.add(Entry(amount=1))
        lent.flush()
        with Session(engine) as own:
            assert own.scalar(text("SELECT count(*) FROM ledger")) == 1
            own.add(Entry(amount=2))
            own.commit()
        with lent.begin_nested():
            lent.add(Entry(amount=3))
        with contextlib.suppress(ValueError), lent.begin_nested():
            lent.add(Entry(amount=4))
            lent.flush()
            raise ValueError
        with Session(engine) as own:
            own.add(Entry(amount=5))
            own.flush()
            own.rollback()
        idem.sync_connection().execute("INSERT INTO ledger (amount) VALUES (6)")
        lent.add(Entry(amount=7))

    with admission_here(FunctionAdmission(runtime_of(idem))):
        run(body)
    idem.close()
    assert (amounts(db), records(db)) == ([1, 2, 3, 6, 7], 1)


@money_moving(connection="inside", fingerprint=lambda body, key="k": 1, **{**NAMED, "operation": "inner"})
def inner(body: Callable[[], Any], key: str = "k") -> Any:
    return body()


def adding(engine: sqlalchemy.Engine, amount: int, *, commits: bool = True) -> Callable[[], None]:
    def body() -> None:
        session = Session(engine)
        session.add(Entry(amount=amount))
        if commits:
            session.commit()
            session.close()
        else:
            open_sessions.append(session)

    open_sessions: list[Session] = []
    return body


def test_a_nested_call_that_fails_takes_back_what_its_own_sessions_committed(
    call: Callable[..., Any], engine: sqlalchemy.Engine, told: Any, db: Database
) -> None:
    def fails() -> None:
        with told(engine) as session:
            session.add(Entry(amount=2))
            session.commit()
        raise ValueError

    def body() -> None:
        with Session(engine) as session:
            entry = Entry(amount=1)
            session.add(entry)
            session.flush()
            with pytest.raises(ValueError):
                inner(fails)
            session.add(Entry(amount=3))
            session.commit()

    call(body)
    assert (amounts(db), records(db), told.events) == ([1, 3], 1, [])


def test_a_nested_call_keeps_its_part_and_its_record(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    def body() -> None:
        with Session(engine) as session:
            session.scalars(select(Entry)).all()
            inner(adding(engine, 1))
            inner(adding(engine, 9))  # the same key: replayed
            inner(adding(engine, 2, commits=False), "other")
            session.add(Entry(amount=3))
            session.commit()

    call(body)
    assert (amounts(db), records(db)) == ([1, 2, 3], 3)


def test_a_rollback_around_a_nested_call_that_was_recorded_is_no_success(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    def body() -> None:
        with Session(engine) as session:
            session.add(Entry(amount=1))
            session.flush()
            inner(adding(engine, 2))
            session.rollback()

    with pytest.raises(TransactionBroken):
        call(body)
    assert (amounts(db), records(db)) == ([], 0)


def test_a_last_flush_of_a_nested_call_that_fails_undoes_it_alone(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    def violates() -> None:
        session.add(Entry(id=1000, amount=2))

    def body() -> None:
        with Session(engine) as own:
            own.add(Entry(id=1000, amount=1))
            own.commit()
        with pytest.raises(exc.IntegrityError):
            inner(violates)
        session.rollback()

    with Session(engine) as session:
        call(body)
    assert (amounts(db), records(db)) == ([1], 1)


# Drivers and colours


@pytest.mark.parametrize("reads", [True, False])
def test_an_async_handler_may_use_sync_sessions(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database, reads: bool
) -> None:
    make = sessionmaker(engine)
    app = FastAPI()

    @idem.sessions
    def get_db() -> Iterator[Session]:
        with make() as session:
            yield session

    def user(session: Annotated[Session, Depends(get_db)]) -> None:
        if reads:
            session.scalars(select(Entry)).all()

    idem.install(app)

    @app.post("/t", dependencies=[Depends(user)])
    @money_moving
    async def pays(session: Annotated[Session, Depends(get_db)]) -> None:
        session.add(Entry(amount=1))
        session.commit()

    assert outcome(posted(app, 2)) == [200, 200]
    assert (amounts(db), records(db)) == ([1], 1)


@pytest.mark.parametrize("status", [200, 402, 500])
def test_a_sync_handler_may_stand_behind_async_sessions(
    dsn: str, idem: Idempotency, db: Database, status: int
) -> None:
    app = FastAPI()
    with engine_for(dsn, asynchronous=True) as engine:
        make = async_sessionmaker(engine)
        orm.dispose_with(app, engine)

        @idem.sessions
        async def get_db() -> AsyncIterator[AsyncSession]:
            async with make() as session:
                yield session
                await session.commit()

        async def user(session: Annotated[AsyncSession, Depends(get_db)]) -> AsyncSession:
            await session.scalars(select(Entry))
            session.add(Entry(amount=1))
            return session

        idem.install(app)

        @app.post("/t")
        @money_moving
        def pays(session: Annotated[AsyncSession, Depends(user)]) -> None:
            if status == 402:
                raise HTTPException(402)
            if status == 500:
                raise ValueError

        assert outcome(posted(app, 2)) == [status, status]
    assert (amounts(db), records(db)) == ([1] if status == 200 else [], int(status != 500))


def test_sessions_of_the_other_colour_are_refused(dsn: str, engine: sqlalchemy.Engine, db: Database) -> None:
    idem = idempotency()
    app = FastAPI()
    with engine_for(dsn, asynchronous=True) as second:
        orm.dispose_with(app, second)
        idem.join(engine)
        idem.join(second)
        idem.install(app)

        @app.post("/t")
        @money_moving
        async def pays() -> None:
            Session(engine).execute(text("SELECT 1"))

        @app.post("/u")
        @money_moving
        def pays_sync() -> None:
            asyncio.run(second.connect().start())

        with TestClient(app) as client:
            for path in ("/t", "/u"):
                with pytest.raises(ConfigurationError, match="one kind"):
                    client.post(path, headers=HEADERS)
    assert records(db) == 0


# Conflicts, and many at once


def test_a_scoped_session_begins_anew_when_the_handler_runs_again(dsn: str, db: Database) -> None:
    db.execute("INSERT INTO ledger (id, amount) VALUES (1000, 1)")
    runs: list[int] = []
    with engine_for(dsn, asynchronous=False, isolation_level="SERIALIZABLE") as engine:
        idem = idempotency()
        app = FastAPI()
        scoped = scoped_session(sessionmaker(engine))
        idem.join(engine)
        idem.install(app)

        @app.post("/t")
        @money_moving
        async def pays() -> None:
            entry = scoped.get_one(Entry, 1000)
            runs.append(entry.amount)
            if len(runs) == 1:
                db.execute("UPDATE ledger SET amount = 5 WHERE id = 1000")
            entry.amount += 1
            scoped.commit()

        assert outcome(posted(app)) == [200]
        scoped.remove()
        idem.close()
    assert (runs, amounts(db)) == ([1, 5], [6])


def test_many_requests_at_once_do_with_few_connections(dsn: str, db: Database) -> None:
    """Each needs one: with a second one for authentication or the record, they would wait for each other."""

    def pays(session: Session, *_: Any) -> None:
        session.add(Entry(amount=1))
        session.commit()

    with engine_for(dsn, asynchronous=False, pool_size=3, pool_timeout=10) as engine:
        idem = idempotency()
        app = app_of(pays, engine, idem, authenticates="reads")
        with TestClient(app) as client, ThreadPoolExecutor(20) as many:
            keys = [{**HEADERS, "idempotency-key": str(number)} for number in range(40)]
            answers = list(many.map(lambda headers: client.post("/t", headers=headers), keys))
        idem.close()
    assert outcome(answers) == [201] * 40
    assert len(amounts(db)) == 40


def test_threads_of_a_handler_take_turns_statement_by_statement(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    barrier = threading.Barrier(3, timeout=60)

    def writes(amount: int) -> None:
        with Session(engine) as session:
            barrier.wait()
            for _ in range(5):
                session.add(Entry(amount=amount))
                session.commit()

    def body() -> None:
        with ThreadPoolExecutor(3) as many:
            for done in [many.submit(copy_context().run, writes, amount) for amount in (1, 2, 3)]:
                done.result()

    call(body)
    assert amounts(db) == [1] * 5 + [2] * 5 + [3] * 5


def test_a_session_that_also_works_on_another_engine_is_told_that_this_part_commits_by_itself(
    dsn: str, call: Callable[..., Any], engine: sqlalchemy.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with orm.engine(dsn) as second:

        def body() -> None:
            with Session(engine) as session:
                session.execute(text("SELECT 1"))
                session.execute(text("SELECT 1"), bind_arguments={"bind": second})

        with caplog.at_level(logging.WARNING, "idem_runtime"):
            call(body)
    assert "has not joined" in caplog.text


def test_a_connection_that_breaks_is_the_store_that_is_away(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    from idem_runtime import StoreUnavailable

    def body() -> None:
        with Session(engine) as session:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            session.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        call(body)
    assert records(db) == 0


def test_a_session_that_is_invalidated_is_the_store_that_is_away(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    from idem_runtime import StoreUnavailable

    def body() -> None:
        with Session(engine) as session:
            session.execute(text("SELECT 1"))
            session.invalidate()

    with pytest.raises(StoreUnavailable):
        call(body)
    assert records(db) == 0


def test_an_external_effect_leaves_the_engine_as_it_is(
    engine: sqlalchemy.Engine, idem: Idempotency, db: Database
) -> None:
    idem.join(engine)

    @money_moving(operation="pay", effect="external", key=lambda: "k", principal=lambda: "alice")
    def pays() -> None:
        with Session(engine) as session:
            session.add(Entry(amount=1))
            session.commit()
        raise ValueError

    with admission_here(FunctionAdmission(runtime_of(idem))), pytest.raises(ValueError):
        pays()
    assert (amounts(db), records(db)) == ([1], 1)


# What SQLAlchemy itself does with a connection


def test_a_listener_may_execute_on_the_connection_that_it_is_told_of(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def tenant_first(connection: Any, _: Any, statement: str, *__: Any) -> None:
        if "ledger" in statement:
            connection.exec_driver_sql("SET LOCAL app.tenant = 'alice'")

    def body() -> str | None:
        with Session(engine) as session:
            session.add(Entry(amount=1))
            session.commit()
            return session.scalar(text("SELECT current_setting('app.tenant')"))

    assert call(body) == "alice"


def test_events_of_the_engine_are_told_as_elsewhere(
    call: Callable[..., Any], engine: sqlalchemy.Engine
) -> None:
    told: list[str] = []
    for name in ("begin", "commit", "rollback", "savepoint", "release_savepoint", "rollback_savepoint"):
        event.listen(engine, name, lambda *_, name=name: told.append(name))

    def body() -> None:
        with engine.connect() as connection:
            with connection.begin(), connection.begin_nested():
                connection.execute(text("SELECT 1"))
            connection.begin_nested().rollback()

    body()
    bare, told[:] = list(told), []
    call(body)
    assert told[: len(bare) + 1] == ["begin", *bare], "the first is that of the transaction that all share"


def test_a_part_in_a_failed_transaction_is_refused_as_the_driver_refuses_it(
    call: Callable[..., Any], engine: sqlalchemy.Engine
) -> None:
    def body() -> None:
        with engine.connect() as connection:
            with pytest.raises(exc.ProgrammingError):
                connection.execute(text("SELECT nothing"))
            with pytest.raises(exc.InternalError):
                connection.begin_nested()

    call(body)


def test_a_part_that_is_left_open_ends_after_the_answer_without_harm(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database
) -> None:
    session = Session(engine)

    def body() -> None:
        left.append(session.begin_nested())
        session.add(Entry(amount=1))
        session.flush()

    left: list[Any] = []
    call(body)
    left.pop().rollback()
    session.close()
    assert amounts(db) == [1]


def test_an_async_scoped_session_begins_anew_when_the_handler_runs_again(dsn: str, db: Database) -> None:
    db.execute("INSERT INTO ledger (id, amount) VALUES (1000, 1)")
    runs: list[int] = []
    with engine_for(dsn, asynchronous=True, isolation_level="SERIALIZABLE") as engine:
        idem = idempotency()
        app = orm.dispose_with(FastAPI(), engine)
        session = async_sessionmaker(engine)()
        idem.join(engine)
        idem.install(app)

        @app.post("/t")
        @money_moving
        async def pays() -> None:
            entry = await session.get_one(Entry, 1000)
            runs.append(entry.amount)
            if len(runs) == 1:
                db.execute("UPDATE ledger SET amount = 5 WHERE id = 1000")
            entry.amount += 1
            await session.commit()

        assert outcome(posted(app)) == [200]
    assert (runs, amounts(db)) == ([1, 5], [6])


@pytest.mark.parametrize("commits", [True, False])
def test_a_listener_may_write_in_a_session_of_its_own_in_the_middle_of_a_statement(
    call: Callable[..., Any], engine: sqlalchemy.Engine, db: Database, commits: bool
) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def audits(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "'audited'" in statement:
            with Session(engine) as session:
                session.execute(text("INSERT INTO ledger (amount) VALUES (2)"))
                (session.commit if commits else session.rollback)()

    def body() -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO ledger (who, amount) VALUES ('audited', 1)"))

    call(body)
    assert amounts(db) == ([1, 2] if commits else [1])


def test_tasks_with_the_lent_session_and_their_own_take_turns(dsn: str, db: Database) -> None:
    async def main() -> None:
        engine = orm.async_engine(dsn, pool_size=1, max_overflow=0)
        idem = Idempotency(pool=engine)

        async def lent(session: AsyncSession) -> None:
            for amount in (1, 2, 3):
                async with session.begin_nested():
                    session.add(Entry(amount=amount))

        async def own() -> None:
            for amount in (4, 5, 6):
                async with AsyncSession(engine) as session:
                    session.add(Entry(amount=amount))
                    await session.commit()

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def reads(_: Any, __: Any, statement: str, *___: Any) -> None:
            if statement.startswith("INSERT INTO ledger"):
                with Session(engine.sync_engine) as session:
                    session.execute(text("SELECT 1"))

        @money_moving(operation="pay", connection="inside", key=lambda: "k", principal=lambda: "alice")
        async def pays() -> None:
            session = await idem.session()
            await asyncio.gather(lent(session), own())

        with admission_here(FunctionAdmission(runtime_of(idem))):
            await pays()
        await idem.aclose()
        await engine.dispose()

    asyncio.run(main())
    assert amounts(db) == [1, 2, 3, 4, 5, 6]
