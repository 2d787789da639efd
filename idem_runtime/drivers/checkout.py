"""Connections out of pools and back: never one that the server has closed meanwhile or that can only read, never one lost.

The check costs no round trip: what the server said when it closed an idle connection lies in the socket.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from idem_runtime.drivers.async_wait import Watch
from idem_runtime.drivers.deadlines import Deadline, Real, TooLate, abandon, bounded
from idem_runtime.drivers.other_thread import undisturbed
from idem_runtime.drivers.pool_protocols import AsyncPool, SyncPool
from idem_runtime.drivers.uncancelled import rest_of, uncancelled, uncancelled_if_it_waits
from idem_runtime.drivers.wire_messages import round_trip
from idem_runtime.model import StoreError

T = TypeVar("T")
MESSAGES = 8
"""How often an idle connection is read before it is taken: the server may have said something that is no good-bye."""
READ_ONLY = (b"in_hot_standby", b"default_transaction_read_only")
"""What the server says of itself to every connection, when it is made and when it changes (Postgres 14 and later)."""
GRACE = 1.0
"""Seconds that a pool is late with its own time limit before it is not waited for any more."""
READ_ONLY_TRIES = 3
"""How many connections to a server that can only be read are thrown away before the store counts as away."""


def closed_meanwhile(real: Real) -> bool:
    """Whether the server has closed an idle connection; what else it said is read."""
    try:
        for _ in range(MESSAGES):
            poll = select.poll()
            poll.register(real.pgconn.socket, select.POLLIN)
            if not poll.poll(0):
                return False
            real.pgconn.consume_input()
    except psycopg.Error:
        return True
    return False


def only_readable(real: Real) -> bool:
    """Whether the server is a standby, or its transactions only read; not every pooler passes on that it said so."""
    said = real.pgconn.parameter_status
    return b"on" in (said(READ_ONLY[0]), said(READ_ONLY[1]))


class _Looks:
    """What is made of the connections that one checkout gets."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._read_only = 0

    def good(self, real: Real) -> bool:
        """Whether ``real`` can be used; else it is closed, and the pool replaces it when it gets it back."""
        if closed_meanwhile(real):
            real.pgconn.finish()
            return False
        if only_readable(real):
            self._read_only += 1
            real.pgconn.finish()
            return False
        return True

    def again(self) -> None:
        """:raises StoreError: another connection would be no better."""
        if self._read_only >= READ_ONLY_TRIES:
            raise StoreError("25006")
        self._deadline.check()


def take(pool: SyncPool, deadline: Deadline, into: Callable[[Any], None]) -> None:
    """Hand ``into`` a connection out of ``pool`` that can be used.

    Signal handlers run in the main thread, and what they raise may come in the middle of what a pool does. So that is done
    in another thread there, and what comes too late goes back.

    :raises StoreError: there is none in time.
    """
    if threading.current_thread() is not threading.main_thread():
        _take(pool, deadline, into)
        return
    taking = _Taking(pool, deadline, into)
    try:
        undisturbed("take").run(taking.take)
    except BaseException:
        taking.abandon()
        raise


class _Taking:
    """A connection that one thread gets for another."""

    def __init__(self, pool: SyncPool, deadline: Deadline, into: Callable[[Any], None]) -> None:
        """It is wanted."""
        self._pool = pool
        self._deadline = deadline
        self._into = into
        self._lock = threading.Lock()
        self._wanted = True

    def take(self) -> None:
        """In the other thread."""
        _take(self._pool, self._deadline, self._hand_over)

    def _hand_over(self, real: Any) -> None:
        with self._lock:
            if self._wanted:
                self._into(real)
                return
        self._pool.putconn(real)

    def abandon(self) -> None:
        """Nobody waits for it any more; what was handed over already is whose it is."""
        with self._lock:
            self._wanted = False


def _take(pool: SyncPool, deadline: Deadline, into: Callable[[Any], None]) -> None:
    looks = _Looks(deadline)
    while True:
        try:
            if pool.closed:
                pool.open()
            real = pool.getconn(min(pool.timeout, deadline.left()))
        except psycopg.OperationalError as error:
            raise StoreError(None, cause=error) from error
        if looks.good(real):
            into(real)
            return
        pool.putconn(real)
        looks.again()


async def take_async(pool: AsyncPool, deadline: Deadline, into: Callable[[Any], None]) -> None:
    """As :func:`take`, in the event loop."""
    looks = _Looks(deadline)
    while True:
        real = None
        try:
            if pool.closed:
                await pool.open()
            seconds = min(pool.timeout, deadline.left())
            # one that waits in the pool is had at once: psycopg's own check= may wait, and loses none
            real = await (pool.getconn(seconds) if _has_one(pool) else _kept(pool, seconds))
            if looks.good(real):
                into(real)
                return
        except psycopg.OperationalError as error:
            raise StoreError(None, cause=error) from error
        except BaseException:
            if real is not None:
                await uncancelled(pool.putconn(real))
            raise
        await uncancelled(pool.putconn(real))
        looks.again()


async def _kept(pool: AsyncPool, seconds: float) -> psycopg.AsyncConnection[Any]:
    """A connection; one that comes after this was cancelled, or too late, goes back to the pool."""
    task = None
    try:
        task = asyncio.ensure_future(pool.getconn(seconds))
        done, _ = await asyncio.wait([task], timeout=seconds + GRACE)
        if not done:
            raise TooLate("no connection in time")  # noqa: TRY301 - the task is kept, too
        return task.result()
    except BaseException:
        if task is not None:
            task.add_done_callback(partial(_back, pool))
        raise


