"""Connections that an exception cuts off on their way out of a pool or back are not lost."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers import checkout, uncancelled
from idem_runtime.drivers.async_session import AsyncSession
from idem_runtime.drivers.deadlines import Deadline
from idem_runtime.drivers.sync_session import SyncSession, _removed
from idem_runtime.drivers.table import Table
from idem_runtime.drivers.wire_messages import failure
from idem_runtime.model import Statement, Steps, StoreError
from tests.runtime.adapters.asking import post
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import INSERT, finished

SECONDS = 5.0
EACH = 40 if os.environ.get("IDEM_TESTS") == "all" else 15
"""How many requests each of many clients sends."""
ROOT = Path(__file__).parents[2]


class Interrupted(BaseException):
    """As a signal handler's."""


def interrupted(*_: object) -> Any:
    raise Interrupted


def interrupting() -> Generator[Any, Any, None]:
    """A ROLLBACK that an exception cuts off."""
    yield from ()
    raise Interrupted


def urgent() -> Steps[None]:
    """What runs on no handler's connection."""
    yield Statement("now", {}, fresh=True, urgent=True)


def taken(pool: ConnectionPool) -> psycopg.Connection[Any]:
    """A connection as a session takes it."""
    got: list[psycopg.Connection[Any]] = []
    checkout.take(pool, Deadline(SECONDS), got.append)
    return got[0]


async def taken_async(pool: AsyncConnectionPool) -> psycopg.AsyncConnection[Any]:
    got: list[psycopg.AsyncConnection[Any]] = []
    await checkout.take_async(pool, Deadline(SECONDS), got.append)
    return got[0]


def done() -> None:
    """It is back."""


def test_an_async_connection_goes_back_where_looking_at_it_is_cut_off(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool:
            with monkeypatch.context() as patched:
                patched.setattr(checkout, "closed_meanwhile", interrupted)
                with pytest.raises(Interrupted):
                    await taken_async(pool)
            held = await taken_async(pool)  # so that the next one has to wait
            with monkeypatch.context() as patched:
                patched.setattr(pool, "getconn", interrupted)
                with pytest.raises(Interrupted):
                    await taken_async(pool)
            await checkout.put_async(pool, held, None, Deadline(SECONDS), done)
            real = await taken_async(pool)
            await checkout.put_async(pool, real, None, Deadline(SECONDS), done)

    asyncio.run(main())


def test_a_return_that_waits_for_the_pool_is_not_cancelled(dsn: str) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool:
            real = await taken_async(pool)
            await pool._lock.acquire()
            returning = asyncio.ensure_future(checkout.put_async(pool, real, None, Deadline(SECONDS), done))
            await asyncio.sleep(0)
            returning.cancel()
            await asyncio.sleep(0)
            pool._lock.release()
            with pytest.raises(asyncio.CancelledError):
                await returning
            again = await taken_async(pool)
            await checkout.put_async(pool, again, None, Deadline(SECONDS), done)

    asyncio.run(main())


def test_whoever_is_interrupted_waits_all_the_same_for_what_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[str] = []
    waiting = [interrupted, asyncio.wait]

    def wait(tasks: Any) -> Any:
        return waiting.pop(0)(tasks)

    monkeypatch.setattr(uncancelled.asyncio, "wait", wait)

    async def work() -> None:
        await asyncio.sleep(0.01)
        ended.append("it has ended")

    async def main() -> None:
        with pytest.raises(Interrupted):
            await uncancelled.uncancelled(work())
        assert ended == ["it has ended"]

    asyncio.run(main())


def test_work_whose_own_task_is_cancelled_hears_of_it_where_it_waits() -> None:
    heard: list[str] = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    async def main() -> None:
        before = asyncio.all_tasks()
        working = asyncio.ensure_future(uncancelled.uncancelled_if_it_waits(work()))
        for _ in range(3):
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - before - {working}:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(main())
    assert heard == ["cancelled"]


def test_an_async_connection_whose_rollback_is_cut_off_is_closed_and_goes_back_when_it_is_asked_again(
    dsn: str,
) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool:
            real = await taken_async(pool)
            with pytest.raises(Interrupted):
                await checkout.put_async(pool, real, interrupting(), Deadline(SECONDS), done)
            assert real.closed
            await checkout.put_async(pool, real, None, Deadline(SECONDS), done)
            again = await taken_async(pool)
            await checkout.put_async(pool, again, None, Deadline(SECONDS), done)
            await checkout.put_async(
                pool, again, None, Deadline(SECONDS), done
            )  # nobody has it: twice is as once

    asyncio.run(main())


def test_an_async_connection_goes_back_later_whether_or_not_there_is_something_to_undo_and_whoever_interrupts(
    dsn: str,
) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool:
            for rollback in (None, checkout.plain_rollback, interrupting):
                real = await taken_async(pool)
                if rollback is not None:
                    await real.execute("SELECT 1")
                steps = rollback and (rollback() if rollback is interrupting else rollback(real))
                expected = pytest.raises(Interrupted) if rollback is interrupting else nullcontext()
                with expected:
                    checkout.put_async_later(pool, real, steps, Deadline(SECONDS), done)
                await checkout.wait_for_async_returns()
            await checkout.put_async(pool, await taken_async(pool), None, Deadline(SECONDS), done)

    asyncio.run(main())


def test_a_connection_that_comes_when_nobody_waits_for_it_any_more_goes_back(dsn: str) -> None:
    got: list[Any] = []
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True) as pool:
        taking = checkout._Taking(pool, Deadline(SECONDS), got.append)
        taking.abandon()
        taking.take()
        real, asked = taken(pool), [True, False]
        for _ in range(2):  # twice is as once
            checkout.put(pool, real, lambda: None, Deadline(SECONDS), lambda: asked.pop(0))
    assert got == asked == []


