"""psycopg 3, sync and async: two short shells that run the protocol's statements (the model: psycopg's transaction.py).

A session holds at most one connection, and only from the first statement or loan to ``release``. Statements go out
with the simple protocol, so several of them are one round trip and a transaction pooler sees nothing unusual.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import execute
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from idem_runtime.drivers.borrowed import Loan, lend, lend_async, lend_later
from idem_runtime.drivers.pools import AsyncPool, SyncPool, Table, compose
from idem_runtime.model import Isolation, Pause, Result, Results, Statement, Steps, StoreError

T = TypeVar("T")


def _failure(error: Exception, table: Table, *, closed: bool) -> Exception:
    """``error`` as the protocol sees it, or as it is where it is not the store's."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        told = cast("psycopg.Error", error).diag
        return StoreError(state, ours=told.table_name == table.name, cause=error)
    if closed or isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreError(None, cause=error)
    return error


def _usable(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Whether a statement outside any transaction can run here now."""
    return not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE


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
        return self.held is not None and not _usable(
            self.held
        )  # a closed one, too: its transaction has begun

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
        return not real.closed and (pipeline or real.info.transaction_status == TransactionStatus.ACTIVE)

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
        return SyncSession(self.pool, self.table, self.isolation)

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

    def borrow(self) -> psycopg.Connection[Any]:
        """The connection for the handler, until ``release``.

        :raises StoreError: none is to be had.
        """
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

    def borrow_later(self) -> psycopg.Connection[Any]:
        """As ``borrow``, but a connection is only taken from the pool when it is used."""
        return self.borrow() if self.held is not None else lend_later(self.pool.connection_class, self.borrow)

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
                real.wait(_round_trip(real.pgconn, b"ROLLBACK"))
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
                return _results(real, real.wait(_round_trip(real.pgconn, text)))
        except psycopg.Error as error:
            raise _failure(error, self.table, closed=real.closed) from error


class AsyncSession(_Session):
    """One execution's use of an async pool."""

    def __init__(self, pool: AsyncPool, table: Table, isolation: Isolation | None = None) -> None:
        """A session that holds nothing yet; its transactions begin with ``isolation``."""
        super().__init__(table, isolation)
        self.pool = pool
        self.held: psycopg.AsyncConnection[Any] | None = None

    def fork(self) -> AsyncSession:
        """Another session on the same pool."""
        return AsyncSession(self.pool, self.table, self.isolation)

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

    async def borrow(self) -> psycopg.AsyncConnection[Any]:
        """The connection for the handler, until ``release``.

        :raises StoreError: none is to be had.
        """
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
                await real.wait(_round_trip(real.pgconn, b"ROLLBACK"))
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
                return _results(real, await real.wait(_round_trip(real.pgconn, text)))
        except psycopg.Error as error:
            raise _failure(error, self.table, closed=real.closed) from error


_RETURNING: set[asyncio.Task[None]] = set()
"""Connections on their way back: the event loop itself keeps no strong reference to a task."""


@cache
def _cleaner() -> ThreadPoolExecutor:
    """The thread that takes connections back after a replay; started at the first one."""
    return ThreadPoolExecutor(1, thread_name_prefix="idem-return")


os.register_at_fork(after_in_child=_cleaner.cache_clear)  # the thread stays with the parent


def _round_trip(pgconn: PGconn, text: bytes) -> PQGen[list[PGresult]]:
    """Several statements in one message of the simple protocol; a cursor per result would cost more than the trip saves."""
    pgconn.send_query(text)
    results: list[PGresult] = yield from execute(pgconn)
    return results


def _results(
    real: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], results: list[PGresult]
) -> Results:
    last = results[-1]
    if last.status == ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(last, encoding=real.info.encoding)
    encoding = real.info.encoding
    return [Result((each.command_status or b"").decode(), _row(each, encoding)) for each in results]


def _row(result: PGresult, encoding: str) -> dict[str, Any] | None:
    if not result.ntuples:
        return None
    return {(result.fname(at) or b"").decode(): _value(result, at, encoding) for at in range(result.nfields)}


def _value(result: PGresult, at: int, encoding: str) -> Any:
    raw = result.get_value(0, at)
    if raw is None:
        return None
    read = READERS.get(result.ftype(at))
    return raw.decode(encoding) if read is None else read(raw)


READERS: dict[int, Callable[[bytes], Any]] = {
    16: lambda raw: raw == b"t",  # boolean
    17: lambda raw: bytes.fromhex(raw[2:].decode()),  # bytea, in its hex form
    701: float,
    3802: json.loads,  # jsonb; ours is ASCII whatever the encoding
}
"""How the few types that our queries return are read, by type oid; all others are text."""
