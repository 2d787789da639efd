"""SQLAlchemy, sync and async: an execution on a connection of the application's engine.

Our own statements go over the engine's psycopg connection as they do over a psycopg pool's, so the protocol, its round
trips and its promises are those of a psycopg session. What is here is what the application has of that transaction: the
session that is lent, which cannot end it (``joined_connection.py``), and its own sessions, which are part of it
(``shared_connection.py``). How a connection comes from the engine and goes back stands in ``engine_pools.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, ClassVar, cast

from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncSession as OrmAsyncSession
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.util import await_only, greenlet_spawn

from idem_runtime import log_records
from idem_runtime.drivers import async_session, sync_session
from idem_runtime.drivers.engine_pools import AsyncPool, SyncPool, is_known, pools
from idem_runtime.drivers.handler_connection import only_read
from idem_runtime.drivers.joined_connection import JoinedConnection, Lent, LentSession
from idem_runtime.drivers.joined_engines import flushing, join
from idem_runtime.drivers.joined_sessions import Sessions
from idem_runtime.drivers.session import Session, as_store_unavailable
from idem_runtime.drivers.shared_connection import JoiningConnection, Shared
from idem_runtime.drivers.turns import TaskTurns, ThreadTurns
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import ConfigurationError, TransactionBroken
from idem_runtime.model import Loanable

OTHER_COLOUR = (
    "this execution is on {} engine, and this is {} one, whose connections cannot be part of its transaction: use sessions "
    "of one kind in a money-moving request, in what it depends on, too"
)


class _Joined(Session):
    """What both colours add: the session that is lent."""

    pool: Any
    session: Any = None
    _sessions: Sessions | None = None
    turns_class: ClassVar[type[ThreadTurns | TaskTurns]]
    _reading: dict[str, Any] | None = None
    _owners: bool | None = None

    @property
    def joined(self) -> JoinedConnection | None:
        """SQLAlchemy's side of the held connection."""
        return None if self.held is None else cast("JoinedConnection", self.pool.out[self.held])

    @property
    def failed(self) -> bool:
        """Whether only undoing is possible: for Postgres, or for SQLAlchemy."""
        joined = self.joined
        broken = self._sessions is not None and self._sessions.broken
        return (
            super().failed
            or broken
            or (joined is not None and (joined.undone or joined.stack.undone or joined.stack.abandoned))
        )

    @property
    def taken_back(self) -> bool:
        """Whether what the execution did is undone, by a part that a dependency had opened around it."""
        return super().taken_back or (self.joined is not None and self.joined.taken_back)

    def claimed(self, savepoint: str) -> None:
        """An execution has joined the transaction, and made ``savepoint`` in it."""
        super().claimed(savepoint)
        assert self.joined is not None
        self.joined.claim = savepoint
        self.joined.stack.claimed(savepoint)

    def went_back(self, savepoint: str) -> None:
        """All that was done since ``savepoint`` is undone."""
        assert self.joined is not None
        self.joined.stack.taken_back(savepoint)

    def part_claimed(self, savepoint: str) -> None:
        """A nested call has joined, and made ``savepoint``."""
        assert self.joined is not None
        self.joined.stack.claimed(savepoint)
        self.sessions.part_begun(savepoint)

    def part_ended(self, savepoint: str, *, kept: bool) -> None:
        """It has ended, and ``savepoint`` is released."""
        self.sessions.part_ended(savepoint, kept=kept)
        assert self.joined is not None
        self.joined.stack.claim_ended(savepoint, kept=kept)

    @property
    def sessions(self) -> Sessions:
        """The application's own."""
        if self._sessions is None:
            self._sessions = Sessions()
        return self._sessions

    def note_session(self, session: OrmSession, *, asynchronous: bool) -> None:  # noqa: ARG002 - as whoever lends both
        """A session of the application's own is used."""
        self.sessions.note(session)

    def _shared(self, engine: Engine) -> JoiningConnection:
        """A connection of the application's own on what is held and begun."""
        assert self.joined is not None
        loan = self._loan()
        loan.used = True
        loan.on_use = self.joined.stack.used_beside
        return JoiningConnection(engine, Shared(self.joined, loan))

    def _join(self) -> None:
        """Take the transaction of what is held for begun."""
        assert self.joined is not None
        if not self.joined.in_transaction():
            self.joined.turns = self.turns_class()
            self.joined.join(self._unbegun())

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

    def _to_flush(self) -> list[Any]:
        """The sessions that may keep something back.

        :raises TransactionBroken: what it had written is undone already.
        """
        if self.failed:
            raise TransactionBroken(
                "The handler's transaction had failed; it was undone and the key is free."
            )
        lent = [] if self.session is None else [self.session]
        return lent + ([] if self._sessions is None else self._sessions.pending())

    @property
    def pending(self) -> bool:
        """Whether the session keeps something back that it has not written yet."""
        session = self.session
        lent = session is not None and bool(session.new or session.dirty or session.deleted)
        return lent or (self._sessions is not None and bool(self._sessions.pending()))

    def revoke(self) -> None:
        """The handler is done: what it keeps of the session is detached."""
        if self.answered and self.pending:
            log_records.pending_objects_lost()
        used = self.loan is not None
        super().revoke()
        if self._sessions is not None:
            self._sessions.leave()
        if self._reading is not None:
            only_read(self._reading, yes=self._owners)
            self._reading = None
        if used and self.session is not None:
            self.session.expunge_all()
            self.session = None


