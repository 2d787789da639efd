"""psycopg 3, async: a short shell that runs the protocol's statements; ``sync_session.py`` is its sync twin.

A session holds at most one connection, and only from the first statement or loan to ``release``. Several
statements go out in one round trip: as prepared ones in a pipeline where the connection may prepare, else in one message
of the simple protocol, in which a transaction pooler sees nothing unusual.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, ClassVar, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGresult

from idem_runtime.drivers import checkout
from idem_runtime.drivers.async_wait import Watch, answer
from idem_runtime.drivers.deadlines import Deadline, bounded
from idem_runtime.drivers.handler_connection import Loan, begins_transactions, lend_async
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pool_protocols import AsyncPool
from idem_runtime.drivers.session import STORE_TIMEOUT, Session, only_connections
from idem_runtime.drivers.table import Table
from idem_runtime.drivers.uncancelled import deferred
from idem_runtime.drivers.wire_messages import results, round_trip
from idem_runtime.model import Isolation, Loanable, Pause, Results, Statement, Steps, StoreError

T = TypeVar("T")


class AsyncSession(Session):
    """One execution's use of an async pool."""

    watches: ClassVar[bool] = True
    """Whether nobody but this and what it lends waits for the socket of what is held."""
    _watch: Watch | None = None
    """Of that socket."""

    def __init__(
        self,
        pool: AsyncPool,
        table: Table | Located,
        isolation: Isolation | None = None,
        *,
        apart: Callable[[], AsyncPool] | None = None,
        timeout: float = STORE_TIMEOUT,
    ) -> None:
        """As :class:`SyncSession`'s."""
        super().__init__(table, isolation, timeout)
        self.pool = pool
        self.apart = apart or (lambda: pool)
        self.held: psycopg.AsyncConnection[Any] | None = None
        self._taking = asyncio.Lock()

    async def run(self, steps: Steps[T]) -> T:
        """Run a part of the protocol; returns what it decided."""
        deadline = Deadline(self.timeout)
        try:
            command = next(steps)
            while True:
                try:
                    results = await self._do(command, deadline)
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
        only_connections(kind)
        async with self._taking:
            real, loan = await self._take(), self._loan()
            first = loan.connection is None
            borrowed = lend_async(real, loan)
            if self.begun or not first:
                return borrowed
            begins_transactions(borrowed, self._level())
            if self.answered:
                self._only_reads()
            return borrowed

    async def flush(self) -> None:
        """Nothing is kept back: what a handler executes is sent."""

    async def settle_lent(self, *, keep: bool, reads: bool = False) -> None:
        """End the ordinary transaction of what is lent: commit it, or undo it; ``reads``: what is lent may go on reading.

        :raises TransactionBroken: it had failed, or was left in the middle of something, and is undone.
        :raises Exception: the driver's own error of a COMMIT.
        """
        if not self.lent and not self.pending:
            self.answered = self.answered or reads
            return
        try:
            if keep:
                await self._keep()
        except StoreError as error:
            raise error.cause or error from None
        finally:
            self.answered = self.answered or reads
            if keep and reads and not self.begun:
                self._only_reads()
            else:
                await self.release()

    async def _keep(self) -> None:
        await self.flush()
        if self._committable():
            await self._do(Statement("commit", {}), Deadline(self.timeout))
            await self.committed()

    async def committed(self) -> None:
        """Effect and key are committed."""

    async def start_over(self) -> None:
        """The request goes through again."""

    async def part(self) -> AbstractAsyncContextManager[Any]:
        """A part of the handler that may be undone: nothing here has to know."""
        return nullcontext()

    async def release(self) -> None:
        """Revoke the loan and give the connection back clean, or closed."""
        used = self.used
        self.revoke()
        held = self.held
        if held is not None:
            rollback = self._rollback(held, used=used)
            deadline = Deadline(self.timeout)
            await checkout.put_async(self.pool, held, rollback, deadline, self._forget, self._watch)

    async def release_later(self) -> None:
        """As ``release``, off the caller's path: the answer does not wait for a ROLLBACK."""
        used = self.used
        self.revoke()
        if self.held is not None:
            rollback = self._rollback(self.held, used=used)
            held = self.held
            self.held = None
            deadline = Deadline(self.timeout)
            checkout.put_async_later(self.pool, held, rollback, deadline, self._forget, self._watch)

    async def _hold(self, deadline: Deadline | None = None) -> psycopg.AsyncConnection[Any]:
        async with self._taking:  # two tasks of one request get one connection
            return await self._take(deadline)

    async def _take(self, deadline: Deadline | None = None) -> psycopg.AsyncConnection[Any]:
        if self.held is None:
            await self._get(deadline or Deadline(self.timeout))
        assert self.held is not None
        return self.held

    async def _get(self, deadline: Deadline) -> None:
        await checkout.take_async(self.pool, deadline, self._keep_held)
        assert self.held is not None
        await self._locate(self.held, deadline)

    def _keep_held(self, real: psycopg.AsyncConnection[Any]) -> None:
        self._watch = Watch(real.pgconn.socket, real.pgconn) if self.watches else None
        super()._keep_held(real)  # last: an interruption before it leaves the connection to whoever took it

    def _loan(self) -> Loan:
        loan = super()._loan()
        loan.watch = self._watch
        return loan

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.close()

    async def _locate(self, real: psycopg.AsyncConnection[Any], deadline: Deadline) -> None:
        if not self.where.looked:
            located = await self._execute(real, self.where.question, deadline)
            self.where.learn(located, real.info.backend_pid)
            self.where.looked = True

    async def _do(self, command: Statement | Pause, deadline: Deadline) -> Results:
        if isinstance(command, Pause):
            if not self.lent:  # what a dependency has written there is not ours to undo
                await self.release()
            await asyncio.sleep(deadline.pause(command.seconds))
            return []
        deadline.check()
        if self.closed:
            if not command.fresh:
                raise StoreError(None)  # the transaction went with its connection
            if not self.lent:
                await self.release()
        if command.fresh and self._elsewhere(command):
            return await self._beside(command, deadline)
        if self.held is not None or not command.fresh:
            real = self.held or await self._hold(deadline)
            return await self._execute(real, command, deadline)
        try:
            return await self._execute(await self._hold(deadline), command, deadline)
        finally:
            await self.release()

    async def _beside(self, statement: Statement, deadline: Deadline) -> Results:
        """Run a statement that stands alone on a connection that no handler can have."""
        pool, taken = self.apart(), list[psycopg.AsyncConnection[Any]]()
        try:
            try:
                await checkout.take_async(pool, deadline, taken.append)
                await self._locate(taken[0], deadline)
                return await self._execute(taken[0], statement, deadline)
            finally:
                await self._put_beside(pool, taken)
        finally:
            await self._put_beside(pool, taken)  # again: a signal may have cut the first one off

    async def _put_beside(self, pool: AsyncPool, taken: list[psycopg.AsyncConnection[Any]]) -> None:
        for real in taken[:]:
            rollback = self._rollback(real, used=False)
            await checkout.put_async(pool, real, rollback, Deadline(self.timeout), taken.clear)

    async def _execute(
        self, real: psycopg.AsyncConnection[Any], statement: Statement, deadline: Deadline
    ) -> Results:
        if statement.waits:
            deadline.allow(statement)
        try:
            message = self._message(real, statement)
            if message is not None:
                try:
                    return await self._sent(real, message.round_trip(real.pgconn), statement, deadline)
                except psycopg.Error as error:
                    if not self._outdated(real, statement, error):
                        raise
            text = self._text(real, statement, again=message is not None)
            return await self._sent(real, round_trip(real.pgconn, text), statement, deadline)
        except psycopg.Error as error:
            raise self._failure(real, error) from error

    async def _sent(
        self,
        real: psycopg.AsyncConnection[Any],
        steps: PQGen[list[PGresult]],
        statement: Statement,
        deadline: Deadline,
    ) -> Results:
        watch = self._watch if real is self.held else None
        try:
            async with real.lock:
                if statement.waits and not deferred():
                    self._unwatch()  # it waits for a lock, which nobody needs once this is cancelled
                    return results(real, await real.wait(bounded(steps, deadline)))
                if watch is None:
                    return results(real, await answer(steps, real.pgconn.socket, deadline))
                return results(real, await watch.answer(steps, deadline))
        except BaseException:
            self._unwatch()  # it may be closed now
            raise