SIGNALLED = """
import signal, sys, threading
from tests.runtime.calls import INSERT, Job, mark
from idem_runtime import Idempotency, InProgress

class Interrupted(Exception):
    pass

def interrupt(*_):
    raise Interrupted

idem = Idempotency(sys.argv[1], pool_size=1, pool_timeout=5, wait=0)
idem.install()

@mark()
def pay(job, db=idem.lent):
    db.execute(INSERT, (job.amount,))

pay(Job("warm"))
signal.signal(signal.SIGALRM, interrupt)
for number in range(int(sys.argv[2])):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.00002 * (number % 150) + 0.00001)
        pay(Job(str(number)))
    except Interrupted:
        pass
    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Interrupted:
        signal.setitimer(signal.ITIMER_REAL, 0)
    while True:  # the only connection is to be had, and the key is free or done
        try:
            pay(Job(str(number)))
            break
        except InProgress:  # until the server has seen that a connection was closed
            pass
idem.close()
print("paid")
"""


def test_signals_at_any_moment_lose_no_connection_and_pay_once(dsn: str, db: psycopg.Connection[Any]) -> None:
    times = 200
    # not measured: an exception in the middle of a measuring function is not what this is about
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-W", "ignore", "-c", SIGNALLED, dsn, str(times)]
    done = subprocess.run(
        command, cwd=ROOT, env=plain, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout.strip() == "paid", done.stderr
    assert len(ledger(db)) == times + 1


def test_a_connection_that_cannot_be_rolled_back_goes_back_closed(dsn: str) -> None:
    def failing() -> Any:
        raise psycopg.OperationalError

    with ConnectionPool(dsn, min_size=1, max_size=1, open=True) as pool:
        real = taken(pool)
        checkout._put(pool, real, failing, Deadline(SECONDS), lambda: True)
        assert real.closed
        with pool.connection() as other:
            assert other.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("effect", ["local", "external"])
def test_many_requests_at_once_share_no_connection(
    dsn: str, db: psycopg.Connection[Any], effect: Any
) -> None:
    """What one has given back belongs to the next, whatever the first one does when it goes on."""
    idem, app = Idempotency(dsn, principal=lambda request: "alice", pool_size=3), FastAPI()
    idem.install(app)
    seen: list[str] = []

    @app.post("/t")
    @money_moving(effect=effect, lease=timedelta(seconds=1) if effect == "external" else None)
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (5,))

    async def one(client: int) -> None:
        for number in range(EACH):
            answer = await post(app, key=f"{client}-{number}")
            seen.append(str(answer.status_code))

    async def main() -> None:
        await asyncio.gather(*(one(client) for client in range(12)))

    finished(idem, main)
    assert Counter(seen) == {"200": 12 * EACH}
    assert len(ledger(db)) == 12 * EACH


def test_where_no_connection_is_to_be_had_beside_the_handlers_that_is_said() -> None:
    nowhere = ConnectionPool("postgresql://127.0.0.1:1/bank", min_size=0, max_size=1, timeout=0.2, open=True)
    with nowhere, pytest.raises(StoreError):
        SyncSession(nowhere, Table(), timeout=0.5).run(urgent())

    async def main() -> None:
        pool = AsyncConnectionPool(
            "postgresql://127.0.0.1:1/bank", min_size=0, max_size=1, timeout=0.2, open=False
        )
        async with pool:
            with pytest.raises(StoreError):
                await AsyncSession(pool, Table(), timeout=0.5).run(urgent())

    asyncio.run(main())


def test_an_error_that_is_not_the_stores_stays_what_it_is() -> None:
    error = psycopg.DataError("a text with NUL")
    assert failure(error, Table(), closed=False) is error


def test_what_is_taken_out_of_what_was_taken_is_taken_out_once() -> None:
    taken = [real := object()]
    assert [_removed(taken, real), _removed(taken, real)] == [True, False]
