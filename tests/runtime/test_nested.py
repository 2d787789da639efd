"""Money-moving calls inside others: they take turns, join one transaction, and end with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import psycopg
import pytest

from idem_runtime import ConfigurationError, Idempotency, KeyReused, money_moving
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, PATIENCE, Alone, Database, Job, entry_mark, finished, mark


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, pool_size=5)
    idem.install()
    yield idem
    idem.close()


def test_gathered_calls_take_turns_and_one_that_fails_undoes_only_itself(
    idem: Idempotency, db: Database
) -> None:
    alone = Alone()

    @entry_mark()
    async def leg(name: str, db: Any = idem.lent) -> str:
        with alone(name):
            await db.execute(INSERT, (1,))
            await asyncio.sleep(0)
            if name == "bad":
                raise ValueError(name)
        return name

    @mark()
    async def pay(job: Job) -> list[str]:
        legs = (leg(name) for name in ("bad", "good", "fine"))
        return [str(each) for each in await asyncio.gather(*legs, return_exceptions=True)]

    assert finished(idem, lambda: pay(Job())) == ["bad", "good", "fine"]
    assert (ledger(db), records(db)) == ([1, 1], 3)


def test_calls_in_threads_with_copied_contexts_take_turns(idem: Idempotency, db: Database) -> None:
    alone, meeting = Alone(), threading.Barrier(3, timeout=PATIENCE)

    @entry_mark()
    def leg(name: str, db: Database = idem.lent) -> str:
        with alone(name):
            db.execute(INSERT, (1,))
            db.execute("SELECT pg_sleep(0.01)")
            if name == "bad":
                raise ValueError(name)
        return name

    def start(name: str) -> str:
        meeting.wait()
        try:
            return str(leg(name))
        except ValueError as error:
            return f"failed: {error}"

    @mark()
    def pay(job: Job) -> list[str]:
        with ThreadPoolExecutor(3) as three:
            legs = [three.submit(copy_context().run, start, name) for name in ("bad", "good", "fine")]
        return [each.result() for each in legs]

    assert pay(Job()) == ["failed: bad", "good", "fine"]
    assert (ledger(db), records(db)) == ([1, 1], 3)


def test_calls_nested_in_nested_ones_in_parallel_do_not_wait_for_each_other(
    idem: Idempotency, db: Database
) -> None:
    @money_moving(operation="leaf", key=lambda name: name)
    async def leaf(name: str, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (1,))
        return name

    @entry_mark()
    async def leg(name: str) -> list[str]:
        return list(await asyncio.gather(leaf(f"{name}1"), leaf(f"{name}2")))

    @mark()
    async def pay(job: Job) -> list[list[str]]:
        return list(await asyncio.gather(leg("a"), leg("b")))

    assert finished(idem, lambda: pay(Job())) == [["a1", "a2"], ["b1", "b2"]]
    assert (ledger(db), records(db)) == ([1] * 4, 7)


async def spin() -> None:
    """Let everything that can run now come as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_call_that_waits_when_the_handler_has_ended_is_refused_and_one_that_runs_is_part_of_it(
    idem: Idempotency, db: Database
) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    @entry_mark()
    async def leg(name: str, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (1,))
        started.set()
        await go_on.wait()

    async def late() -> None:
        await spin()  # the handler has returned, and waits for the first leg
        second = asyncio.create_task(leg("second"))
        await spin()  # the second waits behind it
        go_on.set()
        with pytest.raises(ConfigurationError, match="has ended: wait for what a handler starts"):
            await second

    tasks: list[asyncio.Task[Any]] = []

    @mark()
    async def pay(job: Job) -> None:
        tasks.append(asyncio.create_task(leg("first")))
        await started.wait()
        tasks.append(asyncio.create_task(late()))

    async def main() -> None:
        await pay(Job())
        await asyncio.gather(*tasks)

    finished(idem, main)
    assert (ledger(db), records(db)) == ([1], 2)


def test_a_call_from_a_thread_that_comes_too_late_is_refused(idem: Idempotency, db: Database) -> None:
    asked, ended = threading.Event(), threading.Event()

    def key(name: str) -> str:
        asked.set()
        assert ended.wait(PATIENCE)
        return name

    leg = money_moving(operation="entry", key=key, connection="inside")(lambda name: name)

    with ThreadPoolExecutor(1) as one:
        started: list[Any] = []

        @mark()
        def pay(job: Job, db: Database = idem.lent) -> None:
            db.execute(INSERT, (job.amount,))
            started.append(one.submit(copy_context().run, leg, "late"))
            assert asked.wait(PATIENCE)

        pay(Job())
        ended.set()
        with pytest.raises(ConfigurationError, match="has ended"):
            started[0].result(PATIENCE)
    assert (ledger(db), records(db)) == ([5], 1)