class SyncSession(_Joined, sync_session.SyncSession):
    """One execution's use of an engine."""

    turns_class = ThreadTurns

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

    def connect(self, engine: Engine, *, asynchronous: bool = False) -> JoiningConnection:
        """A connection of the application's own, in our transaction.

        :raises ConfigurationError: ``engine`` is ``asynchronous``. :raises StoreUnavailable: there is none to be had.
        """
        if asynchronous:
            raise ConfigurationError(OTHER_COLOUR.format("a sync", "an async"))
        with as_store_unavailable(), self._taking:
            self._take()
            self._join()
            return self._shared(engine)

    def committed(self) -> None:
        """Effect and key are committed: the sessions' listeners are told."""
        if self._sessions is not None:
            self._sessions.committed()

    def start_over(self) -> None:
        """The request goes through again."""
        self.sessions.start_over()

    def _lend(self) -> OrmSession:
        self.session = self.session or LentSession(lent=self._lent)
        return cast("OrmSession", self.session)

    def _lent(self) -> Lent:
        with self._taking:
            self._take()
            self._join()
            loan = self._loan()
            loan.used = True  # its statements go over the real connection
            self._only_reads_once_answered()
            assert self.joined is not None
            return self.joined, loan

    def flush(self) -> None:
        """Write what the session still keeps back."""
        with flushing(self):
            for session in self._to_flush():
                session.flush()

    def part(self) -> AbstractContextManager[Any]:
        """A savepoint of the session: made where it is used, undone with its objects where the block raises."""
        return self._lend().begin_nested()


class AsyncSession(_Joined, async_session.AsyncSession):
    """One execution's use of an async engine."""

    turns_class = TaskTurns
    watches = False  # SQLAlchemy's connection waits there, too

    async def borrow(self, kind: Loanable = "connection") -> Any:
        """The session, or the psycopg connection below it."""
        return await super().borrow() if kind == "connection" else await self._lend()

    async def _lend(self) -> OrmAsyncSession:
        async with self._taking:
            await self._take()
            if self.session is None:
                await greenlet_spawn(self._join)
                assert self.joined is not None
                lent = (self.joined, self._loan())
                lent[1].used = True  # its statements go over the real connection
                self._only_reads_once_answered()
                bind = AsyncConnection(self.pool.engine, self.joined)
                self.session = OrmAsyncSession(bind, sync_session_class=LentSession, lent=lambda: lent)
            return cast("OrmAsyncSession", self.session)

    async def flush(self) -> None:
        """Write what the session still keeps back."""
        with flushing(self):
            for session in self._to_flush():
                is_async = isinstance(session, OrmAsyncSession)
                await uncancelled(session.flush() if is_async else greenlet_spawn(session.flush))

    def connect(self, engine: Engine, *, asynchronous: bool = True) -> JoiningConnection:
        """As :meth:`SyncSession.connect`, called where SQLAlchemy's own code waits for the event loop."""
        if not asynchronous:
            raise ConfigurationError(OTHER_COLOUR.format("an async", "a sync"))
        with as_store_unavailable():
            await_only(self._begun_here())
        return self._shared(engine)

    async def _begun_here(self) -> None:
        async with self._taking:
            await self._take()
            await greenlet_spawn(self._join)

    async def committed(self) -> None:
        """As :meth:`SyncSession.committed`."""
        if self._sessions is not None:
            await greenlet_spawn(self._sessions.committed)

    async def start_over(self) -> None:
        """As :meth:`SyncSession.start_over`."""
        await greenlet_spawn(self.sessions.start_over)

    async def part(self) -> AbstractAsyncContextManager[Any]:
        """A savepoint of the session: made where it is used, undone with its objects where the block raises."""
        return (await self._lend()).begin_nested()


__all__ = ["AsyncPool", "AsyncSession", "SyncPool", "SyncSession", "is_known", "join", "pools"]
SyncPool.store, AsyncPool.store = SyncSession, AsyncSession
