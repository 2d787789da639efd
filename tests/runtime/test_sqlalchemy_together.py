"""Joined sessions beside each other and inside each other: conflicts run again, and nested calls keep their own part."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import exc, text
from sqlalchemy.orm import Session

from idem_runtime import Idempotency, RetriesExhausted, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.execution.rerun import is_conflict
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import admission_here
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.orm import Entry

Database = psycopg.Connection[Any]
LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
ABOVE = LEVELS[1:]
NAMED: Any = {"key": lambda body, key="k": key, "principal": lambda body, key="k": "alice"}
NO_PAYLOAD: Any = {"fingerprint": lambda body, key="k": 1}
BUMP = "UPDATE ledger SET amount = amount + 1 WHERE id = :id"


@money_moving(operation="outer", **NAMED, **NO_PAYLOAD)
def outer(body: Callable[[Session], Any], key: str = "k", session: Any = Idempotency.lent_session) -> Any:
    return body(session)


@money_moving(operation="inner", **NAMED, **NO_PAYLOAD)
def inner(body: Callable[[Session], Any], key: str = "k", session: Any = Idempotency.lent_session) -> Any:
    return body(session)


@money_moving(operation="outer", **NAMED, **NO_PAYLOAD)
async def outer_async(
    body: Callable[[Any], Any], key: str = "k", session: Any = Idempotency.lent_session
) -> Any:
    return await body(session)


@money_moving(operation="inner", **NAMED, **NO_PAYLOAD)
async def inner_async(
    body: Callable[[Any], Any], key: str = "k", session: Any = Idempotency.lent_session
) -> Any:
    return await body(session)


@pytest.fixture
def engine(dsn: str) -> Iterator[sqlalchemy.Engine]:
    with orm.engine(dsn) as made:
        idem = Idempotency(pool=made)
        with admission_here(FunctionAdmission(runtime_of(idem))):
            yield made
        idem.close()


def test_a_nested_call_that_fails_takes_back_its_own_part_alone(
    engine: sqlalchemy.Engine, db: Database
) -> None:
    seen: list[Any] = []

    def fails(session: Session) -> None:
        session.get_one(Entry, 1).amount = 50
        session.add(Entry(id=2, amount=6))
        session.flush()
        session.add(Entry(id=3, amount=7))
        raise ValueError

    def body(session: Session) -> None:
        first = Entry(id=1, amount=5)
        session.add(first)  # waits: it is written before the inner part begins
        with pytest.raises(ValueError):
            inner(fails)
        seen.extend((first.amount, session.get(Entry, 2), list(session.new)))
        session.add(Entry(id=4, amount=8))

    outer(body)
    assert seen == [5, None, []]
    assert (ledger(db), records(db)) == ([5, 8], 1)


def test_a_nested_call_is_recorded_with_its_pending_part(engine: sqlalchemy.Engine, db: Database) -> None:
    def body(session: Session) -> None:
        session.add(Entry(amount=5))
        inner(lambda nested: nested.add(Entry(amount=6)))
        inner(lambda nested: nested.add(Entry(amount=7)))  # the same key: replayed
        session.add(Entry(amount=8))

    outer(body)
    assert (ledger(db), records(db)) == ([5, 6, 8], 2)


def test_a_violation_in_a_nested_call_leaves_the_outer_session_usable(
    engine: sqlalchemy.Engine, db: Database
) -> None:
    def body(session: Session) -> None:
        session.add(Entry(id=1, amount=5))
        with pytest.raises(exc.IntegrityError):
            inner(
                lambda nested: nested.execute(text("INSERT INTO ledger (id, amount) VALUES (1, 6)")) and None
            )
        session.add(Entry(id=2, amount=7))

    outer(body)
    assert (ledger(db), records(db)) == ([5, 7], 1)


def test_the_session_may_be_borrowed_first_by_a_nested_call(engine: sqlalchemy.Engine, db: Database) -> None:
    @money_moving(operation="bare", key=lambda: "k", principal=lambda: "alice")
    def bare() -> None:
        with pytest.raises(ValueError):
            inner(fails)
        inner(lambda nested: nested.add(Entry(amount=6)))

    def fails(session: Session) -> None:
        session.add(Entry(amount=5))
        raise ValueError

    bare()
    assert (ledger(db), records(db)) == ([6], 2)


def test_async_nested_calls_keep_their_own_part(dsn: str, db: Database) -> None:
    async def fails(session: Any) -> None:
        session.add(Entry(amount=6))
        await session.flush()
        session.add(Entry(amount=7))
        raise ValueError

    async def adds(session: Any) -> None:
        session.add(Entry(amount=8))

    async def body(session: Any) -> None:
        session.add(Entry(amount=5))
        with pytest.raises(ValueError):
            await inner_async(fails)
        await inner_async(adds)
        await inner_async(adds)

    async def run() -> None:
        made = orm.async_engine(dsn)
        with admission_here(FunctionAdmission(runtime_of(Idempotency(pool=made)))):
            await outer_async(body)
        await made.dispose()

    asyncio.run(run())
    assert (ledger(db), records(db)) == ([5, 8], 2)


def racing(admission: FunctionAdmission, body: Callable[[Session], Any], key: str = "k") -> Any:
    with admission_here(admission):
        return outer(body, key)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The calls in threads of their own, each in a context of its own."""
    with ThreadPoolExecutor(len(calls)) as many:
        return [each.result() for each in [many.submit(copy_context().run, call) for call in calls]]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("locked", [True, False])
