"""The lent connection: taken when it is used, revoked with all that was made from it, and never left half-way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from idem_runtime import Idempotency, TransactionBroken
from idem_runtime.drivers.handler_connection import _LaterGuard
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, Database, Job, finished, mark


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, pool_size=2)
    idem.install()
    yield idem
    idem.close()


def test_a_connection_lent_for_later_is_taken_from_the_pool_when_it_is_used(idem: Idempotency) -> None:
    store = runtime_of(idem).sync_store()
    later = store.borrow_later("connection", lambda: None)
    assert (store.held, store.lent, isinstance(later, psycopg.Connection)) == (None, False, True)
    assert "not used yet" in repr(later)
    assert later.execute("SELECT 1").fetchone() == (1,)
    assert (store.held is None, store.lent, "in force" in repr(later)) == (False, True, True)
    store.release()
    assert "revoked" in repr(later)


def test_a_connection_lent_for_later_keeps_what_was_set_on_it_before_and_has_no_attributes_of_its_own(
    idem: Idempotency,
) -> None:
    store = runtime_of(idem).sync_store()
    later: Any = store.borrow_later("connection", lambda: None)
    later.row_factory = dict_row
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = later.nonsense
    assert later.execute("SELECT 1 AS one").fetchone() == {"one": 1}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = later.nonsense
    store.release()


def test_two_threads_that_use_a_connection_lent_for_later_at_once_get_the_same(idem: Idempotency) -> None:
    store, both = runtime_of(idem).sync_store(), threading.Barrier(2, timeout=60)
    later: Any = store.borrow_later("connection", both.wait)
    with ThreadPoolExecutor(2) as two:
        rows = list(two.map(lambda name: later.execute("SELECT %s", (name,)).fetchone(), ("one", "two")))
    assert rows == [("one",), ("two",)]
    assert not hasattr(later, "__getattr__"), "to ask a used one for anything costs no more than ever"
    assert _LaterGuard.__getattr__(later, "closed") is False, "a thread that saw it unused, and comes last"
    store.release()


def test_a_connection_lent_for_later_is_the_held_one_where_one_is_held(idem: Idempotency) -> None:
    store = runtime_of(idem).sync_store()
    store.borrow().execute("SET LOCAL application_name = 'held'")
    assert store.borrow_later("connection", lambda: None).execute("SHOW application_name").fetchone() == (
        "held",
    )
    store.release()


def test_how_a_borrower_reads_rows_is_not_how_the_next_one_does(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, pool_size=1)
    idem.install()

    @mark()
    def pay(job: Job, lent: Any = idem.lent) -> str:
        row = lent.execute("SELECT 5 AS five").fetchone()
        lent.row_factory = dict_row
        lent.execute(INSERT, (job.amount,))
        return str(row)

    assert [pay(Job("1")), pay(Job("2"))] == ["(5,)", "(5,)"]
    idem.close()


def test_a_block_that_outlives_the_seal_ends_quietly_and_what_it_holds_is_committed(
    idem: Idempotency, db: Database
) -> None:
    kept: list[Any] = []

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        kept.append(db.transaction())
        kept[0].__enter__()
        db.execute(INSERT, (job.amount,))

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        kept.append(db.transaction())
        await kept[1].__aenter__()
        await db.execute(INSERT, (job.amount + 1,))

    async def main() -> None:
        await apay(Job())
        assert not await kept[1].__aexit__(None, None, None)

    pay(Job())
    assert not kept[0].__exit__(None, None, None)
    finished(idem, main)
    assert (ledger(db), records(db)) == ([5, 6], 2)


def test_an_error_passes_through_a_block_that_outlives_the_seal(idem: Idempotency, db: Database) -> None:
    kept: list[Any] = []

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        kept.append(db.transaction())
        kept[0].__enter__()
        db.execute(INSERT, (job.amount,))

    pay(Job())
    error = ValueError("afterwards")
    with pytest.raises(ValueError, match="afterwards"):
        if not kept[0].__exit__(ValueError, error, None):
            raise error
    assert ledger(db) == [5]


def test_a_block_that_promised_to_undo_and_outlives_the_seal_says_that_it_could_not(
    idem: Idempotency, db: Database
) -> None:
    kept: list[Any] = []

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        kept.append(db.transaction(force_rollback=True))
        kept[0].__enter__()
        db.execute(INSERT, (job.amount,))

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        kept.append(db.transaction(force_rollback=True))
        await kept[1].__aenter__()
        await db.execute(INSERT, (job.amount,))

    async def main() -> None:
        await apay(Job())
        with pytest.raises(psycopg.ProgrammingError, match="ends after the handler"):
            await kept[1].__aexit__(None, None, None)

    pay(Job())
    with pytest.raises(psycopg.ProgrammingError, match="ends after the handler"):
        kept[0].__exit__(None, None, None)
    finished(idem, main)


def test_a_block_inside_the_handler_undoes_its_part_where_it_is_told_to(
    idem: Idempotency, db: Database
) -> None:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        with db.transaction(force_rollback=True):
            db.execute(INSERT, (1,))
        with db.transaction("named") as block:
            db.execute(INSERT, (2,))
            assert block.savepoint_name == "named"

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        async with db.transaction(force_rollback=True):
            await db.execute(INSERT, (3,))
        async with db.transaction("named"):
            await db.execute(INSERT, (4,))

    pay(Job())
    finished(idem, lambda: apay(Job()))
    assert ledger(db) == [2, 4]


LEFT_OPEN = ["copy", "stream", "pipeline"]


def leave_open(connection: Any, what: str) -> list[Any]:
    """Begin something and do not end it; what has to be kept alive."""
    cursor = connection.cursor()
    if what == "copy":
        copy = cursor.copy("COPY ledger (amount) FROM STDIN")
        copy.__enter__().write_row((7,))
        return [cursor, copy]
    if what == "stream":
        rows = cursor.stream("SELECT generate_series(1, 1000)")
        next(rows)
        return [cursor, rows]
    pipeline = connection.pipeline()
    pipeline.__enter__()
    connection.execute(INSERT, (8,))
    return [cursor, pipeline]


async def leave_open_async(connection: Any, what: str) -> list[Any]:
    cursor = connection.cursor()
    if what == "copy":
        copy = cursor.copy("COPY ledger (amount) FROM STDIN")
        await (await copy.__aenter__()).write_row((7,))
        return [cursor, copy]
    if what == "stream":
        rows = cursor.stream("SELECT generate_series(1, 1000)")
        await anext(rows)
        return [cursor, rows]
    pipeline = connection.pipeline()
    await pipeline.__aenter__()
    await connection.execute(INSERT, (8,))
    return [cursor, pipeline]


@pytest.mark.parametrize("ending", ["returns", "raises"])
@pytest.mark.parametrize("what", LEFT_OPEN)
def test_what_a_sync_handler_left_open_undoes_its_effect_and_frees_the_key(
    idem: Idempotency, db: Database, what: str, ending: str
) -> None:
    kept: list[Any] = []

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))
        if not kept:
            kept.extend(leave_open(db, what))
            if ending == "raises":
                raise ValueError

    with pytest.raises(ValueError if ending == "raises" else TransactionBroken):
        pay(Job())
    assert (ledger(db), records(db)) == ([], 0)
    pay(Job())
    kept.clear()  # psycopg logs that they could not be ended: in this test, not after it
    assert (ledger(db), records(db)) == ([5], 1)


@pytest.mark.parametrize("what", LEFT_OPEN)
def test_what_an_async_handler_left_open_undoes_its_effect_and_frees_the_key(
    idem: Idempotency, db: Database, what: str
) -> None:
    kept: list[Any] = []

    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (job.amount,))
        if not kept:
            kept.extend(await leave_open_async(db, what))

    async def main() -> None:
        with pytest.raises(TransactionBroken, match="left a COPY, a stream or a pipeline open"):
            await pay(Job())
        await pay(Job())

    finished(idem, main)
    kept.clear()  # psycopg logs that they could not be ended: in this test, not after it
    assert (ledger(db), records(db)) == ([5], 1)


@pytest.mark.parametrize("use", ["execute", "cursor", "copy", "transaction", "pipeline"])
def test_nothing_can_be_begun_on_a_revoked_connection(idem: Idempotency, db: Database, use: str) -> None:
    kept: list[Any] = []

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        kept.extend([db, db.cursor()])
        db.execute(INSERT, (job.amount,))

    def again(lent: Any, cursor: Any) -> None:
        if use == "execute":
            lent.execute("SELECT 1")
        elif use == "cursor":
            cursor.execute("SELECT 1")
        elif use == "copy":
            with cursor.copy("COPY ledger (amount) FROM STDIN"):
                pass
        elif use == "transaction":
            with lent.transaction():
                pass
        else:
            with lent.pipeline():
                lent.execute("SELECT 1")

    pay(Job())
    with pytest.raises(psycopg.InterfaceError, match="has ended"):
        again(*kept)
    assert ledger(db) == [5]
