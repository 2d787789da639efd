"""What is asyncpg's own about an engine that is joined: one trip where psycopg has one, failures, cancellation, silence."""

from __future__ import annotations

import asyncio
import inspect
import re
import select
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import greenlet_spawn

from idem_runtime import ConfigurationError, Idempotency, KeyReused, StoreUnavailable, money_moving
from idem_runtime.drivers.asyncpg_messages import Message, literal, message, results_of
from idem_runtime.drivers.checkout import closed_meanwhile, wait_for_async_returns
from idem_runtime.drivers.table import Table
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Execute, Refuse, Replay, Response, Result, Sealed, Statement, StoreError
from idem_runtime.protocol import external_effect, local_effect
from idem_runtime.sql import load
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.postgres import Server
from tests.runtime.proxy import proxy
from tests.runtime.stores import ask, finished, until
from tests.runtime.test_silent_store import hole, nobody_waits

Database = psycopg.Connection[Any]
DONE = Response(201, (("x-note", 'a "b", \\ c\n'),), bytes(range(256)))
INSERT = text("INSERT INTO ledger (amount) VALUES (:amount)")
SOON = 0.4
MARK: dict[str, Any] = {
    "operation": "pay",
    "key": lambda key: key,
    "principal": lambda: "alice",
    "connection": "inside",
}
Body = Callable[[Any], Awaitable[Any]]


@asynccontextmanager
async def joined(
    dsn: str, *, size: int = 1, level: str | None = None, driver: str = "asyncpg", **options: Any
) -> AsyncIterator[Any]:
    """An ``Idempotency`` on an engine, whose functions are protected, and the engine."""
    own = {} if level is None else {"isolation_level": level}
    engine = orm.async_engine(dsn, driver=driver, pool_size=size, max_overflow=0, pool_timeout=2, **own)
    idem = Idempotency(**options)
    idem.join(engine)
    idem.install()
    try:
        yield idem, engine
    finally:
        await idem.aclose()
        await engine.dispose()


def calls(dsn: str, body: Body, *keys: str, **options: Any) -> list[Any]:
    """What calls of a function that does ``body`` come to: their results, or what they raise."""

    async def main() -> list[Any]:
        async with joined(dsn, **options) as (_, engine):

            @money_moving(**MARK)
            async def pay(key: str) -> Any:
                return await body(engine)

            results = await asyncio.gather(*map(pay, keys), return_exceptions=True)
            await wait_for_async_returns()
            assert engine.pool.checkedout() == 0, "a connection was not given back"
            return results

    outcome: list[Any] = finished(main)
    return outcome


def waits_for_a_lock(db: Database) -> bool:
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
    return db.execute(waiting).fetchone() is not None


async def writes(engine: Any, amount: int = 5) -> int:
    async with AsyncSession(engine) as session:
        await session.execute(INSERT, {"amount": amount})
        await session.commit()
    return amount


def test_effect_and_record_are_one_and_a_retry_is_told_the_same(dsn: str, db: Database) -> None:
    assert calls(dsn, writes, "k", "k") == [5, 5]
    assert (ledger(db), records(db)) == ([5], 1)


@pytest.mark.parametrize("level", [None, "REPEATABLE READ"])
def test_the_transaction_has_the_level_of_the_engine(dsn: str, db: Database, level: str | None) -> None:
    async def body(engine: Any) -> str:
        async with AsyncSession(engine) as session:
            return str(await session.scalar(text("SHOW transaction_isolation")))

    assert calls(dsn, body, "k", level=level) == [(level or "READ COMMITTED").lower()]