def test_a_task_that_outlives_its_handler_borrows_nothing_and_a_marked_call_in_it_is_on_its_own(
    idem: Idempotency, db: Database
) -> None:
    ended = asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []

    @mark("receipt")
    async def receipt(job: Job, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (1,))
        return "sent"

    async def later(job: Job) -> str:
        await ended.wait()
        with pytest.raises(ConfigurationError, match="has ended"):
            await idem.connection()
        return str(await receipt(job))

    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (job.amount,))
        tasks.append(asyncio.create_task(later(job)))

    async def main() -> str:
        await pay(Job())
        ended.set()
        return str(await tasks[0])

    assert finished(idem, main) == "sent"
    assert (ledger(db), records(db)) == ([5, 1], 2)


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_call_of_the_other_colour_cannot_join(idem: Idempotency, db: Database, colour: str) -> None:
    @entry_mark(connection="inside")
    def sync_leg(name: str) -> None: ...

    @entry_mark(connection="inside")
    async def async_leg(name: str) -> None: ...

    @mark()
    def pay(job: Job) -> None:
        asyncio.run(async_leg("a"))

    @mark()
    async def apay(job: Job) -> None:
        sync_leg("a")

    with pytest.raises(ConfigurationError, match="one of the two is async"):
        _ = pay(Job()) if colour == "sync" else finished(idem, lambda: apay(Job()))
    assert records(db) == 0


@pytest.mark.parametrize("depth", [1, 2])
def test_a_call_inside_itself_under_the_same_key_is_the_programs_error(
    idem: Idempotency, db: Database, depth: int
) -> None:
    def pay(job: Job, left: int, db: Database = idem.lent) -> int:
        db.execute(INSERT, (job.amount,))
        return 0 if not left else int(paid(job, left - 1))

    paid = money_moving(
        operation="pay",
        key=lambda job, left: job.id,
        principal=lambda job, left: "alice",
        fingerprint=lambda job, left: job.id,
    )(pay)
    around = mark("around")(lambda job: paid(job, 1))
    with pytest.raises(ConfigurationError, match="called inside itself, under the same key"):
        _ = paid(Job(), 1) if depth == 1 else around(Job())
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_nested_call_that_replays_or_is_refused_leaves_the_transaction_as_it_was(
    idem: Idempotency, db: Database, colour: str
) -> None:
    @money_moving(operation="entry", key=lambda name, amount: name)
    def leg(name: str, amount: int, db: Database = idem.lent) -> int:
        db.execute(INSERT, (amount,))
        return amount

    @money_moving(operation="entry", key=lambda name, amount: name)
    async def aleg(name: str, amount: int, db: Any = idem.lent) -> int:
        await db.execute(INSERT, (amount,))
        return amount

    @mark()
    def pay(job: Job) -> list[int]:
        done = [leg("a", 1), leg("a", 1)]
        with pytest.raises(KeyReused):
            leg("a", 2)
        return [*done, leg("b", 3)]

    @mark()
    async def apay(job: Job) -> list[int]:
        done = [await aleg("a", 1), await aleg("a", 1)]
        with pytest.raises(KeyReused):
            await aleg("a", 2)
        return [*done, await aleg("b", 3)]

    assert (pay(Job()) if colour == "sync" else finished(idem, lambda: apay(Job()))) == [1, 1, 3]
    assert (ledger(db), records(db)) == ([1, 3], 3)


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_an_external_call_inside_a_local_one_keeps_its_own_record_where_the_local_one_fails(
    idem: Idempotency, db: Database, colour: str
) -> None:
    calls: list[str] = []
    leg = entry_mark(effect="external", principal=lambda name: "alice")(
        lambda name: calls.append(name) or name
    )

    @entry_mark(effect="external", principal=lambda name: "alice")
    async def aleg(name: str) -> str:
        calls.append(name)
        return name

    def fail_once() -> None:
        if len(calls) == 1 and records(db) == 1:
            calls.append("failed")
            raise ValueError

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> str:
        db.execute(INSERT, (job.amount,))
        told = leg("a")
        fail_once()
        return str(told)

    @mark()
    async def apay(job: Job, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (job.amount,))
        told = await aleg("a")
        fail_once()
        return str(told)

    async def both() -> Any:
        with pytest.raises(ValueError):
            await apay(Job())
        return await apay(Job())

    if colour == "sync":
        with pytest.raises(ValueError):
            pay(Job())
        assert pay(Job()) == "a"
    else:
        assert finished(idem, both) == "a"
    assert (calls, ledger(db), records(db)) == (["a", "failed"], [5], 2)


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_conflict_in_a_nested_call_runs_the_outermost_again(
    idem: Idempotency, db: Database, code: str
) -> None:
    runs: list[str] = []

    @entry_mark()
    def leg(name: str, db: Database = idem.lent) -> None:
        db.execute(INSERT, (1,))
        if len(runs) == 1:
            db.execute(f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$")  # type: ignore[call-overload]

    @mark()
    def pay(job: Job) -> None:
        runs.append("outer")
        try:
            leg("a")
        except psycopg.Error as error:
            raise RuntimeError("told in other words") from error

    pay(Job())
    assert (len(runs), ledger(db), records(db)) == (2, [1], 2)
