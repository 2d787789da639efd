"""Joined sessions: what a handler writes through SQLAlchemy is in our transaction, and cannot end it.

A body below is sync code on a session; the async colour runs it with ``AsyncSession.run_sync``, as SQLAlchemy itself does.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg_pool import ConnectionPool
from sqlalchemy import exc, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    OutcomeUnknown,
    StoreUnavailable,
    TransactionBroken,
    money_moving,
)
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.execution.decisions import Policy
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.run_steps import run_sync
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import MoneyMoving, admission_here
from idem_runtime.model import Ask, Execute, Response, Sealed
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.orm import Entry

Database = psycopg.Connection[Any]
Body = Callable[[Session], Any]
Call = Callable[..., Any]
LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
MARK: Any = {"operation": "pay", "key": lambda body, key="k": key, "principal": lambda body, key="k": "alice"}
NO_PAYLOAD: Any = {"fingerprint": lambda body, key="k": 1}


@pytest.fixture(params=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def call(colour: str, dsn: str) -> Iterator[Call]:
    """``call(body, key="k")``: one call of a money-moving function whose body that is."""

    def once(body: Body, key: str = "k", *, engine: Any = None, **settings: Any) -> Any:
        if colour == "async":
            return asyncio.run(calling_async(dsn, body, key, engine or {}, settings))
        with orm.engine(dsn, **(engine or {})) as made:
            idem = Idempotency(pool=made, **settings)
            try:
                with admission_here(FunctionAdmission(runtime_of(idem))):
                    return on_session(body, key)
            finally:
                idem.close()
                assert made.pool.checkedout() == 0, "a connection was not given back"  # type: ignore[attr-defined]

    yield once


@money_moving(**MARK, **NO_PAYLOAD)
def on_session(body: Body, key: str = "k", session: Any = Idempotency.lent_session) -> Any:
    return body(session)


@money_moving(**MARK, **NO_PAYLOAD)
async def on_async_session(body: Body, key: str = "k", session: Any = Idempotency.lent_session) -> Any:
    return await session.run_sync(body)


async def calling_async(dsn: str, body: Body, key: str, engine: Any, settings: Any) -> Any:
    made = orm.async_engine(dsn, **engine)
    idem = Idempotency(pool=made, **settings)
    try:
        with admission_here(FunctionAdmission(runtime_of(idem))):
            return await on_async_session(body, key)
    finally:
        await idem.aclose()
        assert made.pool.checkedout() == 0, "a connection was not given back"  # type: ignore[attr-defined]
        await made.dispose()


def add(amount: int) -> Body:
    return lambda session: session.add(Entry(amount=amount))


def test_what_waits_to_be_flushed_is_part_of_the_effect(call: Call, db: Database) -> None:
    assert [call(add(5)), call(add(5))] == [None, None]
    assert (ledger(db), records(db)) == ([5], 1)


def test_an_exception_undoes_what_was_flushed_and_flushes_nothing(call: Call, db: Database) -> None:
    def body(session: Session) -> None:
        session.add(Entry(id=1, amount=5))
        session.flush()
        session.add(Entry(id=1, amount=6))  # flushing it would fail, and hide the ValueError
        raise ValueError

    with pytest.raises(ValueError):
        call(body)
    assert (ledger(db), records(db)) == ([], 0)


def test_a_last_flush_that_fails_is_the_handlers_own_error_and_frees_the_key(
    call: Call, db: Database
) -> None:
    def body(session: Session) -> None:
        session.add(Entry(id=1, amount=5))
        session.flush()
        session.expunge_all()
        session.add(Entry(id=1, amount=6))

    with pytest.raises(exc.IntegrityError):
        call(body)
    assert (ledger(db), records(db)) == ([], 0)
    call(add(7))
    assert ledger(db) == [7]


NOT_YOURS: dict[str, Body] = {
    "commit": lambda session: session.commit(),
    "rollback": lambda session: session.rollback(),
    "begin": lambda session: session.begin(),
    "close": lambda session: session.close(),
    "reset": lambda session: session.reset(),
    "connection commit": lambda session: session.connection().commit(),
    "connection rollback": lambda session: session.connection().rollback(),
    "connection close": lambda session: session.connection().close(),
}


@pytest.mark.parametrize("forbidden", NOT_YOURS)
def test_a_handler_cannot_end_our_transaction_and_may_go_on(call: Call, db: Database, forbidden: str) -> None:
    def body(session: Session) -> None:
        session.add(Entry(amount=5))
        session.flush()
        with pytest.raises(exc.InvalidRequestError, match=r"not yours to call.*begin_nested"):
            NOT_YOURS[forbidden](session)
        session.add(Entry(amount=6))

    call(body)
    assert (ledger(db), records(db)) == ([5, 6], 1)


def test_a_commit_through_the_back_door_commits_nothing(call: Call, db: Database) -> None:
    def body(session: Session) -> None:
        session.add(Entry(amount=5))
        session.flush()
        session.connection().get_transaction().commit()  # type: ignore[union-attr]

    with pytest.raises(exc.InvalidRequestError, match="not yours to call"):
        call(body)
    assert (ledger(db), records(db)) == ([], 0)


def test_a_rollback_through_the_back_door_undoes_everything_and_frees_the_key(
    call: Call, db: Database
) -> None:
    def body(session: Session) -> None:
        session.add(Entry(amount=5))
        session.flush()
        session.connection().get_transaction().rollback()  # type: ignore[union-attr]

    with pytest.raises(TransactionBroken):
        call(body)
    assert (ledger(db), records(db)) == ([], 0)


def test_a_commit_in_sql_is_found_out(call: Call, db: Database) -> None:
    def body(session: Session) -> None:
        session.add(Entry(amount=5))
        session.flush()
        session.execute(text("COMMIT"))
        session.add(Entry(amount=6))
        session.flush()

    with pytest.raises(TransactionBroken):
        call(body)
    with pytest.raises(OutcomeUnknown):
        call(body)
    assert ledger(db) == [5]


def stale(session: Session) -> None:
    """A flush that fails without Postgres having said anything."""
    entry = Entry(amount=5)
    session.add(entry)
    session.flush()
    session.connection().execute(text("DELETE FROM ledger WHERE id = :id"), {"id": entry.id})
    session.add(Entry(amount=6))
    session.flush()
    entry.amount = 7
    with pytest.raises(StaleDataError):
        session.flush()


def test_a_success_after_a_flush_that_failed_is_an_error(call: Call, db: Database) -> None:
    with pytest.raises(TransactionBroken):
        call(stale)
    assert (ledger(db), records(db)) == ([], 0)


def test_a_savepoint_is_the_handlers_own(call: Call, db: Database) -> None:
    def body(session: Session) -> None:
        session.add(Entry(id=1, amount=5))
        with pytest.raises(exc.IntegrityError), session.begin_nested():
            session.add(Entry(amount=6))
            session.flush()
            session.execute(text("INSERT INTO ledger (id, amount) VALUES (1, 7)"))
        with session.begin_nested():
            session.add(Entry(amount=8))
        session.begin_nested()
        session.add(Entry(amount=9))  # a savepoint that is left open is kept, as by SQLAlchemy's own commit()

    call(body)
    assert (ledger(db), records(db)) == ([5, 8, 9], 1)


def test_code_that_commits_by_itself_can_have_a_session_of_its_own(call: Call, db: Database) -> None:
    def body(session: Session) -> None:
        with Session(session.connection(), join_transaction_mode="create_savepoint") as own:
            own.add(Entry(amount=5))
            own.commit()
            own.add(Entry(amount=6))
            own.rollback()
        with pytest.raises(RuntimeError), session.begin_nested():
            raise RuntimeError

    call(body)
    assert (ledger(db), records(db)) == ([5], 1)


def test_what_a_handler_keeps_is_of_no_use_after_its_end(call: Call, db: Database) -> None:
    kept: list[Any] = []

    def body(session: Session) -> None:
        entry = Entry(amount=5)
        session.add(entry)
        session.flush()
        kept.extend((session, session.connection(), entry))

    call(body)
    session, connection, entry = kept
    with pytest.raises(exc.ResourceClosedError, match="lent to a money-moving handler that has ended"):
        session.execute(text("SELECT 1"))
    with pytest.raises(exc.ResourceClosedError):
        connection.execute(text("SELECT 1"))
    assert (entry.amount, sqlalchemy.inspect(entry).detached) == (5, True)


@pytest.mark.parametrize("level", [None, *LEVELS])
@pytest.mark.parametrize("own", [None, *LEVELS, "AUTOCOMMIT"])
def test_the_level_is_the_settings_or_the_engines_own(
    call: Call, db: Database, own: str | None, level: str | None
) -> None:
    def body(session: Session) -> Any:
        session.add(Entry(amount=5))
        return session.scalar(text("SHOW transaction_isolation"))

    engine = {} if own is None else {"isolation_level": own}
    expected = level or (own if own in LEVELS else "READ COMMITTED")
    assert call(body, engine=engine, isolation=level and level.lower()) == expected.lower()
    assert (ledger(db), records(db)) == ([5], 1)


@pytest.mark.parametrize(
    "options", [{}, {"isolation_level": "AUTOCOMMIT"}, {"isolation_level": "SERIALIZABLE"}]
)
def test_a_session_that_is_borrowed_before_the_claim_is_in_the_same_transaction(
    dsn: str, db: Database, options: dict[str, Any]
) -> None:
    """As a dependency does it: its first statement begins the transaction, at the right level."""
    with orm.engine(dsn, **options) as engine:
        store = runtime_of(Idempotency(pool=engine)).sync_store()
        session = store.borrow("session")
        session.add(Entry(amount=5))
        level = session.scalar(text("SHOW transaction_isolation"))
        ask = Ask("5:alice3:pay", "k", of_value(1), "00000000-0000-0000-0000-000000000001")
        execution = Execution(
            MoneyMoving(operation="pay", key=lambda: "k"), ask, Policy(), store, awaits=False
        )
        assert isinstance(run_sync(execution.admitting()), Execute)
        assert store.borrow("session") is session
        assert ledger(db) == []
        assert isinstance(run_sync(execution.finishing(Response(200, (), b""))), Sealed)
        assert level == (
            "serializable" if options.get("isolation_level") == "SERIALIZABLE" else "read committed"
        )
    assert (ledger(db), records(db)) == ([5], 1)


def test_the_connection_below_is_lent_too_and_shares_the_transaction(dsn: str, db: Database) -> None:
    @money_moving(operation="both", key=lambda: "k", principal=lambda: "alice")
    def both(raw: Any = Idempotency.lent, session: Any = Idempotency.lent_session) -> int:
        raw.execute("INSERT INTO ledger (amount) VALUES (5)")
        return len(session.scalars(sqlalchemy.select(Entry)).all())

    @money_moving(operation="both async", key=lambda: "k", principal=lambda: "alice")
    async def both_async(raw: Any = Idempotency.lent, session: Any = Idempotency.lent_session) -> int:
        await raw.execute("INSERT INTO ledger (amount) VALUES (6)")
        return len((await session.scalars(sqlalchemy.select(Entry))).all())

    async def run() -> int:
        engine = orm.async_engine(dsn)
        with admission_here(FunctionAdmission(runtime_of(Idempotency(pool=engine)))):
            found = await both_async()
        await engine.dispose()
        return found

    with orm.engine(dsn) as engine, admission_here(FunctionAdmission(runtime_of(Idempotency(pool=engine)))):
        assert both() == 1
    assert asyncio.run(run()) == 2
    assert ledger(db) == [5, 6]


def test_a_stale_pooled_connection_is_tried_once_more(dsn: str, db: Database) -> None:
    with orm.engine(dsn) as engine, admission_here(FunctionAdmission(runtime_of(Idempotency(pool=engine)))):
        on_session(add(5), "first")
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
        )
        on_session(add(6), "second")
    assert ledger(db) == [5, 6]


def test_an_engine_with_no_connection_left_refuses(dsn: str, db: Database) -> None:
    def refused(engine: Any) -> None:
        with admission_here(FunctionAdmission(runtime_of(Idempotency(pool=engine)))):
            on_session(add(5))

    with orm.engine("postgresql://postgres@127.0.0.1:1/x") as nowhere, pytest.raises(StoreUnavailable):
        refused(nowhere)

    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}
    with orm.engine(dsn, **options) as full, full.connect(), pytest.raises(StoreUnavailable):
        refused(full)
    assert (ledger(db), records(db)) == ([], 0)


def test_a_connection_that_is_lost_in_the_handler_is_an_answer_to_retry(call: Call, db: Database) -> None:
    def body(session: Session) -> None:
        session.add(Entry(amount=5))
        session.flush()
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        session.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        call(body)
    call(add(6))
    assert ledger(db) == [6]


def test_a_cancelled_handler_leaves_nothing_behind(dsn: str, db: Database) -> None:
    async def run() -> None:
        engine = orm.async_engine(dsn)

        def slow(session: Session) -> None:
            session.execute(text("SELECT pg_sleep(5)"))

        with admission_here(FunctionAdmission(runtime_of(Idempotency(pool=engine)))):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(on_async_session(slow), 0.2)
            await on_async_session(add(5))
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        await engine.dispose()

    asyncio.run(run())
    assert ledger(db) == [5]


def test_another_driver_is_refused_when_the_program_starts() -> None:
    with pytest.raises(ConfigurationError, match=r"postgresql\+asyncpg://, not sqlite\+pysqlite://"):
        Idempotency(pool=sqlalchemy.create_engine("sqlite://"))


def test_one_engine_of_each_colour_and_a_pool_beside_an_engine(dsn: str) -> None:
    asynchronous = orm.async_engine(dsn)
    with orm.engine(dsn) as engine, ConnectionPool(dsn, open=False) as pool:
        both = Idempotency(pool=(engine, asynchronous))
        assert (runtime_of(both).pools.sync().engine, runtime_of(both).pools.asynchronous().engine) == (
            engine,
            asynchronous,
        )  # type: ignore[attr-defined]
        mixed = Idempotency(pool=(pool, asynchronous))
        assert runtime_of(mixed).pools.sync() is pool
        with pytest.raises(ConfigurationError, match="a handler is async"):
            runtime_of(Idempotency(pool=engine)).async_store()


def test_a_session_without_an_engine_says_what_to_give(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, pool_size=1)

    async def run() -> None:
        try:
            await on_async_session(add(5))
        finally:
            await idem.aclose()

    with admission_here(FunctionAdmission(runtime_of(idem))):
        with pytest.raises(ConfigurationError, match="pool=engine"):
            on_session(add(5))
        with pytest.raises(ConfigurationError, match="pool=engine"):
            asyncio.run(run())
    assert records(db) == 0


def test_the_other_colours_session_is_named(dsn: str, db: Database) -> None:
    with orm.engine(dsn) as engine:
        idem = Idempotency(pool=engine)

        @money_moving(operation="wrong", key=lambda: "k", principal=lambda: "alice")
        def wrong() -> None:
            asyncio.run(idem.session())  # type: ignore[arg-type]

        with (
            admission_here(FunctionAdmission(runtime_of(idem))),
            pytest.raises(ConfigurationError, match=r"use idem\.sync_session\(\)"),
        ):
            wrong()


def test_sqlalchemy_is_imported_only_where_an_engine_was_given() -> None:
    code = "import sys; from idem_runtime import Idempotency; Idempotency('postgresql://x'); print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