def test_what_a_dependency_has_begun_is_the_transaction_of_the_claim(dsn: str, db: Database) -> None:
    """A session that is used before the claim begins it; what is lent after the answer may only read."""

    async def main() -> None:
        async with joined(dsn) as (idem, _):
            store = runtime_of(idem).async_store()
            session = await store.borrow("session")
            await session.execute(INSERT, {"amount": 3})
            assert await store.run(local_effect.admit(ask(), begun=store.begun)) == Execute()
            store.revoke()
            assert await store.run(local_effect.seal(ask(), DONE, undo=False)) == Sealed(DONE)
            await store.release()
            store = runtime_of(idem).async_store()
            await store.settle_lent(keep=True, reads=True)
            reading = await store.borrow("session")
            with pytest.raises(DBAPIError, match="read-only"):
                await reading.execute(INSERT, {"amount": 4})
            await store.release()

    finished(main)
    assert ledger(db) == [3]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_statement_that_failed_and_is_swallowed_leaves_nothing(dsn: str, db: Database, driver: str) -> None:
    async def body(engine: Any) -> int:
        async with engine.begin() as connection:
            await connection.execute(INSERT, {"amount": 1})
            with pytest.raises(DBAPIError):
                await connection.execute(text("SELECT 1 / 0"))
        return 1

    assert calls(dsn, body, "k", driver=driver) == [1]
    assert (ledger(db), records(db)) == ([], 1)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_session_that_is_left_in_its_failed_transaction_frees_the_key(
    dsn: str, db: Database, driver: str
) -> None:
    async def body(engine: Any) -> int:
        session = AsyncSession(engine)
        await session.execute(INSERT, {"amount": 1})
        with pytest.raises(DBAPIError):
            await session.execute(text("SELECT 1 / 0"))
        return 1

    (told,) = calls(dsn, body, "k", driver=driver)
    assert getattr(told, "code", told) == "transaction_broken"
    assert (ledger(db), records(db)) == ([], 0)


def test_a_statement_that_asyncpg_itself_refuses_fails_nothing(dsn: str, db: Database) -> None:
    async def body(engine: Any) -> int:
        async with engine.begin() as connection:
            with pytest.raises(DBAPIError):
                await connection.execute(INSERT, {"amount": "no number"})
            await connection.execute(INSERT, {"amount": 1})
        return 1

    assert calls(dsn, body, "k") == [1]
    assert ledger(db) == [1]


def test_a_part_that_fails_on_the_drivers_own_way_is_told_as_sqlalchemy_tells_it(
    dsn: str, db: Database
) -> None:
    """Two sessions: the second one's savepoint is made by us, in the transaction that the first one has failed."""

    async def body(engine: Any) -> int:
        async with AsyncSession(engine) as first, AsyncSession(engine) as second:
            await first.execute(INSERT, {"amount": 1})
            with pytest.raises(DBAPIError):
                await first.execute(text("SELECT 1 / 0"))
            await first.rollback()
            await second.execute(INSERT, {"amount": 2})
            await second.commit()
        return 2

    assert calls(dsn, body, "k") == [2]
    assert ledger(db) == [2]


def test_cursors_of_the_server_and_blocks_of_asyncpgs_own_are_parts(dsn: str, db: Database) -> None:
    async def body(engine: Any) -> list[int]:
        async with engine.begin() as connection:
            async with connection.stream(text("SELECT * FROM generate_series(1, 3)")) as rows:
                numbers = [row[0] async for row in rows]
            raw = (await connection.get_raw_connection()).driver_connection
            with pytest.raises(asyncpg.DivisionByZeroError):
                async with raw.transaction():
                    await raw.execute("SELECT 1 / 0")
            async with raw.transaction():
                await raw.execute("INSERT INTO ledger (amount) VALUES (7)")
        return numbers

    assert calls(dsn, body, "k") == [[1, 2, 3]]
    assert ledger(db) == [7]


def test_a_commit_that_sqlalchemy_does_not_see_makes_the_key_unknown(dsn: str, db: Database) -> None:
    async def body(engine: Any) -> int:
        async with engine.begin() as connection:
            await connection.execute(INSERT, {"amount": 1})
            await connection.exec_driver_sql("COMMIT")
        return 1

    (told,) = calls(dsn, body, "k")
    assert getattr(told, "code", None) == "transaction_broken"
    (again,) = calls(dsn, body, "k")
    assert getattr(again, "code", None) == "outcome_unknown"
    assert ledger(db) == [1]