def _has_one(pool: Any) -> bool:
    """Whether a connection waits in ``pool``; what psycopg's get_stats() tells costs more than this saves."""
    return isinstance(pool, AsyncConnectionPool) and bool(pool._pool)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownArgumentType, reportUnknownMemberType] - of connections of any row


def _back(pool: AsyncPool, task: asyncio.Task[psycopg.AsyncConnection[Any]]) -> None:
    if not task.cancelled() and task.exception() is None:
        in_background(pool.putconn(task.result()))


_RETURNING: set[asyncio.Task[None]] = set()
"""Connections on their way back: the event loop itself keeps no strong reference to a task."""


def in_background(work: Coroutine[Any, Any, None]) -> None:
    """Give a connection back off the caller's path."""
    task = asyncio.ensure_future(work)
    _RETURNING.add(task)
    task.add_done_callback(_RETURNING.discard)


async def wait_for_async_returns() -> None:
    """Wait until every connection of this event loop that is on its way is back in its pool."""
    here = asyncio.get_running_loop()
    returning = [task for task in _RETURNING if task.get_loop() is here]
    if returning:
        await asyncio.wait(returning)


def put(
    pool: SyncPool,
    real: psycopg.Connection[Any],
    rollback: Callable[[], Any],
    deadline: Deadline,
    claim: Callable[[], bool],
) -> None:
    """Give ``real`` back after what ``rollback`` gives, or closed where that does not end in time.

    ``claim`` says once that it is still to be given back, and nobody's from then on. So twice is as once.
    """
    if threading.current_thread() is threading.main_thread():
        undisturbed("put").run(partial(_put, pool, real, rollback, deadline, claim))  # see `take`
    else:
        _put(pool, real, rollback, deadline, claim)


def _put(
    pool: SyncPool,
    real: psycopg.Connection[Any],
    rollback: Callable[[], Any],
    deadline: Deadline,
    claim: Callable[[], bool],
) -> None:
    if not claim():
        return
    try:
        steps = rollback()
        if steps is not None:
            with real.lock:
                real.wait(bounded(steps, deadline))
    except psycopg.Error:
        abandon(real)
    pool.putconn(real)


async def put_async(
    pool: AsyncPool,
    real: psycopg.AsyncConnection[Any],
    rollback: Any,
    deadline: Deadline,
    done: Callable[[], None],
    watch: Watch | None = None,
) -> None:
    """As :func:`put`; to the end, even where this task is cancelled meanwhile. ``watch``: of its socket, closed by this."""
    if _is_back(pool, real):  # and only an exception came between that and `done`
        done()
    elif rollback is None and hasattr(
        pool, "get_stats"
    ):  # psycopg's, which gives an idle connection back at once
        await uncancelled_if_it_waits(_put_async(pool, real, rollback, deadline, done, watch))
    else:
        await uncancelled(_put_async(pool, real, rollback, deadline, done, watch))


def put_async_later(
    pool: AsyncPool,
    real: psycopg.AsyncConnection[Any],
    rollback: Any,
    deadline: Deadline,
    done: Callable[[], None],
    watch: Watch | None = None,
) -> None:
    """As :func:`put_async`, but not waited for: a ROLLBACK is sent at once, and a task of its own does the rest."""
    work = _put_async(pool, real, rollback, deadline, done, watch)
    if not hasattr(pool, "get_stats"):  # an engine in its place, which may look at its task
        in_background(work)
        return
    try:
        waited_for = work.send(None)
    except StopIteration:
        return
    except BaseException:  # what interrupts a program: the pool replaces what it gets back
        _watch_no_more(watch)
        in_background(pool.putconn(real))
        raise
    in_background(rest_of(work, waited_for))


async def _put_async(
    pool: AsyncPool,
    real: psycopg.AsyncConnection[Any],
    rollback: Any,
    deadline: Deadline,
    done: Callable[[], None],
    watch: Watch | None,
) -> None:
    try:
        if rollback is not None:
            async with real.lock:
                watch = watch or Watch(real.pgconn.socket)
                await watch.answer(rollback, deadline)
    except psycopg.Error:
        abandon(real)
    except BaseException:
        _watch_no_more(watch)
        real.pgconn.finish()  # it is in the middle of something
        raise
    _watch_no_more(watch)
    await pool.putconn(real)
    done()  # in the same step of the event loop: nobody else has had a turn


def _watch_no_more(watch: Watch | None) -> None:
    if watch is not None:
        watch.close()


def _is_back(pool: AsyncPool, real: Real) -> bool:
    out: Any = getattr(pool, "out", None)  # an engine in a pool's place
    return vars(real).get("_pool") is None if out is None else real not in out


def plain_rollback(real: Real) -> Any:
    """A ROLLBACK of our own: psycopg's would forget the connection's prepared statements; ours makes none."""
    return round_trip(real.pgconn, b"ROLLBACK")


def later(
    pool: SyncPool,
    real: psycopg.Connection[Any],
    rollback: Callable[[], Any],
    deadline: Deadline,
    claim: Callable[[], bool],
) -> None:
    """As :func:`put`, in another thread, and not waited for."""
    _cleaner().submit(_put, pool, real, rollback, deadline, claim)


@cache
def _cleaner() -> ThreadPoolExecutor:
    """The thread that takes connections back after a replay; started at the first one."""
    return ThreadPoolExecutor(1, thread_name_prefix="idem-return")


def wait_for_returns() -> None:
    """Wait until every connection that :func:`later` took is back in its pool."""
    if _cleaner.cache_info().currsize:
        _cleaner().submit(int).result()


os.register_at_fork(after_in_child=_cleaner.cache_clear)  # the thread stays with the parent
