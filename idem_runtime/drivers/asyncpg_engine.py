"""SQLAlchemy's async engine on asyncpg (``postgresql+asyncpg://``): an execution on one of its connections.

The application's sessions are part of it as on psycopg (``sqlalchemy.py``). Our BEGIN and COMMIT take the place of those
that SQLAlchemy would have asyncpg send, so that there are no more round trips than without us.
"""

from __future__ import annotations

from typing import Any, cast

import psycopg
from sqlalchemy import event, exc
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only, greenlet_spawn

from idem_runtime.drivers import sqlalchemy as psycopg_engine
from idem_runtime.drivers.asyncpg import ERRORS, Real, failure
from idem_runtime.drivers.asyncpg_messages import message, results_of
from idem_runtime.drivers.checkout import in_background
from idem_runtime.drivers.deadlines import Deadline, TooLate
from idem_runtime.drivers.engine_pools import ON_ASYNCPG, AsyncPool, again
from idem_runtime.drivers.joined_connection import JoinedConnection
from idem_runtime.drivers.joined_engines import for_us
from idem_runtime.drivers.pool_sources import Role
from idem_runtime.drivers.shared_connection import JoiningConnection
from idem_runtime.drivers.uncancelled import deferred, uncancelled
from idem_runtime.errors import ConfigurationError
from idem_runtime.model import Loanable, Results, Statement

NO_PSYCOPG = (
    "idem.connection() lends a psycopg connection, and this engine is on asyncpg: use a session of the engine's, "
    "or idem.session"
)


class AsyncpgJoined(JoinedConnection):
    """SQLAlchemy's side of the held connection; the transaction is begun and ended by us, past SQLAlchemy's adapter."""

    real: Real

    def __init__(self, engine: Engine) -> None:
        """A connection of ``engine``."""
        super().__init__(engine)
        while cast("Any", self.connection.driver_connection).is_closed():
            self.invalidate()  # the pool makes another in its place
        self.real = Real(self.connection.dbapi_connection)

    @property
    def _real(self) -> Any:
        gone = self.closed or self.invalidated
        return None if gone else self.real

    def join(self, level: str | None) -> None:
        """As on psycopg, whose first statement begins the transaction: here it is begun at once."""
        if level is not None:
            await_only(self.real.begin(level))
        self.begin()

    def end(self) -> None:
        """As on psycopg."""
        self.real.leave()
        super().end()


def _real_of(connection: Connection | None) -> Real | None:
    if isinstance(connection, JoiningConnection):
        connection = connection.shared.joined_connection
    return connection.real if isinstance(connection, AsyncpgJoined) else None


def _failed(context: ExceptionContext) -> None:
    """A statement of the application's has failed; one that the server has not refused fails nothing."""
    real = _real_of(context.connection)
    if real is not None and getattr(context.original_exception, "sqlstate", None):
        real.failed = True


def _went_well(connection: Connection, *_: object) -> None:
    real = _real_of(connection)
    if real is not None:
        real.failed = False  # the first one after a ROLLBACK TO SAVEPOINT, which only now is known to be good


class AsyncpgPool(AsyncPool):
    """Such an engine, in a pool's place."""

    driver = ON_ASYNCPG

    def __init__(self, engine: AsyncEngine) -> None:
        """``engine`` stays the application's: it is never disposed of here."""
        super().__init__(engine)
        core = engine.sync_engine
        if not event.contains(core, "handle_error", _failed):
            event.listen(core, "handle_error", _failed)
            event.listen(core, "after_cursor_execute", _went_well)

    def beside(self, _: Role) -> AsyncpgPool:
        """Another engine of ours with the same parameters and a pool of its own."""
        return AsyncpgPool(AsyncEngine(again(self.engine.sync_engine)))

    async def getconn(self, _: float) -> Any:
        """A connection out of the engine's pool.

        :raises psycopg.OperationalError: none is to be had, in the words of a psycopg pool.
        """
        try:
            joined = await greenlet_spawn(_joined, self.engine.sync_engine)
        except (exc.DBAPIError, exc.TimeoutError, *ERRORS) as error:
            raise psycopg.OperationalError(str(error)) from error
        self.out[joined.real] = joined
        return joined.real

    async def putconn(self, real: Any) -> None:
        """Undo what is not committed, and give ``real`` back, or throw it away."""
        await real.undo()
        back = greenlet_spawn(self.out.pop(real).end)
        if real.closed:  # the server is asked to end what it still does for it, which nobody waits for
            in_background(back)
        else:
            await back


def _joined(engine: Engine) -> AsyncpgJoined:
    with for_us():
        return AsyncpgJoined(engine)


class AsyncpgSession(psycopg_engine.AsyncSession):
    """One execution's use of such an engine."""

    async def borrow(self, kind: Loanable = "connection") -> Any:
        """The session.

        :raises ConfigurationError: a psycopg connection is asked for.
        """
        if kind == "connection":
            raise ConfigurationError(NO_PSYCOPG)
        return await super().borrow(kind)

    def _keep_held(self, real: Any) -> None:
        real.timeout = self.timeout
        super()._keep_held(real)

    def _only_reads(self) -> None:
        cast("Real", self.held).only_reads = True

    def _join(self) -> None:
        self._only_reads_once_answered()  # the transaction begins here
        super()._join()

    def _rollback(self, real: Any, *, used: bool) -> Any:
        """The pool does it."""

    async def _execute(self, real: Any, statement: Statement, deadline: Deadline) -> Results:
        deadline.allow(statement)
        sent = message(self.table, statement, self._level_of(statement))
        try:
            async with real.lock:
                work = real.bounded(real.simple(sent.text, rows=sent.rows), deadline)
                # a wait for a lock is not needed once this is cancelled
                copied, tag = await (work if statement.waits and not deferred() else uncancelled(work))
        except (TooLate, *ERRORS) as error:
            raise failure(real, error, self.table) from error
        return results_of(sent, copied, tag)


AsyncpgPool.store = AsyncpgSession