def test_elsewhere_the_engine_does_what_it_always_did(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (_, engine):
            await writes(engine, 1)

            @money_moving(**MARK)
            async def pay(key: str) -> int:
                return await writes(engine, 2)

            assert await pay("k") == 2
            async with AsyncSession(engine) as session:  # the same connection, given back as it was
                await session.execute(INSERT, {"amount": 3})
                await session.rollback()
            with pytest.raises(DBAPIError):
                await writes(engine, None)  # type: ignore[arg-type]

    finished(main)
    assert ledger(db) == [1, 2]


def test_a_pool_of_asyncpgs_own_is_refused_with_what_to_give() -> None:
    async def main() -> None:
        with pytest.raises(ConfigurationError, match=r"create_async_engine\('postgresql\+asyncpg"):
            Idempotency(pool=asyncpg.create_pool("postgresql://nowhere/"))

    asyncio.run(main())


def test_a_psycopg_connection_is_not_to_be_had_of_it(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (idem, _):
            store = runtime_of(idem).async_store()
            with pytest.raises(ConfigurationError, match=r"on asyncpg: use a session"):
                await store.borrow()

    finished(main)


def test_no_connection_to_be_had_is_the_store_away(db: Database) -> None:
    (told,) = calls("postgresql://postgres@127.0.0.1:1/x", writes, "k")
    assert isinstance(told, StoreUnavailable)


@pytest.mark.parametrize("turns", [0, 1, 2, 20])
def test_a_connection_that_the_server_closed_meanwhile_is_not_used(
    dsn: str, db: Database, turns: int
) -> None:
    """Its good-bye lies in the socket, or the event loop has read half of it, or all."""

    async def main() -> None:
        async with joined(dsn) as (_, engine):

            @money_moving(**MARK)
            async def pay(key: str) -> int:
                return await writes(engine)

            assert await pay("first") == 5
            db.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
            )
            for _turn in range(turns):
                await asyncio.sleep(0)
            assert await pay("second") == 5

    finished(main)
    assert ledger(db) == [5, 5]


def test_a_closed_connection_says_so(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (idem, _):
            store = runtime_of(idem).async_store()
            assert await store.run(local_effect.admit(ask(), begun=False)) == Execute()
            real = store.held
            real.pgconn.finish()
            with pytest.raises(psycopg.OperationalError, match="closed"):
                _ = real.pgconn.socket
            with pytest.raises(asyncpg.InterfaceError, match="closed"):
                await real.simple("SELECT 1")
            with pytest.raises(StoreError):
                await store.run(local_effect.seal_nested(ask(), DONE))
            await store.release()

    finished(main)


def test_what_the_server_says_that_is_no_good_bye_closes_nothing(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (idem, _):
            store = runtime_of(idem).async_store()
            assert await store.run(local_effect.admit(ask(), begun=False)) == Execute()
            real = store.held
            await real.simple("COMMIT; LISTEN here")
            db.execute("NOTIFY here")
            select.select([real.pgconn.socket], [], [], 20)
            assert not closed_meanwhile(real)
            await store.release()

    finished(main)


def test_what_we_send_for_a_session_fails_as_sqlalchemys_own_does(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (idem, _):
            store = runtime_of(idem).async_store()
            assert await store.run(local_effect.admit(ask(), begun=False)) == Execute()
            with pytest.raises(store.joined.dialect.loaded_dbapi.Error, match="syntax"):
                await greenlet_spawn(store.joined._send, "nonsense")
            assert store.failed
            await store.release()

    finished(main)


def test_an_engine_may_be_two_idempotencies(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (_, engine):
            store = runtime_of(Idempotency(pool=engine)).async_store()
            assert await store.run(local_effect.admit(ask(), begun=False)) == Execute()
            await store.release()

    finished(main)


def test_a_server_that_only_reads_is_not_used(dsn: str, db: Database) -> None:
    name = db.info.dbname
    db.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')  # type: ignore[call-overload]
    try:
        (told,) = calls(dsn, writes, "k")
    finally:
        db.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')  # type: ignore[call-overload]
    assert isinstance(told, StoreUnavailable)


def test_another_payload_under_the_key_is_refused(dsn: str, db: Database) -> None:
    async def main() -> Any:
        async with joined(dsn) as (_, engine):

            @money_moving(**{**MARK, "key": lambda key, amount: key})
            async def pay(key: str, amount: int) -> int:
                return await writes(engine, amount)

            assert await pay("k", 1) == 1
            with pytest.raises(KeyReused):
                await pay("k", 2)

    finished(main)
    assert ledger(db) == [1]


def test_a_storm_on_one_key_has_one_effect(dsn: str, db: Database) -> None:
    assert calls(dsn, writes, *["k"] * 20, size=3, wait=20) == [5] * 20
    assert ledger(db) == [5]


def test_a_lost_conflict_runs_again(dsn: str, db: Database) -> None:
    runs: list[int] = []

    async def body(engine: Any) -> int:
        runs.append(1)
        async with engine.begin() as connection:
            await connection.scalar(text("SELECT count(*) FROM ledger"))
            if len(runs) == 1:
                db.execute("UPDATE ledger SET amount = 2")
            await connection.execute(text("UPDATE ledger SET amount = amount + 1"))
        return len(runs)

    db.execute("INSERT INTO ledger (amount) VALUES (1)")
    assert calls(dsn, body, "k", level="REPEATABLE READ") == [2]
    assert ledger(db) == [3]


def test_a_cancelled_handler_leaves_nothing_and_its_connection_is_good(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (_, engine):
            begun = asyncio.Event()

            @money_moving(**MARK)
            async def pay(key: str, *, sleeps: bool) -> int:
                async with engine.begin() as connection:
                    await connection.execute(INSERT, {"amount": 5})
                    begun.set()
                    if sleeps:
                        await connection.execute(text("SELECT pg_sleep(30)"))
                return 5

            task = asyncio.create_task(pay("k", sleeps=True))
            await begun.wait()
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert records(db) == 0
            assert await pay("k", sleeps=False) == 5

    finished(main)
    assert ledger(db) == [5]


def test_a_duplicate_that_is_cancelled_while_it_waits_gives_its_connection_back(
    dsn: str, db: Database
) -> None:
    async def main() -> None:
        async with joined(dsn, size=2) as (idem, _):
            first, second = runtime_of(idem).async_store(), runtime_of(idem).async_store()
            assert await first.run(local_effect.admit(ask(), begun=False)) == Execute()
            waiting = asyncio.create_task(second.run(local_effect.admit(ask(number=2, wait=30), begun=False)))
            await asyncio.to_thread(until, partial(waits_for_a_lock, db))
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await second.release()
            assert await first.run(local_effect.seal(ask(), DONE, undo=False)) == Sealed(DONE, wrote=False)
            await first.release()
            assert await second.run(local_effect.admit(ask(number=2), begun=False)) == Replay(DONE)
            await second.release()

    finished(main)


def test_a_duplicate_waits_and_is_told_that_the_original_runs(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn, size=2) as (idem, _):
            first, second = runtime_of(idem).async_store(), runtime_of(idem).async_store()
            assert await first.run(local_effect.admit(ask(), begun=False)) == Execute()
            told = await second.run(local_effect.admit(ask(number=2, wait=0.05), begun=False))
            assert isinstance(told, Refuse)
            assert told.error.code == "in_progress"
            await second.release()
            await first.release()

    finished(main)


def test_a_claim_that_waits_for_a_locked_table_is_given_up_in_time_and_cancelled(
    dsn: str, db: Database
) -> None:
    async def main() -> None:
        async with joined(dsn, store_timeout=SOON) as (idem, _):
            with psycopg.connect(dsn) as other:
                other.execute("LOCK TABLE idempotency_records IN ACCESS EXCLUSIVE MODE")
                held = runtime_of(idem).async_store()
                with pytest.raises(StoreError) as given_up:
                    await held.run(local_effect.admit(ask(), begun=False))
                assert (given_up.value.lost, given_up.value.silent) == (True, True)
                await held.release()
                await asyncio.to_thread(nobody_waits, db)
            held = runtime_of(idem).async_store()
            assert await held.run(local_effect.admit(ask(number=2), begun=False)) == Execute()
            await held.release()

    finished(main)


@pytest.mark.parametrize("seals", [True, False])
def test_a_network_that_swallows_everything_is_not_waited_for(
    server: Server, dsn: str, db: Database, seals: bool
) -> None:
    async def main() -> None:
        with hole(server, dsn) as (through, network):
            async with joined(through, size=2, store_timeout=SOON) as (idem, _):
                held = runtime_of(idem).async_store()
                assert await held.run(local_effect.admit(ask(), begun=False)) == Execute()
                network.swallow()
                if seals:
                    verdict = await held.run(local_effect.seal(ask(), DONE, undo=False))
                    assert isinstance(verdict, Refuse)
                    assert verdict.error.code == "store_unavailable"
                await held.release()
                network.mend()
                decision = await held.run(local_effect.admit(ask(number=2, wait=20), begun=False))
                assert isinstance(decision, Execute | Replay)
                await held.release()

    finished(main)


def test_an_external_claim_is_renewed_completed_and_unknown_as_anywhere(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (idem, _):
            store = runtime_of(idem).async_store(small=True)
            first = ask(lease=60.0)
            assert await store.run(external_effect.admit(first)) == Execute()
            heart = runtime_of(idem).heart
            renewal = await heart._run_async(external_effect.renew([first]), 5)
            assert renewal.renewed == {first.attempt}
            assert await store.run(external_effect.complete(first, DONE)) == Sealed(DONE)
            assert await store.run(external_effect.admit(ask(number=2))) == Replay(DONE)
            await store.release()

    finished(main)


def test_a_missing_table_is_said_and_a_nul_is_refused(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with joined(dsn) as (idem, _):
            store = runtime_of(idem).async_store()
            with pytest.raises(psycopg.DataError):
                await store.run(local_effect.admit(ask("k\0"), begun=False))
            await store.release()
        async with joined(dsn, table="nowhere") as (idem, _):
            store = runtime_of(idem).async_store()
            with pytest.raises(StoreError) as missing:
                await store.run(local_effect.admit(ask(), begun=False))
            assert missing.value.sqlstate == "42P01"
            await store.release()

    finished(main)


def test_trips_are_those_of_a_bare_session(server: Server, dsn: str, db: Database) -> None:
    """Our BEGIN with the claim, our COMMIT with the record, in the place of SQLAlchemy's own."""

    async def main() -> tuple[int, int, int]:
        with proxy(server.port) as through:
            async with joined(through.dsn(dsn)) as (_, engine):

                @money_moving(**MARK)
                async def pay(key: str) -> int:
                    return await writes(engine)

                async def trips(work: Awaitable[Any]) -> int:
                    before = through.points
                    await work
                    await wait_for_async_returns()
                    return through.points - before

                await writes(engine)
                await pay("first")
                bare, first = await trips(writes(engine)), await trips(pay("second"))
                return bare, first, await trips(pay("second"))

    assert finished(main) == (3, 3, 2)  # BEGIN, INSERT, COMMIT; and a replay's look and ROLLBACK


@pytest.mark.parametrize(
    "value", [None, True, False, 7, -1.5, "it's", "back\\slash", b"\x00\xff'\\", ["a'b", "c"], [], (1, 2)]
)
@pytest.mark.parametrize("conforming", ["on", "off"])
def test_a_literal_is_read_as_what_it_was(db: Database, value: Any, conforming: str) -> None:
    db.execute(f"SET standard_conforming_strings = {conforming}")  # type: ignore[call-overload]
    kinds = {type(None): "text", bool: "bool", int: "int", float: "float8", str: "text", bytes: "bytea"}
    item = value[0] if isinstance(value, list | tuple) and value else "" if value == [] else value
    array = "[]" if isinstance(value, list | tuple) else ""
    row = db.execute(f"SELECT ({literal(value)})::{kinds[type(item)]}{array}").fetchone()  # type: ignore[call-overload]
    assert row is not None
    assert row[0] == (list(value) if array else value)


def test_results_are_read_as_the_protocol_has_them() -> None:
    both, first = Message("", rows=True, last=True), Message("", rows=True, last=False)
    assert results_of(Message("", rows=False, last=False), "", "COMMIT") == [Result("COMMIT")]
    assert results_of(first, 'wrote\n"t"\n', "COMMIT") == [Result("", {"wrote": True}), Result("COMMIT")]
    assert results_of(both, "scope,age\n", "COPY 0") == [Result("COPY 0")]
    told = 'told,scope,alive\n"{""mine"": true}",,\n'
    assert results_of(both, told, "COPY 1") == [Result("", {"mine": True}), Result("COPY 1")]
    there = 'told,scope,alive\n"{""mine"": false}","a\n""b"", c",\n'
    row = {"scope": 'a\n"b", c', "alive": None}
    assert results_of(both, there, "COPY 1") == [Result("", {"mine": False}), Result("COPY 1", row)]


def test_no_message_has_more_than_one_copy() -> None:
    for name in (
        "begin+try_lock+savepoint+read",
        "undo+probe_lock+read",
        "wrote+release_savepoint+insert+commit",
    ):
        params = dict.fromkeys(_parameters(name), "x")
        assert message(Table(), Statement(name, params), "READ_COMMITTED").text.count("COPY (") == 1


def _parameters(name: str) -> set[str]:
    known = load("queries.sql")
    return {found for part in name.split("+") for found in re.findall(r"%\((\w+)\)s", known[part])}


@pytest.mark.parametrize(
    ("method", "parameters"), [("_copy_out", ["self", "copy_stmt", "output", "timeout"])]
)
def test_a_private_method_of_a_connection_is_as_we_call_it(method: str, parameters: list[str]) -> None:
    known: Any = inspect.signature(getattr(asyncpg.Connection, method)).parameters
    assert list(known) == parameters


@pytest.mark.exhaustive
def test_asyncpg_is_imported_with_the_first_engine_on_it_only() -> None:
    program = (
        "import sys, sqlalchemy.ext.asyncio as s, idem_runtime\n"
        "idem_runtime.Idempotency(pool=s.create_async_engine('postgresql+psycopg://x/'))\n"
        "assert 'asyncpg' not in sys.modules\n"
        "idem_runtime.Idempotency(pool=s.create_async_engine('postgresql+asyncpg://x/'))\n"
        "assert 'asyncpg' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
