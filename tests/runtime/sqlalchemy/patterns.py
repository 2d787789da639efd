"""What repositories and dependencies do with sessions of their own, as functions of a request's session and its makers.

Each is run bare, joined, and joined with the seal failing: the table of patterns is what the test says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import exc, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from tests.runtime.orm import Entry

Pattern = Callable[..., Any]
SYNC: dict[str, Pattern] = {}
ASYNC: dict[str, Pattern] = {}
INSERT = text("INSERT INTO ledger (amount) VALUES (:amount)")


def pattern(function: Pattern) -> Pattern:
    (ASYNC if asyncio.iscoroutinefunction(function) else SYNC)[function.__name__] = function
    return function


class OwnSession(Session):
    """A class of the team's own."""


@pattern
def one_commit(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    db.commit()


@pattern
def several_commits(db: Session, make: Any, engine: Any) -> None:
    for amount in range(1, 5):
        db.add(Entry(amount=amount))
        db.commit()


@pattern
def commit_and_refresh(db: Session, make: Any, engine: Any) -> None:
    entry = Entry(amount=1)
    db.add(entry)
    db.commit()
    db.refresh(entry)
    assert entry.amount == 1


@pattern
def expired_attributes_are_read_again(db: Session, make: Any, engine: Any) -> None:
    entry = Entry(amount=1)
    db.add(entry)
    db.commit()
    entry.amount += 1
    db.commit()


@pattern
def begin_on_a_fresh_session(db: Session, make: Any, engine: Any) -> None:
    with make() as session, session.begin():
        session.add(Entry(amount=1))


@pattern
def begin_of_the_sessionmaker(db: Session, make: Any, engine: Any) -> None:
    with make.begin() as session:
        session.add(Entry(amount=1))


@pattern
def begin_that_raises(db: Session, make: Any, engine: Any) -> None:
    with contextlib.suppress(ValueError), make.begin() as session:
        session.add(Entry(amount=1))
        session.flush()
        raise ValueError
    with make.begin() as session:
        session.add(Entry(amount=2))


@pattern
def nested_kept(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    with db.begin_nested():
        db.add(Entry(amount=2))
    db.commit()


@pattern
def nested_undone(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    with contextlib.suppress(ValueError), db.begin_nested():
        db.add(Entry(amount=2))
        db.flush()
        raise ValueError
    db.add(Entry(amount=3))
    db.commit()


@pattern
def nested_in_nested(db: Session, make: Any, engine: Any) -> None:
    with db.begin_nested():
        db.add(Entry(amount=1))
        with contextlib.suppress(ValueError), db.begin_nested():
            db.add(Entry(amount=2))
            db.flush()
            raise ValueError
        with db.begin_nested():
            db.add(Entry(amount=3))
    db.commit()


@pattern
def nested_kept_then_all_undone(db: Session, make: Any, engine: Any) -> None:
    db.scalars(select(Entry)).all()
    with db.begin_nested():
        db.add(Entry(amount=1))
    db.rollback()
    db.add(Entry(amount=2))
    db.commit()


@pattern
def violation_then_rollback_and_go_on(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(id=1000, amount=1))
    db.commit()
    db.add(Entry(id=1000, amount=2))
    with contextlib.suppress(exc.IntegrityError):
        db.commit()
    db.rollback()
    db.add(Entry(amount=3))
    db.commit()


@pattern
def violation_at_flush_in_a_block(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(id=1000, amount=1))
    db.commit()
    with contextlib.suppress(exc.IntegrityError), make.begin() as session:
        session.add(Entry(amount=2))
        session.flush()
        session.add(Entry(id=1000, amount=3))
    db.add(Entry(amount=4))
    db.commit()


@pattern
def rollback_undoes_what_is_not_committed(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    db.commit()
    db.add(Entry(amount=2))
    db.flush()
    db.rollback()
    db.rollback()


@pattern
def close_inside(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    db.commit()
    db.close()
    db.add(Entry(amount=2))
    db.flush()
    db.close()
    db.add(Entry(amount=3))
    db.commit()


@pattern
def core_begin(db: Session, make: Any, engine: Any) -> None:
    with engine.begin() as connection:
        connection.execute(INSERT, {"amount": 1})


@pattern
def core_connect_and_commit(db: Session, make: Any, engine: Any) -> None:
    with engine.connect() as connection:
        connection.execute(INSERT, {"amount": 1})
        connection.commit()
        connection.execute(INSERT, {"amount": 2})


@pattern
def core_savepoint(db: Session, make: Any, engine: Any) -> None:
    with engine.begin() as connection:
        connection.execute(INSERT, {"amount": 1})
        part = connection.begin_nested()
        connection.execute(INSERT, {"amount": 2})
        part.rollback()


@pattern
def core_through_the_session(db: Session, make: Any, engine: Any) -> None:
    db.connection().execute(INSERT, {"amount": 1})
    db.execute(insert(Entry), [{"amount": 2}, {"amount": 3}])
    db.commit()


@pattern
def cursor_of_the_driver(db: Session, make: Any, engine: Any) -> None:
    cursor = db.connection().connection.cursor()
    cursor.execute("INSERT INTO ledger (amount) VALUES (1)")
    cursor.close()
    db.commit()
    cursor = db.connection().connection.cursor()
    cursor.execute("INSERT INTO ledger (amount) VALUES (2)")
    cursor.close()
    db.rollback()


@pattern
def second_session_commits(db: Session, make: Any, engine: Any) -> None:
    with make() as session:
        session.add(Entry(amount=1))
        session.commit()
    db.add(Entry(amount=2))
    db.commit()


@pattern
def interleaved_sessions(db: Session, make: Any, engine: Any) -> None:
    other = make()
    db.add(Entry(amount=1))
    db.flush()
    other.add(Entry(amount=2))
    other.flush()
    db.add(Entry(amount=3))
    db.commit()
    other.commit()
    other.close()


@pattern
def a_reader_around_a_writer(db: Session, make: Any, engine: Any) -> None:
    db.scalars(select(Entry)).all()
    with make() as session:
        session.add(Entry(amount=1))
        session.commit()
    db.rollback()


@pattern
def the_inner_of_two_rolls_back(db: Session, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    db.flush()
    with make() as session:
        session.add(Entry(amount=2))
        session.flush()
        session.rollback()
    db.add(Entry(amount=3))
    db.commit()


@pattern
def session_of_an_own_class(db: Session, make: Any, engine: Any) -> None:
    with OwnSession(engine, expire_on_commit=False) as session:
        entry = Entry(amount=1)
        session.add(entry)
        session.commit()
        assert entry.amount == 1


@pattern
def sessionmaker_of_an_own_class(db: Session, make: Any, engine: Any) -> None:
    with sessionmaker(engine, class_=OwnSession, autoflush=False).begin() as session:
        session.add(Entry(amount=1))


@pattern
def scoped_session_and_remove(db: Session, make: Any, engine: Any) -> None:
    scoped = scoped_session(make)
    scoped.add(Entry(amount=1))
    scoped.commit()
    scoped.add(Entry(amount=2))
    scoped.flush()
    scoped.remove()
    scoped.add(Entry(amount=3))
    scoped.commit()
    scoped.remove()


@pattern
def update_of_what_was_there(db: Session, make: Any, engine: Any) -> None:
    db.execute(insert(Entry).values(id=1000, amount=1))
    db.commit()
    db.get_one(Entry, 1000).amount = 5
    db.commit()


@pattern
def schema_of_a_tenant(db: Session, make: Any, engine: Any) -> None:
    with Session(engine) as session:
        connection = session.connection(execution_options={"schema_translate_map": {"tenant": "public"}})
        connection.execute(INSERT, {"amount": 1})
        session.commit()


@pattern
async def async_one_commit(db: AsyncSession, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    await db.commit()


@pattern
async def async_several_commits(db: AsyncSession, make: Any, engine: Any) -> None:
    for amount in range(1, 5):
        entry = Entry(amount=amount)
        db.add(entry)
        await db.commit()
        await db.refresh(entry)


@pattern
async def async_begin_on_a_fresh_session(db: AsyncSession, make: Any, engine: Any) -> None:
    async with make() as session, session.begin():
        session.add(Entry(amount=1))


@pattern
async def async_begin_of_the_sessionmaker(db: AsyncSession, make: Any, engine: Any) -> None:
    async with make.begin() as session:
        session.add(Entry(amount=1))


@pattern
async def async_nested_undone(db: AsyncSession, make: Any, engine: Any) -> None:
    db.add(Entry(amount=1))
    with contextlib.suppress(ValueError):
        async with db.begin_nested():
            db.add(Entry(amount=2))
            await db.flush()
            raise ValueError
    await db.commit()


@pattern
async def async_violation_then_go_on(db: AsyncSession, make: Any, engine: Any) -> None:
    db.add(Entry(id=1000, amount=1))
    await db.commit()
    db.add(Entry(id=1000, amount=2))
    with contextlib.suppress(exc.IntegrityError):
        await db.commit()
    await db.rollback()
    db.add(Entry(amount=3))
    await db.commit()


@pattern
async def async_core(db: AsyncSession, make: Any, engine: Any) -> None:
    async with engine.begin() as connection:
        await connection.execute(INSERT, {"amount": 1})
    async with engine.connect() as connection:
        await connection.execute(INSERT, {"amount": 2})
        await connection.commit()
        await connection.execute(INSERT, {"amount": 3})


@pattern
async def async_sessions_at_once(db: AsyncSession, make: Any, engine: Any) -> None:
    async def one(amount: int) -> None:
        async with make() as session:
            for _ in range(3):
                session.add(Entry(amount=amount))
                await session.commit()

    await asyncio.gather(one(1), one(2), one(3))


@pattern
async def async_interleaved_sessions(db: AsyncSession, make: Any, engine: Any) -> None:
    other = make()
    db.add(Entry(amount=1))
    await db.flush()
    other.add(Entry(amount=2))
    await other.commit()
    await other.close()
    await db.commit()


@pattern
async def async_expire_on_commit_off(db: AsyncSession, make: Any, engine: Any) -> None:
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        entry = Entry(amount=1)
        session.add(entry)
        await session.commit()
        assert entry.amount == 1


@pattern
async def async_run_sync(db: AsyncSession, make: Any, engine: Any) -> None:
    await db.run_sync(lambda session: one_commit(session, make, engine))
