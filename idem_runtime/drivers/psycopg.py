"""psycopg 3, sync and async: two short shells that run the protocol's statements (the model: psycopg's transaction.py).

A session holds at most one connection, and only from the first statement or loan to ``release``. Statements go out
with the simple protocol, so several of them are one round trip and a transaction pooler sees nothing unusual.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    contextmanager,
    nullcontext,
    suppress,
)
from functools import cache
from typing import Any, TypeVar, cast

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from idem_runtime.drivers.borrowed import Loan, lend, lend_async, lend_later
from idem_runtime.drivers.messages import failure, results, round_trip
from idem_runtime.drivers.pools import AsyncPool, SyncPool, Table, compose
from idem_runtime.errors import ConfigurationError, StoreUnavailable, TransactionBroken
from idem_runtime.model import Isolation, Loanable, Pause, Results, Statement, Steps, StoreError

T = TypeVar("T")
LEFT_OPEN = (
    "A COPY, a stream or a pipeline was left open on the lent connection, so that nothing could be committed."
)
FAILED = "The transaction of the lent connection had failed, so that nothing could be committed."


def _usable(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Whether a statement outside any transaction can run here now."""
    return not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE


def _only_connections(kind: Loanable) -> None:
    if kind == "session":
        raise ConfigurationError("no SQLAlchemy session: give your engine as Idempotency(pool=engine)")


@contextmanager
def told() -> Generator[None, None, None]:
    """Whoever uses what was lent for later is told as whoever borrows at once.

    :raises StoreUnavailable: there is no connection.
    """
    try:
        yield
    except StoreError:
        raise StoreUnavailable from None


