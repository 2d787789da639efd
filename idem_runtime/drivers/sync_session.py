"""psycopg 3, sync: a short shell that runs the protocol's statements; ``async_session.py`` is its async twin.

A session holds at most one connection, and only from the first statement or loan to ``release``. Several
statements go out in one round trip: as prepared ones in a pipeline where the connection may prepare, else in one message
of the simple protocol, in which a transaction pooler sees nothing unusual.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGresult

from idem_runtime.drivers import checkout
from idem_runtime.drivers.deadlines import Deadline, bounded
from idem_runtime.drivers.handler_connection import begins_transactions, lend, lend_later
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pool_protocols import SyncPool
from idem_runtime.drivers.session import STORE_TIMEOUT, Session, as_store_unavailable, only_connections
from idem_runtime.drivers.table import Table
from idem_runtime.drivers.wire_messages import results, round_trip
from idem_runtime.model import Isolation, Loanable, Pause, Results, Statement, Steps, StoreError

T = TypeVar("T")


def _removed(taken: list[Any], real: Any) -> bool:
    """Take ``real`` out of ``taken``; whether it was there."""
    try:
        taken.remove(real)
    except ValueError:
        return False
    return True


class SyncSession(Session):
    """One execution's use of a sync pool."""

    def __init__(
        self,
        pool: SyncPool,
        table: Table | Located,
        isolation: Isolation | None = None,
        *,
        apart: Callable[[], SyncPool] | None = None,
        timeout: float = STORE_TIMEOUT,
    ) -> None:
        """A session that holds nothing yet; its transactions begin with ``isolation``.

        ``apart`` gives the pool of statements that must not wait for handlers; ``timeout``: seconds that the store has.
        """
        super().__init__(table, isolation, timeout)
        self.pool = pool
        self.apart = apart or (lambda: pool)
        self.held: psycopg.Connection[Any] | None = None
        self._taking = threading.Lock()

    def run(self, steps: Steps[T]) -> T:
        """Run a part of the protocol; returns what it decided."""
        deadline = Deadline(self.timeout)
        try:
            command = next(steps)
            while True:
                try:
                    results = self._do(command, deadline)
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
        only_connections(kind)
        with self._taking:
            real, loan = self._take(), self._loan()
            first = loan.connection is None
            borrowed = lend(real, loan)
            if self.begun or not first:
                return borrowed
            begins_transactions(borrowed, self._level())
            if self.answered:
                self._only_reads()
            return borrowed

    def borrow_later(self, kind: Loanable, check: Callable[[], None]) -> Any:
        """As ``borrow``, but a connection is only taken from the pool when it is used; ``check`` may refuse it then."""

        def borrow() -> psycopg.Connection[Any]:
            check()
            with as_store_unavailable():
                return cast("psycopg.Connection[Any]", self.borrow())

        return self.borrow(kind) if self.held is not None else lend_later(self.pool.connection_class, borrow)

    def flush(self) -> None:
        """Nothing is kept back: what a handler executes is sent."""

    def settle_lent(self, *, keep: bool, reads: bool = False) -> None:
        """End the ordinary transaction of what is lent: commit it, or undo it; ``reads``: what is lent may go on reading.

        :raises TransactionBroken: it had failed, or was left in the middle of something, and is undone.
        :raises Exception: the driver's own error of a COMMIT.
        """
        if not self.lent and not self.pending:
            self.answered = self.answered or reads
            return
        try:
            if keep:
                self._keep()
        except StoreError as error:
            raise error.cause or error from None
        finally:
            self.answered = self.answered or reads
            if keep and reads and not self.begun:
                self._only_reads()
            else:
                self.release()

    def _keep(self) -> None:
        self.flush()
        if self._committable():
            self._do(Statement("commit", {}), Deadline(self.timeout))
            self.committed()

    def part(self) -> AbstractContextManager[Any]:
        """A part of the handler that may be undone: nothing here has to know."""
        return nullcontext()

    def release(self) -> None:
        """Revoke the loan and give the connection back clean, or closed."""
        self._give_back(checkout.put)

    def release_later(self) -> None:
        """As ``release``, off the caller's path: the answer does not wait for a ROLLBACK."""
        self._give_back(checkout.later)

    def _give_back(self, put: Callable[..., None]) -> None:
        used, real = self.used, self.held
        self.revoke()
        if real is not None:
            rollback = partial(self._rollback, real, used=used)
            put(self.pool, real, rollback, Deadline(self.timeout), partial(self._let_go, real))

    def _hold(self, deadline: Deadline | None = None) -> psycopg.Connection[Any]:
        with self._taking:  # two threads of one request get one connection
            return self._take(deadline)

    def _take(self, deadline: Deadline | None = None) -> psycopg.Connection[Any]:
        if self.held is None:
            self._get(deadline or Deadline(self.timeout))
        assert self.held is not None
        return self.held

    def _get(self, deadline: Deadline) -> None:
        checkout.take(self.pool, deadline, self._keep_held)
        assert self.held is not None
        self._locate(self.held, deadline)

    def _locate(self, real: psycopg.Connection[Any], deadline: Deadline) -> None:
        if not self.where.looked:
            located = self._execute(real, self.where.question, deadline)
            self.where.learn(located, real.info.backend_pid)
            self.where.looked = True

    def _do(self, command: Statement | Pause, deadline: Deadline) -> Results:
        if isinstance(command, Pause):
            if not self.lent:  # what a dependency has written there is not ours to undo
                self.release()
            time.sleep(deadline.pause(command.seconds))
            return []
        deadline.check()
        if self.closed:
            if not command.fresh:
                raise StoreError(None)  # the transaction went with its connection
            if not self.lent:
                self.release()
        if command.fresh and self._elsewhere(command):
            return self._beside(command, deadline)
        if self.held is not None or not command.fresh:
            real = self.held or self._hold(deadline)
            return self._execute(real, command, deadline)
        try:
            return self._execute(self._hold(deadline), command, deadline)
        finally:
            self.release()

    def _beside(self, statement: Statement, deadline: Deadline) -> Results:
        """Run a statement that stands alone on a connection that no handler can have."""
        pool, taken = self.apart(), list[psycopg.Connection[Any]]()
        try:
            try:
                checkout.take(pool, deadline, taken.append)
                self._locate(taken[0], deadline)
                return self._execute(taken[0], statement, deadline)
            finally:
                self._put_beside(pool, taken)
        finally:
            self._put_beside(pool, taken)  # again: a signal may have cut the first one off

    def _put_beside(self, pool: SyncPool, taken: list[psycopg.Connection[Any]]) -> None:
        for real in taken[:]:
            rollback = partial(self._rollback, real, used=False)
            checkout.put(pool, real, rollback, Deadline(self.timeout), partial(_removed, taken, real))

    def _execute(self, real: psycopg.Connection[Any], statement: Statement, deadline: Deadline) -> Results:
        if statement.waits:
            deadline.allow(statement)
        try:
            message = self._message(real, statement)
            if message is not None:
                try:
                    return self._sent(real, message.round_trip(real.pgconn), deadline)
                except psycopg.Error as error:
                    if not self._outdated(real, statement, error):
                        raise
            text = self._text(real, statement, again=message is not None)
            return self._sent(real, round_trip(real.pgconn, text), deadline)
        except psycopg.Error as error:
            raise self._failure(real, error) from error

    def _sent(
        self, real: psycopg.Connection[Any], steps: PQGen[list[PGresult]], deadline: Deadline
    ) -> Results:
        with real.lock:
            return results(real, real.wait(bounded(steps, deadline)))
