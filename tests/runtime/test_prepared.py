"""Claim and seal as prepared statements in a pipeline, and as text with the simple protocol: the same, but for the cost."""

from __future__ import annotations

import logging
import os
import select
import socket
from contextlib import suppress
from itertools import cycle
from typing import Any

import psycopg
import pytest
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.waiting import Ready, Wait

from idem_runtime.drivers.pipeline import pipelined
from idem_runtime.drivers.prepared_statements import memory_of, parts_of
from idem_runtime.drivers.table import Table
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Execute, Refuse, Replay, Response, Sealed, StoreError
from idem_runtime.protocol import local_effect
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, PATIENCE, Database
from tests.runtime.pooler import needed, pgbouncer
from tests.runtime.postgres import Server
from tests.runtime.proxy import proxy
from tests.runtime.stores import COLOURS, FORMS, ask, finished, on, settled, store

RESPONSE = Response(201, (("content-type", "text/plain"),), b"paid \x00 \xff")
OURS = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'idem%%'"


def test_the_formats_of_parameters_are_a_list_because_psycopg_3_2_takes_no_tuple() -> None:
    parts = parts_of(Table(), "begin+insert", "utf-8") or ()
    formats = [part.formats for part in parts if part.formats is not None]
    assert [sorted(set(some)) for some in formats if isinstance(some, list)] == [[0, 1]]


async def claimed(session: Any, key: str, number: int = 1) -> Any:
    """What a claim in a transaction of its own comes to."""
    return await settled(session.run(local_effect.admit(ask(key, number=number), begun=False)))


async def sealed(session: Any, key: str, number: int = 1, **more: Any) -> Any:
    """What a seal comes to; the connection is given back."""
    steps = local_effect.seal(ask(key, number=number), RESPONSE, **{"undo": False, **more})
    verdict = await settled(session.run(steps))
    await settled(session.release())
    return verdict


async def written(session: Any, amount: int = 5) -> Any:
    """The lent connection, after an effect."""
    lent = await settled(session.borrow())
    await settled(lent.execute(INSERT, (amount,)))
    return lent


async def executed(idem: Any, colour: str, key: str, **more: Any) -> Any:
    """A whole execution; its verdict."""
    session = store(idem, colour)
    decision = await claimed(session, key)
    assert isinstance(decision, Execute)
    await written(session)
    return await sealed(session, key, replaces=decision.replaces, **more)


async def replayed(idem: Any, colour: str, key: str) -> Any:
    """What a duplicate is told."""
    session = store(idem, colour)
    decision = await claimed(session, key, number=2)
    await settled(session.release())
    return decision


async def asked(idem: Any, colour: str, query: str) -> Any:
    """The first value of ``query`` on the connection that claims are made on."""
    session = store(idem, colour)
    lent = await settled(session.borrow())
    row = await settled((await settled(lent.execute(query))).fetchone())
    await settled(session.release())
    return row[0]


def raw(session: Any, text: str) -> None:
    """Send ``text`` behind psycopg's back."""
    session.held.pgconn.exec_(text.encode())


@COLOURS
@FORMS
def test_a_first_execution_is_two_round_trips_and_a_replay_one(
    server: Server, dsn: str, db: Database, colour: str, kind: str
) -> None:
    async def main(through: str) -> list[int]:
        counts: list[int] = []
        async with on(through, kind, colour) as idem:
            runtime_of(idem).where.looked = True
            for key in ("cold", "warm"):
                session = store(idem, colour)
                before = trips()
                decision = await claimed(session, key)
                verdict = await settled(session.run(local_effect.seal(ask(key), RESPONSE, undo=False)))
                counts.append(trips() - before)
                assert decision == Execute()
                assert verdict == Sealed(RESPONSE, wrote=False)
                await settled(session.release())
                session = store(idem, colour)
                before = trips()
                assert await claimed(session, key, number=2) == Replay(RESPONSE)
                counts.append(trips() - before)
                await settled(session.release())
        return counts

    with proxy(server.port) as point:
        trips = lambda: len(point.trips)  # noqa: E731 - a count that grows
        assert finished(lambda: main(point.dsn(dsn))) == [2, 1, 2, 1]


@COLOURS
@pytest.mark.parametrize(
    ("kind", "prepares"), [("pool", True), ("engine", True), ("unprepared", False), ("dsn", True)]
)
def test_statements_are_prepared_only_where_the_connection_may(
    dsn: str, db: Database, colour: str, kind: str, prepares: bool
) -> None:
    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            await executed(idem, colour, "k")
            assert bool(await asked(idem, colour, OURS)) is prepares

    finished(main)
    assert (ledger(db), records(db)) == ([5], 1)


