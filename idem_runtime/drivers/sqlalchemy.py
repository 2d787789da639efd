"""SQLAlchemy, sync and async: an execution on a connection of the application's engine, lent as an ORM session.

``pool=engine``: our own statements go over the engine's psycopg connection as they do over a psycopg pool's, so the
protocol, its round trips and its promises are those of a psycopg session. What is here is how a connection comes from
the engine and goes back, and the session that is joined to it: what it writes is in our transaction, and it can not
end that (``joined_connection.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from contextvars import ContextVar
from typing import Any, ClassVar, TypeAlias, cast

import psycopg
from sqlalchemy import event, exc
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.ext.asyncio import AsyncSession as OrmAsyncSession
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.util import greenlet_spawn

from idem_runtime import log_records
from idem_runtime.drivers import async_session, sync_session
from idem_runtime.drivers.handler_connection import only_read
from idem_runtime.drivers.joined_connection import JoinedConnection, Lent, LentSession
from idem_runtime.drivers.pool_sources import Role
from idem_runtime.drivers.session import Session, as_store_unavailable
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import ConfigurationError, TransactionBroken
from idem_runtime.model import Loanable

SyncReal: TypeAlias = psycopg.Connection[Any]
AsyncReal: TypeAlias = psycopg.AsyncConnection[Any]


def _joined(engine: Engine) -> JoinedConnection:
    """A connection of ``engine``.

    :raises psycopg.OperationalError: none is to be had, in the words of a psycopg pool.
    """
    token = _ours.set(True)
    try:
        return JoinedConnection(engine)
    except (exc.DBAPIError, exc.TimeoutError) as error:
        raise psycopg.OperationalError(str(error)) from error
    finally:
        _ours.reset(token)


_ours: ContextVar[bool] = ContextVar("idem_ours", default=False)
"""Whether the connection that is being taken from an engine is for us."""


def watch(engine: Engine | AsyncEngine, check: Callable[[], None]) -> None:
    """Ask ``check``, which may refuse it, whenever anybody but us takes a connection of ``engine``."""

    def checkout(*_: object) -> None:
        if not _ours.get():
            check()

    event.listen(engine.sync_engine if isinstance(engine, AsyncEngine) else engine, "checkout", checkout)


def _again(engine: Engine) -> Engine:
    """An engine like ``engine``, with connections of its own."""
    return Engine(
        engine.pool.recreate(),
        engine.dialect,
        engine.url,
        hide_parameters=engine.hide_parameters,
        execution_options=engine.get_execution_options(),
    )


class _Pool:
    """An engine as a session uses a pool."""

    closed = False
    timeout = math.inf
    """Seconds: the engine's own pool knows."""

    def __init__(self, engine: Engine) -> None:
        """:raises ConfigurationError: another DBAPI than psycopg 3."""
        driver_name = f"{engine.dialect.name}+{engine.dialect.driver}"
        if driver_name != "postgresql+psycopg":
            raise ConfigurationError(
                f"pool=…: an engine on postgresql+psycopg:// (psycopg 3), not {driver_name}://"
            )
        self.out: dict[Any, JoinedConnection] = {}

    def driver_connection(self, joined: JoinedConnection) -> Any:
        """The psycopg connection of ``joined``, by which it is found again."""
        real = joined.connection.driver_connection
        self.out[real] = joined
        return real


class SyncPool(_Pool):
    """An engine for sync handlers."""

    connection_class = psycopg.Connection
    store: ClassVar[type[sync_session.SyncSession]]

    def __init__(self, engine: Engine) -> None:
        """``engine`` stays the application's: it is never disposed of here."""
        super().__init__(engine)
        self.engine = engine

    def open(self) -> None:
        """It is never closed."""

    def beside(self, _: Role) -> SyncPool:
        """Another engine of ours with the same parameters and a pool of its own."""
        return SyncPool(_again(self.engine))

    def close(self) -> None:
        """Close the connections of an engine of ours."""
        self.engine.dispose()

    def getconn(self, _: float) -> SyncReal:
        """A connection out of the engine's pool."""
        return cast("SyncReal", self.driver_connection(_joined(self.engine)))

    def putconn(self, real: SyncReal) -> None:
        """Give ``real`` back, or throw it away."""
        self.out.pop(real).end()


class AsyncPool(_Pool):
    """An engine for async handlers."""

    store: ClassVar[type[async_session.AsyncSession]]

    def __init__(self, engine: AsyncEngine) -> None:
        """``engine`` stays the application's: it is never disposed of here."""
        super().__init__(engine.sync_engine)
        self.engine = engine

    async def open(self) -> None:
        """It is never closed."""

    def beside(self, _: Role) -> AsyncPool:
        """As :meth:`SyncPool.beside`."""
        return AsyncPool(AsyncEngine(_again(self.engine.sync_engine)))

    async def close(self) -> None:
        """Close the connections of an engine of ours."""
        await self.engine.dispose()

    async def getconn(self, _: float) -> AsyncReal:
        """A connection out of the engine's pool."""
        joined = await greenlet_spawn(_joined, self.engine.sync_engine)
        return cast("AsyncReal", self.driver_connection(joined))

    async def putconn(self, real: AsyncReal) -> None:
        """Give ``real`` back, or throw it away."""
        await greenlet_spawn(self.out.pop(real).end)