def test_six_joined_sessions_on_one_key_make_one_effect(
    dsn: str, db: Database, level: str, locked: bool
) -> None:
    """Six processes, as far as waiting in memory goes: an ``Idempotency`` each."""
    barrier = threading.Barrier(6, timeout=60)
    runs = itertools.count()

    def body(session: Session) -> int:
        session.scalar(sqlalchemy.select(sqlalchemy.func.count()).select_from(Entry))
        entry = Entry(amount=5)
        session.add(entry)
        next(runs)
        time.sleep(0.02)
        session.flush()
        return entry.id

    with orm.engine(dsn, isolation_level=level, pool_size=12) as made:
        idems = [Idempotency(pool=made, wait=10, retries=20) for _ in range(6)]
        for idem in idems:
            if not locked:
                idem.without_lock()

        def one(idem: Idempotency) -> Any:
            barrier.wait()
            return racing(FunctionAdmission(runtime_of(idem)), body)

        answers = at_once([lambda idem=idem: one(idem) for idem in idems])  # type: ignore[misc]
        for idem in idems:
            idem.close()
    assert len(set(answers)) == 1
    assert (ledger(db), records(db)) == ([5], 1)
    assert next(runs) == 1 or not locked or level != "READ COMMITTED"


@pytest.mark.parametrize("level", ABOVE)
@pytest.mark.parametrize("when", ["in the handler", "in the last flush"])
def test_a_serialization_failure_runs_the_handler_again(
    dsn: str, db: Database, level: str, when: str
) -> None:
    db.execute("INSERT INTO ledger (id, amount) VALUES (1000, 1)")
    runs = itertools.count()

    def body(session: Session) -> None:
        entry = session.get_one(Entry, 1000)
        if next(runs) == 0:
            db.execute("UPDATE ledger SET amount = amount + 1 WHERE id = 1000")
        entry.amount += 1
        if when == "in the handler":
            session.flush()

    with orm.engine(dsn, isolation_level=level) as made:
        racing(FunctionAdmission(runtime_of(Idempotency(pool=made))), body)
    assert (ledger(db), next(runs)) == ([3], 2)


def test_a_serialization_failure_at_commit_runs_the_handler_again(dsn: str, db: Database) -> None:
    """Write skew: each reads what the other writes."""
    barrier = threading.Barrier(2, timeout=60)
    runs = itertools.count()

    def body(session: Session) -> int:
        total = session.scalar(text("SELECT count(*) FROM ledger"))
        if next(runs) < 2:
            barrier.wait()
        session.add(Entry(amount=total))
        return int(total)

    with orm.engine(dsn, isolation_level="SERIALIZABLE") as made:
        idem = Idempotency(pool=made, retries=20)
        answers = at_once(
            [lambda key=key: racing(FunctionAdmission(runtime_of(idem)), body, key) for key in "ab"]
        )  # type: ignore[misc]
    assert sorted(answers) == [0, 1], "as if one came after the other"
    assert (ledger(db), next(runs) > 2) == ([0, 1], True)


@pytest.mark.parametrize("level", LEVELS)
def test_a_deadlock_runs_the_handler_again(dsn: str, db: Database, level: str) -> None:
    db.execute("INSERT INTO ledger (id, amount) VALUES (1, 0), (2, 0)")
    barrier = threading.Barrier(2, timeout=60)
    runs = itertools.count()

    def body(order: tuple[int, int]) -> Callable[[Session], None]:
        def both(session: Session) -> None:
            session.execute(text(BUMP), {"id": order[0]})
            if next(runs) < 2:
                barrier.wait()
            session.execute(text(BUMP), {"id": order[1]})

        return both

    with orm.engine(dsn, isolation_level=level) as made:
        admission = FunctionAdmission(runtime_of(Idempotency(pool=made, retries=20)))
        at_once([lambda: racing(admission, body((1, 2)), "a"), lambda: racing(admission, body((2, 1)), "b")])
    assert (ledger(db), next(runs) > 2) == ([2, 2], True)


def test_conflicts_without_end_are_given_up(dsn: str, db: Database) -> None:
    def body(session: Session) -> None:
        session.execute(text("DO $$ BEGIN RAISE serialization_failure; END $$"))

    with orm.engine(dsn) as made, pytest.raises(RetriesExhausted):
        racing(FunctionAdmission(runtime_of(Idempotency(pool=made, retries=1))), body)
    assert records(db) == 0


def test_a_conflict_is_seen_through_sqlalchemys_own_error() -> None:
    wrapped = exc.OperationalError("UPDATE", {}, psycopg.errors.SerializationFailure())
    assert is_conflict(wrapped)
    assert not is_conflict(exc.IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation()))