@needed
@COLOURS
def test_pools_of_ours_prepare_nothing_where_a_pooler_stands_before_the_server(
    server: Server, dsn: str, db: Database, colour: str
) -> None:
    async def main(pooled: str) -> None:
        async with on(pooled, "dsn", colour) as idem:
            await executed(idem, colour, "k")
            assert await asked(idem, colour, OURS) == 0

    with pgbouncer(server.port) as port:
        finished(lambda: main(dsn.replace(f":{server.port}/", f":{port}/")))
    assert (ledger(db), records(db)) == ([5], 1)


@COLOURS
@FORMS
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("undo", [False, True])
def test_both_forms_store_and_replay_the_same(
    dsn: str, db: Database, colour: str, kind: str, strict: bool, undo: bool
) -> None:
    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            for _ in range(2):  # the second time what is stored has expired
                assert await executed(idem, colour, "k", strict=strict, undo=undo) == Sealed(RESPONSE)
                assert await replayed(idem, colour, "k") == Replay(RESPONSE)
                db.execute("UPDATE idempotency_records SET expiry_time = clock_timestamp() - interval '1 s'")

    finished(main)
    assert ledger(db) == ([] if undo else [5, 5])


@COLOURS
@FORMS
def test_a_seal_that_loses_commits_nothing_and_leaves_the_connection_clean(
    dsn: str, db: Database, colour: str, kind: str
) -> None:
    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            session = store(idem, colour)
            await claimed(session, "k")
            await written(session)
            db.execute(
                "INSERT INTO idempotency_records (scope, idempotency_key, status, payload_hash, response_data,"
                " response_body, expiry_time, created_at) VALUES (%s, 'k', 'COMPLETED', %s,"
                " '{\"status\": 200, \"headers\": []}', 'first', clock_timestamp() + interval '1 day', now())",
                (ask().scope, ask().fingerprint.stored),
            )
            held = session.held
            assert await sealed(session, "k") == Replay(Response(200, (), b"first"))
            assert held.pgconn.pipeline_status == PipelineStatus.OFF
            assert held.pgconn.transaction_status == TransactionStatus.IDLE
            assert await executed(idem, colour, "other") == Sealed(RESPONSE)

    finished(main)
    assert ledger(db) == [5]


ENDINGS = {
    "raw COMMIT": ("COMMIT", "transaction_broken"),
    "raw COMMIT, and another transaction": ("COMMIT; BEGIN", "transaction_broken"),
    "raw ROLLBACK, and another transaction": ("ROLLBACK; BEGIN", "transaction_broken"),
    "another transaction with a savepoint": ("COMMIT; BEGIN; SAVEPOINT idem", "transaction_broken"),
    "an error": ("SELECT 1/0", "transaction_broken"),
    "the savepoint rolled back to, and released": (
        "ROLLBACK; BEGIN; SAVEPOINT a; RELEASE a",
        "transaction_broken",
    ),
}


@COLOURS
@FORMS
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_transaction_that_is_not_ours_any_more_is_never_sealed(
    dsn: str, db: Database, colour: str, kind: str, ending: str
) -> None:
    text, code = ENDINGS[ending]

    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            for key in ("cold", "warm"):
                session = store(idem, colour)
                await claimed(session, key)
                await written(session)
                raw(session, text)
                verdict = await sealed(session, key)
                assert isinstance(verdict, Refuse)
                assert verdict.error.code == code

    finished(main)
    assert records(db) == (2 if "COMMIT" in text or "ROLLBACK" in text else 0), "unknown, or free"


@COLOURS
@FORMS
def test_an_error_at_commit_undoes_all(dsn: str, db: Database, colour: str, kind: str) -> None:
    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            for key in ("cold", "warm"):
                session = store(idem, colour)
                await claimed(session, key)
                lent = await written(session)
                await settled(
                    lent.execute(
                        "CREATE TEMP TABLE IF NOT EXISTS once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
                    )
                )
                await settled(lent.execute("INSERT INTO once VALUES (1), (1)"))
                with pytest.raises(StoreError) as error:
                    await sealed(session, key)
                assert error.value.sqlstate == "23505"
                assert not error.value.ours
                await settled(session.release())

    finished(main)
    assert (ledger(db), records(db)) == ([], 0)


@COLOURS
def test_what_was_deallocated_between_two_executions_is_prepared_again_once(
    dsn: str, db: Database, colour: str
) -> None:
    async def main() -> None:
        async with on(dsn, "pool", colour) as idem:
            for key, prepares in (("a", True), ("b", False), ("c", True), ("d", False), ("e", False)):
                assert await executed(idem, colour, key) == Sealed(RESPONSE)
                assert bool(await asked(idem, colour, OURS)) is prepares
                session = store(idem, colour)
                await settled(session.borrow())
                raw(session, "DEALLOCATE ALL")
                await settled(session.release())
            assert runtime_of(idem).where.prepares, "that says nothing about other connections"

    finished(main)
    assert ledger(db) == [5] * 5


