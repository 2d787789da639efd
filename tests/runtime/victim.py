"""The program that fault tests kill: a transfer, local or external, on a connection that leads through the proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.drivers import sqlalchemy as _  # noqa: F401 - so that a fork server has it
from idem_runtime.execution.current import current
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import admission_here
from idem_runtime.model import Isolation
from tests.runtime import orm

KEY = {"key": lambda name: name, "principal": lambda name: "alice"}
FIRST, SECOND = (
    "INSERT INTO ledger (amount) VALUES (7) RETURNING id",
    "UPDATE ledger SET who = %s WHERE id = %s",
)


def known(idem: Idempotency) -> Idempotency:
    """``idem`` as it is after its first connection, which is asked once where the records are."""
    runtime_of(idem).where.looked = True
    return idem


@money_moving(operation="local", connection="inside", **KEY)
def local(name: str) -> int:
    db = current.get().borrow_sync()
    number = int(db.execute(FIRST).fetchone()[0])
    db.execute(SECOND, (name, number))
    return number


@money_moving(operation="local", connection="inside", **KEY)
async def local_async(name: str) -> int:
    db = await current.get().borrow_async()
    number = int((await (await db.execute(FIRST)).fetchone())[0])
    await db.execute(SECOND, (name, number))
    return number


@money_moving(operation="local", connection="inside", **KEY)
def joined(name: str) -> int:
    session = current.get().borrow_sync("session")
    entry = orm.Entry(amount=7)
    session.add(entry)
    session.flush()
    entry.who = name  # written when the answer is sealed
    return entry.id


@money_moving(operation="local", connection="inside", **KEY)
async def joined_async(name: str) -> int:
    session = await current.get().borrow_async("session")
    entry = orm.Entry(amount=7)
    session.add(entry)
    await session.flush()
    entry.who = name
    return entry.id


@money_moving(operation="local", connection="inside", **KEY)
def own(name: str) -> int:
    with Session(_engine[0]) as session:
        entry = orm.Entry(amount=7)
        session.add(entry)
        session.flush()
        entry.who, number = name, entry.id
        session.commit()
    return number


@money_moving(operation="local", connection="inside", **KEY)
async def own_async(name: str) -> int:
    async with AsyncSession(_engine[0]) as session:
        entry = orm.Entry(amount=7)
        session.add(entry)
        await session.flush()
        entry.who, number = name, entry.id
        await session.commit()
    return number


@money_moving(operation="external", effect="external", wait=0, **KEY)
def external(name: str) -> int:
    """The provider is the ledger, over a connection that no fault touches."""
    with psycopg.connect(_provider[0], autocommit=True) as provider:
        row = provider.execute(FIRST).fetchone()
        assert row is not None
        return int(row[0])


@money_moving(operation="external", effect="external", wait=0, **KEY)
async def external_async(name: str) -> int:
    return int(external.__wrapped__(name))  # type: ignore[attr-defined]


_provider = [""]
_engine: list[Any] = [None]
POOL: dict[str, Any] = {"min_size": 1, "max_size": 1, "timeout": 5, "open": False}
SYNC = {"local": local, "prepared": local, "joined": joined, "own": own, "external": external}
ASYNC = {
    "local": local_async,
    "prepared": local_async,
    "joined": joined_async,
    "own": own_async,
    "asyncpg": own_async,
    "external": external_async,
    "asyncpg external": external_async,
}


def run(dsn: str, provider: str, effect: str, colour: str, isolation: Isolation = "read committed") -> int:
    """One call, as a caller makes it, on pools of its own.

    ``effect`` "prepared" is local, on connections that may prepare statements; "joined" too, in a SQLAlchemy session that is
    lent; "own" in one of the application's own, and "asyncpg" in such a one on that driver.
    """
    _provider[0] = provider
    if colour == "async":
        return asyncio.run(_run_async(dsn, effect, isolation))
    with ExitStack() as ending:
        if effect in ("joined", "own"):
            engine = ending.enter_context(orm.engine(dsn, pool_size=1, isolation_level=isolation.upper()))
            _engine[0] = engine
            idem = known(Idempotency(pool=engine))
        elif effect == "prepared":
            pool = ConnectionPool(dsn, **POOL)
            ending.callback(pool.close)
            idem = known(Idempotency(pool=pool, isolation=isolation))
        else:
            idem = known(Idempotency(dsn, pool_size=1, pool_timeout=5, isolation=isolation))
        ending.callback(idem.close)
        with admission_here(FunctionAdmission(runtime_of(idem))):
            return int(SYNC[effect]("k"))


async def _run_async(dsn: str, effect: str, isolation: Isolation) -> int:
    close: Callable[[], Awaitable[None]] | None = None
    if effect in ("joined", "own", "asyncpg", "asyncpg external"):
        driver = "asyncpg" if "asyncpg" in effect else "psycopg"
        engine = _engine[0] = orm.async_engine(dsn, isolation_level=isolation.upper(), driver=driver)
        idem, close = known(Idempotency(pool=engine)), engine.dispose
    elif effect == "prepared":
        pool = AsyncConnectionPool(dsn, **POOL)
        idem, close = known(Idempotency(pool=pool, isolation=isolation)), pool.close
    else:
        idem = known(Idempotency(dsn, pool_size=1, pool_timeout=5, isolation=isolation))
    try:
        with admission_here(FunctionAdmission(runtime_of(idem))):
            return int(await ASYNC[effect]("k"))
    finally:
        await idem.aclose()
        if close is not None:
            await close()