class _Session:
    """What both colours keep: one per execution, never shared."""

    def __init__(self, table: Table, isolation: Isolation | None) -> None:
        self.table = table
        self.isolation: Isolation | None = isolation
        self.loan: Loan | None = None
        self.held: Any = None

    @property
    def begun(self) -> bool:
        """Whether the held connection is in a transaction already."""
        # a closed one, too: its transaction has begun
        return self.held is not None and not _usable(self.held)

    @property
    def failed(self) -> bool:
        """Whether the held transaction has failed, so that only undoing is possible."""
        return self.held is not None and self.held.info.transaction_status == TransactionStatus.INERROR

    @property
    def closed(self) -> bool:
        """Whether the held connection is gone."""
        return self.held is not None and bool(self.held.closed)

    @property
    def unfinished(self) -> bool:
        """Whether the handler left a COPY, a stream or a pipeline open, so that no statement of ours can run."""
        return self.held is not None and self._stuck(self.held)

    def _stuck(self, real: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
        pipeline = real.pgconn.pipeline_status != PipelineStatus.OFF
        if real.closed or not (pipeline or real.info.transaction_status == TransactionStatus.ACTIVE):
            return False
        with suppress(psycopg.OperationalError):
            real.pgconn.consume_input()  # a connection that was cut in the middle of a statement is not known to be yet
        return not real.closed

    @property
    def taken_back(self) -> bool:
        """Whether what the execution did is undone, by a part that a dependency had opened around it."""
        return self.loan is not None and self.loan.taken_back

    def claimed(self, savepoint: str) -> None:
        """An execution has joined the transaction, and made ``savepoint`` in it."""
        if self.loan is not None:
            self.loan.claimed = savepoint

    @property
    def lent(self) -> bool:
        """Whether a handler or dependency has the connection."""
        return self.loan is not None

    def _level(self) -> psycopg.IsolationLevel:
        """What the settings say, else what the pool's own connections are set to: never lower than its owner wants it."""
        if self.isolation is None:
            own = None if self.held is None else self.held.isolation_level
            return own or psycopg.IsolationLevel.READ_COMMITTED
        return psycopg.IsolationLevel[self.isolation.replace(" ", "_").upper()]

    def _committable(self) -> bool:
        """Whether there is an ordinary transaction to commit.

        :raises TransactionBroken: it cannot be.
        """
        if self.unfinished:
            raise TransactionBroken(LEFT_OPEN)
        if self.failed:
            raise TransactionBroken(FAILED)
        return self.begun

    def _only_reads(self) -> None:
        """The ordinary transaction is committed, and whoever has the connection may still read while they answer."""
        if self.loan is not None:
            self.loan.read_only()

    def _text(self, statement: Statement) -> bytes:
        level = self._level().name
        return compose(self.held, self.table, statement.name, statement.params, level=level)

    def revoke(self) -> None:
        """The handler is done: whatever it kept of the connection is of no use any more."""
        if self.loan is not None:
            self.loan.revoked = True
            self.loan = None


class SyncSession(_Session):
    """One execution's use of a sync pool."""

    def __init__(self, pool: SyncPool, table: Table, isolation: Isolation | None = None) -> None:
        """A session that holds nothing yet; its transactions begin with ``isolation``."""
        super().__init__(table, isolation)
        self.pool = pool
        self.held: psycopg.Connection[Any] | None = None

    def fork(self) -> SyncSession:
        """Another session on the same pool."""
        return type(self)(self.pool, self.table, self.isolation)

    def run(self, steps: Steps[T]) -> T:
        """Run a part of the protocol; returns what it decided."""
        try:
            command = next(steps)
            while True:
                try:
                    results = self._do(command)
                except StoreError as error:
                    command = steps.throw(error)
                else:
                    command = steps.send(results)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # - StopIteration.value is Any

    def borrow(self, kind: Loanable = "connection") -> Any:
        """The connection for the handler, until ``release``.

        :raises StoreError: none is to be had. :raises ConfigurationError: there are no sessions here.
        """
        _only_connections(kind)
        real = self._hold()
        if self.loan is None:
            self.loan = Loan()
        if self.begun:
            return lend(real, self.loan)
        level, autocommit = real.isolation_level, real.autocommit
        real.autocommit = False  # what the handler sees: statements before the claim begin a transaction
        real.isolation_level = self._level()
        borrowed = lend(real, self.loan)
        real.isolation_level = level
        real.autocommit = autocommit
        return borrowed

    def borrow_later(self, kind: Loanable, check: Callable[[], None]) -> Any:
        """As ``borrow``, but a connection is only taken from the pool when it is used; ``check`` may refuse it then."""

        def borrow() -> psycopg.Connection[Any]:
            check()
            with told():
                return cast("psycopg.Connection[Any]", self.borrow())

        return self.borrow(kind) if self.held is not None else lend_later(self.pool.connection_class, borrow)

    def flush(self) -> None:
        """Nothing is kept back: what a handler executes is sent."""

    def settle_lent(self, *, keep: bool, reads: bool = False) -> None:
        """End the ordinary transaction of what is lent: commit it, or undo it; ``reads``: what is lent may go on reading.

        :raises TransactionBroken: it had failed, or was left in the middle of something, and is undone.
        :raises Exception: the driver's own error of a COMMIT.
        """
        if not self.lent:
            return
        try:
            if keep:
                self._keep()
        except StoreError as error:
            raise error.cause or error from None
        finally:
            if keep and reads and not self.begun:
                self._only_reads()
            else:
                self.release()

    def _keep(self) -> None:
        self.flush()
        if self._committable():
            done = self._do(Statement("commit", {}))
            if done[-1].tag != "COMMIT":
                raise TransactionBroken(FAILED)

    def part(self) -> AbstractContextManager[Any]:
        """A part of the handler that may be undone: nothing here has to know."""
        return nullcontext()

    def release(self) -> None:
        """Revoke the loan and give the connection back clean, or closed."""
        lent, real, self.held = self.lent, self.held, None
        self.revoke()
        if real is not None:
            self._give_back(real, lent=lent)

    def _give_back(self, real: psycopg.Connection[Any], *, lent: bool) -> None:
        try:
            if self._stuck(real):
                real.close()
            elif lent and not real.closed and not _usable(real):
                real.rollback()
            elif not real.closed and not _usable(real):
                # psycopg's own would forget the prepared statements of this connection; ours makes none
                real.wait(round_trip(real.pgconn, b"ROLLBACK"))
        except psycopg.Error:
            real.close()
        finally:
            self.pool.putconn(real)

    def release_later(self) -> None:
        """As ``release``, off the caller's path: the answer does not wait for a ROLLBACK."""
        lent, real, self.held = self.lent, self.held, None
        self.revoke()
        if real is not None:
            _cleaner().submit(self._give_back, real, lent=lent)

    def _hold(self) -> psycopg.Connection[Any]:
        if self.held is None:
            try:
                if self.pool.closed:
                    self.pool.open()
                self.held = self.pool.getconn()
            except psycopg.OperationalError as error:
                raise StoreError(None, cause=error) from error
        return self.held

    def _do(self, command: Statement | Pause) -> Results:
        if isinstance(command, Pause):
            self.release()
            time.sleep(command.seconds)
            return []
        if self.closed:
            if not command.fresh:
                raise StoreError(None)  # the transaction went with its connection
            self.release()
        mine = self.held is None and command.fresh
        try:
            return self._execute(self._hold(), command)
        finally:
            if mine:
                self.release()

    def _execute(self, real: psycopg.Connection[Any], statement: Statement) -> Results:
        try:
            text = self._text(statement)
            with real.lock:
                return results(real, real.wait(round_trip(real.pgconn, text)))
        except psycopg.Error as error:
            raise failure(error, self.table, closed=real.closed) from error


class AsyncSession(_Session):
    """One execution's use of an async pool."""

    def __init__(self, pool: AsyncPool, table: Table, isolation: Isolation | None = None) -> None:
        """A session that holds nothing yet; its transactions begin with ``isolation``."""
        super().__init__(table, isolation)
        self.pool = pool
        self.held: psycopg.AsyncConnection[Any] | None = None

    def fork(self) -> AsyncSession:
        """Another session on the same pool."""
        return type(self)(self.pool, self.table, self.isolation)

    async def run(self, steps: Steps[T]) -> T:
        """Run a part of the protocol; returns what it decided."""
        try:
            command = next(steps)
            while True:
                try:
                    results = await self._do(command)
                except StoreError as error:
                    command = steps.throw(error)
                else:
                    command = steps.send(results)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # - StopIteration.value is Any

    async def borrow(self, kind: Loanable = "connection") -> Any:
        """The connection for the handler, until ``release``.

        :raises StoreError: none is to be had. :raises ConfigurationError: there are no sessions here.
        """
        _only_connections(kind)
        real = await self._hold()
        if self.loan is None:
            self.loan = Loan()
        if self.begun:
            return lend_async(real, self.loan)
        level, autocommit = real.isolation_level, real.autocommit
        # what the handler sees: statements before the claim begin a transaction
        await real.set_autocommit(False)
        await real.set_isolation_level(self._level())
        borrowed = lend_async(real, self.loan)
        await real.set_isolation_level(level)
        await real.set_autocommit(autocommit)
        return borrowed

    async def flush(self) -> None:
        """Nothing is kept back: what a handler executes is sent."""

    async def settle_lent(self, *, keep: bool, reads: bool = False) -> None:
        """End the ordinary transaction of what is lent: commit it, or undo it; ``reads``: what is lent may go on reading.

        :raises TransactionBroken: it had failed, or was left in the middle of something, and is undone.
        :raises Exception: the driver's own error of a COMMIT.
        """
        if not self.lent:
            return
        try:
            if keep:
                await self._keep()
        except StoreError as error:
            raise error.cause or error from None
        finally:
            if keep and reads and not self.begun:
                self._only_reads()
            else:
                await self.release()

    async def _keep(self) -> None:
        await self.flush()
        if self._committable():
            done = await self._do(Statement("commit", {}))
            if done[-1].tag != "COMMIT":
                raise TransactionBroken(FAILED)

    async def part(self) -> AbstractAsyncContextManager[Any]:
        """A part of the handler that may be undone: nothing here has to know."""
        return nullcontext()

    async def release(self) -> None:
        """Revoke the loan and give the connection back clean, or closed."""
        lent, real, self.held = self.lent, self.held, None
        self.revoke()
        if real is not None:
            await self._give_back(real, lent=lent)

    async def _give_back(self, real: psycopg.AsyncConnection[Any], *, lent: bool) -> None:
        try:
            if self._stuck(real):
                await real.close()
            elif lent and not real.closed and not _usable(real):
                await real.rollback()
            elif not real.closed and not _usable(real):
                # psycopg's own would forget the prepared statements of this connection; ours makes none
                await real.wait(round_trip(real.pgconn, b"ROLLBACK"))
        except psycopg.Error:
            await real.close()
        finally:
            await self.pool.putconn(real)

    async def release_later(self) -> None:
        """As ``release``, off the caller's path: the answer does not wait for a ROLLBACK."""
        lent, real, self.held = self.lent, self.held, None
        self.revoke()
        if real is not None:
            task = asyncio.create_task(self._give_back(real, lent=lent))
            _RETURNING.add(task)
            task.add_done_callback(_RETURNING.discard)

    async def _hold(self) -> psycopg.AsyncConnection[Any]:
        if self.held is None:
            try:
                if self.pool.closed:
                    await self.pool.open()
                self.held = await self.pool.getconn()
            except psycopg.OperationalError as error:
                raise StoreError(None, cause=error) from error
        return self.held

    async def _do(self, command: Statement | Pause) -> Results:
        if isinstance(command, Pause):
            await self.release()
            await asyncio.sleep(command.seconds)
            return []
        if self.closed:
            if not command.fresh:
                raise StoreError(None)  # the transaction went with its connection
            await self.release()
        mine = self.held is None and command.fresh
        try:
            return await self._execute(await self._hold(), command)
        finally:
            if mine:
                await self.release()

    async def _execute(self, real: psycopg.AsyncConnection[Any], statement: Statement) -> Results:
        try:
            text = self._text(statement)
            async with real.lock:
                return results(real, await real.wait(round_trip(real.pgconn, text)))
        except psycopg.Error as error:
            raise failure(error, self.table, closed=real.closed) from error


_RETURNING: set[asyncio.Task[None]] = set()
"""Connections on their way back: the event loop itself keeps no strong reference to a task."""


@cache
def _cleaner() -> ThreadPoolExecutor:
    """The thread that takes connections back after a replay; started at the first one."""
    return ThreadPoolExecutor(1, thread_name_prefix="idem-return")


def wait_for_returns() -> None:
    """Wait until every connection that :meth:`SyncSession.release_later` took is back in its pool."""
    if _cleaner.cache_info().currsize:
        _cleaner().submit(int).result()


async def wait_for_async_returns() -> None:
    """As :func:`wait_for_returns`, for the connections of this event loop."""
    here = asyncio.get_running_loop()
    returning = [task for task in _RETURNING if task.get_loop() is here]
    if returning:
        await asyncio.wait(returning)


os.register_at_fork(after_in_child=_cleaner.cache_clear)  # the thread stays with the parent