class _Joined(Session):
    """What both colours add: the session that is lent."""

    pool: Any
    session: Any = None
    _reading: dict[str, Any] | None = None
    _owners: bool | None = None

    @property
    def joined(self) -> JoinedConnection | None:
        """SQLAlchemy's side of the held connection."""
        return None if self.held is None else cast("JoinedConnection", self.pool.out[self.held])

    @property
    def failed(self) -> bool:
        """Whether only undoing is possible: for Postgres, or for SQLAlchemy."""
        return super().failed or (self.joined is not None and self.joined.undone)

    @property
    def taken_back(self) -> bool:
        """Whether what the execution did is undone, by a part that a dependency had opened around it."""
        return super().taken_back or (self.joined is not None and self.joined.taken_back)

    def claimed(self, savepoint: str) -> None:
        """An execution has joined the transaction, and made ``savepoint`` in it."""
        super().claimed(savepoint)
        assert self.joined is not None
        self.joined.claim = savepoint

    def _only_reads_once_answered(self) -> None:
        """Nothing more is written once the answer has begun."""
        if self.answered:
            self._only_reads()

    def _only_reads(self) -> None:
        """As the psycopg connection's: the session sends its statements over the real one."""
        super()._only_reads()
        attributes = cast("dict[str, Any]", self.held.__dict__)
        self._reading, self._owners = attributes, attributes["_read_only"]
        only_read(attributes)

    def _unbegun(self) -> str | None:
        """The level that the first statement has to begin at; ``None`` where the transaction has begun."""
        return None if self.begun else self._level().name.replace("_", " ")

    def _flushable(self) -> bool:
        """Whether there is a session to flush.

        :raises TransactionBroken: what it had written is undone already.
        """
        if self.failed:
            raise TransactionBroken(
                "The handler's transaction had failed; it was undone and the key is free."
            )
        return self.session is not None

    @property
    def pending(self) -> bool:
        """Whether the session keeps something back that it has not written yet."""
        session = self.session
        return session is not None and bool(session.new or session.dirty or session.deleted)

    def revoke(self) -> None:
        """The handler is done: what it keeps of the session is detached."""
        if self.answered and self.pending:
            log_records.pending_objects_lost()
        used = self.loan is not None
        super().revoke()
        if self._reading is not None:
            only_read(self._reading, yes=self._owners)
            self._reading = None
        if used and self.session is not None:
            self.session.expunge_all()
            self.session = None


class SyncSession(_Joined, sync_session.SyncSession):
    """One execution's use of an engine."""

    def borrow(self, kind: Loanable = "connection") -> Any:
        """The session, or the psycopg connection below it."""
        return super().borrow() if kind == "connection" else self._lend()

    def borrow_later(self, kind: Loanable, check: Callable[[], None]) -> Any:
        """As ``borrow``, but a connection is only taken from the pool when it is used; ``check`` may refuse it then."""
        if kind == "connection":
            return super().borrow_later(kind, check)

        def lent() -> Lent:
            check()
            with as_store_unavailable():
                return self._lent()

        self.session = self.session or LentSession(lent=lent)
        return self.session

    def _lend(self) -> OrmSession:
        self.session = self.session or LentSession(lent=self._lent)
        return cast("OrmSession", self.session)

    def _lent(self) -> Lent:
        with self._taking:
            self._take()
            assert self.joined is not None
            self.joined.join(self._unbegun())
            loan = self._loan()
            loan.used = True  # its statements go over the real connection
            self._only_reads_once_answered()
            return self.joined, loan

    def flush(self) -> None:
        """Write what the session still keeps back."""
        if self._flushable():
            self.session.flush()

    def part(self) -> AbstractContextManager[Any]:
        """A savepoint of the session: made where it is used, undone with its objects where the block raises."""
        return self._lend().begin_nested()


class AsyncSession(_Joined, async_session.AsyncSession):
    """One execution's use of an async engine."""

    async def borrow(self, kind: Loanable = "connection") -> Any:
        """The session, or the psycopg connection below it."""
        return await super().borrow() if kind == "connection" else await self._lend()

    async def _lend(self) -> OrmAsyncSession:
        async with self._taking:
            await self._take()
            assert self.joined is not None
            if self.session is None:
                await greenlet_spawn(self.joined.join, self._unbegun())
                lent = (self.joined, self._loan())
                lent[1].used = True  # its statements go over the real connection
                self._only_reads_once_answered()
                bind = AsyncConnection(self.pool.engine, self.joined)
                self.session = OrmAsyncSession(bind, sync_session_class=LentSession, lent=lambda: lent)
            return cast("OrmAsyncSession", self.session)

    async def flush(self) -> None:
        """Write what the session still keeps back."""
        if self._flushable():
            await uncancelled(self.session.flush())

    async def part(self) -> AbstractAsyncContextManager[Any]:
        """A savepoint of the session: made where it is used, undone with its objects where the block raises."""
        return (await self._lend()).begin_nested()


SyncPool.store, AsyncPool.store = SyncSession, AsyncSession


def pools(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """``given``, its engines made usable as pools.

    :raises ConfigurationError: an engine of another DBAPI than psycopg 3.
    """
    kinds: dict[type[Any], type[Any]] = {Engine: SyncPool, AsyncEngine: AsyncPool}
    made = (next((kinds[kind](pool) for kind in kinds if isinstance(pool, kind)), pool) for pool in given)
    return tuple(made)