Use = list[tuple[str, bool]]
"""What is sent through psycopg, and whether it prepares that; "undone part": a savepoint is rolled back to."""

BEFORE: dict[str, Use] = {
    "nothing": [],
    "some": [("SELECT 1", True), ("SELECT 2", True)],
    "deallocated": [("SELECT 1", True), ("undone part", False)],
    "to be deallocated": [("SELECT 1", True), ("DROP TABLE IF EXISTS no_table", False)],
}
WITHIN: dict[str, Use] = {
    "nothing": [],
    "one more": [("SELECT 3", True)],
    "an undone part": [("undone part", False)],
    "one more and an undone part": [("SELECT 3", True), ("undone part", False)],
    "an undone part and one more": [("undone part", False), ("SELECT 3", True)],
    "to be deallocated": [("SELECT 3", True), ("DROP TABLE IF EXISTS no_table", False)],
    "deallocated later": [("DROP TABLE IF EXISTS no_table", False), ("SELECT 4", False), ("SELECT 3", True)],
    "to be deallocated, in a pipeline": [("SELECT 3", True), ("pipeline", False)],
    "more than psycopg keeps": [(f"SELECT {number}", True) for number in range(5, 120)],
}


async def dropped_in_a_pipeline(lent: Any) -> None:
    """psycopg deallocates only with the next statement after it."""
    if isinstance(lent, psycopg.AsyncConnection):
        async with lent.pipeline():
            await lent.execute("DROP TABLE IF EXISTS no_table")
    else:
        with lent.pipeline():
            lent.execute("DROP TABLE IF EXISTS no_table")
    assert lent._prepared._to_flush


async def used(lent: Any, use: Use) -> None:
    """Do that."""
    for text, prepares in use:
        if text == "pipeline":
            await dropped_in_a_pipeline(lent)
        elif text != "undone part":
            await settled(lent.execute(text, prepare=prepares))
        elif isinstance(lent, psycopg.AsyncConnection):
            with suppress(ZeroDivisionError):
                async with lent.transaction():
                    raise ZeroDivisionError
        else:
            with suppress(ZeroDivisionError), lent.transaction():
                raise ZeroDivisionError


@COLOURS
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("within", WITHIN)
def test_what_psycopg_deallocates_itself_is_known(
    dsn: str, db: Database, colour: str, before: str, within: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It does where a part or a whole transaction is undone, as soon as it has prepared something."""

    async def main() -> None:
        async with on(dsn, "pool", colour) as idem:
            for key in ("cold", "warm"):
                session = store(idem, colour)
                await used(await settled(session.borrow()), BEFORE[before])
                await settled(session.release())
                session = store(idem, colour)
                await claimed(session, key)
                await used(await written(session), WITHIN[within])
                memory = memory_of(session.held)
                assert await sealed(session, key) == Sealed(RESPONSE)
                assert memory.allowed
                assert not memory.failed
            session = store(idem, colour)
            await claimed(session, "undone")
            await used(await written(session), WITHIN[within])
            await settled(session.run(local_effect.undo(ask("undone"))))
            await settled(session.release())
            assert await executed(idem, colour, "after") == Sealed(RESPONSE)
            assert not memory.failed
            assert await asked(idem, colour, OURS) < 20, "what is prepared anew is not left behind each time"

    finished(main)
    assert ledger(db) == [5] * 3
    assert not caplog.records


@COLOURS
def test_what_a_handler_deallocates_is_run_again_and_not_prepared_any_more(
    dsn: str, db: Database, colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    async def main() -> None:
        async with on(dsn, "pool", colour) as idem:
            await executed(idem, colour, "before")
            session = store(idem, colour)
            await claimed(session, "k")
            await written(session)
            raw(session, "DEALLOCATE ALL")
            assert type(await sealed(session, "k")).__name__ == "Again", (
                "nothing is committed, and nothing said"
            )
            assert not runtime_of(idem).where.prepares
            session = store(idem, colour)
            await claimed(session, "k")
            await written(session)
            raw(session, "DEALLOCATE ALL")
            assert await sealed(session, "k") == Sealed(RESPONSE)

    finished(main)
    assert (ledger(db), records(db)) == ([5, 5], 2)
    assert "prepare_threshold=None" in caplog.text


@COLOURS
def test_a_claim_in_a_transaction_that_has_begun_is_run_again_with_it(
    dsn: str, db: Database, colour: str
) -> None:
    async def main() -> None:
        async with on(dsn, "pool", colour) as idem:
            await executed(idem, colour, "before")
            for again in (True, False):
                session = store(idem, colour)
                await written(session, 6)
                if again:
                    raw(session, "DEALLOCATE ALL")
                    with pytest.raises(StoreError) as error:
                        await settled(session.run(local_effect.admit(ask(), begun=True)))
                    assert error.value.conflict
                    assert not error.value.lost
                    await settled(session.release())
            assert await settled(session.run(local_effect.admit(ask(), begun=True))) == Execute()
            assert await sealed(session, "k") == Sealed(RESPONSE)

    finished(main)
    assert ledger(db) == [5, 6]


@COLOURS
@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE {} ALTER COLUMN response_body TYPE text USING encode(response_body, 'hex')",
        "ALTER TABLE {} ALTER COLUMN payload_hash TYPE varchar(255)",
        "ALTER TABLE {} ADD COLUMN more text",
        "CREATE INDEX more ON {} (payload_hash)",
        "ALTER TABLE {} RENAME TO old; CREATE TABLE {} (LIKE old INCLUDING ALL)",
    ],
)
def test_the_table_may_change_under_a_prepared_statement(
    dsn: str, db: Database, colour: str, change: str
) -> None:
    table = f"changing_{colour}"
    text = (
        change.replace("{}", f"changing.{table}")
        .replace("old", f"changing.old_{colour}")
        .replace("TO changing.", "TO ")
    )

    async def main() -> None:
        async with on(dsn, "pool", colour, table=table, schema="changing") as idem:
            db.execute("DROP SCHEMA IF EXISTS changing CASCADE; CREATE SCHEMA changing")
            db.execute(runtime_of(idem).table.creation())  # type: ignore[call-overload]
            await executed(idem, colour, "before")
            db.execute(text)  # type: ignore[call-overload]
            for key in ("k", "another"):
                assert await executed(idem, colour, key) == Sealed(RESPONSE)
            db.execute("DROP SCHEMA changing CASCADE")

    finished(main)
    assert ledger(db) == [5, 5, 5]


def test_a_text_with_a_zero_byte_is_refused_in_both_forms(dsn: str, db: Database) -> None:
    async def main() -> None:
        for kind in ("pool", "unprepared"):
            async with on(dsn, kind, "sync") as idem:
                session = store(idem, "sync")
                with pytest.raises(psycopg.DataError):
                    await claimed(session, "a\0b")
                session.release()

    finished(main)


@COLOURS
@pytest.mark.parametrize("used", [False, True], ids=["unused", "used"])
def test_a_replay_costs_psycopg_its_statements_only_where_something_was_sent_with_what_was_lent(
    dsn: str, db: Database, colour: str, used: bool
) -> None:
    async def main() -> int:
        async with on(dsn, "pool", colour) as idem:
            await executed(idem, colour, "k")
            session = store(idem, colour)
            lent = await settled(session.borrow())
            await settled(lent.execute("SELECT 1", prepare=True))
            await settled(session.settle_lent(keep=True))
            session = store(idem, colour)
            lent = await settled(session.borrow())
            if used:
                await settled(lent.execute("SELECT 2"))
            steps = local_effect.admit(ask("k", number=2), begun=session.begun)
            assert isinstance(await settled(session.run(steps)), Replay)
            await settled(session.release())
            query = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE '\\_pg3%%'"
            return int(await asked(idem, colour, query))

    assert finished(main) == (0 if used else 1)


class Key(str):
    """A text of another class, as frameworks have them."""

    __slots__ = ()


def test_a_key_of_a_class_of_its_own_is_the_same_key(dsn: str, db: Database) -> None:
    async def main() -> None:
        async with on(dsn, "pool", "sync") as idem:
            await executed(idem, "sync", Key("k"))
            assert isinstance(await replayed(idem, "sync", "k"), Replay)
            assert isinstance(await replayed(idem, "sync", Key("k")), Replay)

    finished(main)
    assert ledger(db) == [5]


def test_what_is_more_than_the_socket_takes_is_sent_bit_by_bit(dsn: str) -> None:
    text = b"x" * 3_000_000
    with psycopg.connect(dsn) as db, socket.socket(fileno=os.dup(db.fileno())) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        steps = pipelined(db.pgconn, lambda: db.pgconn.send_query_params(b"SELECT length($1)", [text]))
        wanted, ready = next(steps), cycle([Ready.W, Ready.RW])
        assert wanted == Wait.RW
        sent = 0
        with pytest.raises(StopIteration) as done:  # the answer may be there when the last of it is sent
            while True:
                if wanted == Wait.RW:
                    select.select([], [wire], [], PATIENCE)
                    sent += 1
                    wanted = steps.send(next(ready))
                else:
                    select.select([wire], [], [], PATIENCE)
                    wanted = steps.send(Ready.R)
        assert sent > 1
        assert done.value.value[0].get_value(0, 0) == b"3000000"
