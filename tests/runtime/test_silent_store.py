"""A store that says nothing: everybody is answered in time, nothing is stuck afterwards, and a wait for a key is no silence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, IdempotencyError, StoreUnavailable
from idem_runtime.drivers.deadlines import Deadline, TooLate
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Execute, Refuse, Replay, Response, Sealed, Statement, StoreError
from idem_runtime.protocol import external_effect, local_effect
from tests.runtime import postgres
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, PATIENCE, Database, Job, mark
from tests.runtime.proxy import Side, proxy
from tests.runtime.stores import COLOURS, ask, finished, on, one, settled, store

SOON = 0.4
"""Seconds of ``store_timeout`` here."""
SLOW = 2.0
"""As many where the store answers, and has to be in time on a busy machine, too."""
KINDS = pytest.mark.parametrize("kind", ["dsn", "pool", "engine"])
DONE = Response(201, (), b"done")


def code(decision: Any) -> str:
    assert isinstance(decision, Refuse), decision
    return decision.error.code


@KINDS
@COLOURS
def test_a_claim_that_waits_for_a_locked_table_is_given_up_in_time_and_the_key_is_free_after_it(
    dsn: str, db: Database, kind: str, colour: str
) -> None:
    async def main() -> None:
        async with on(dsn, kind, colour, store_timeout=SOON) as idem:
            with psycopg.connect(dsn) as other:
                other.execute("LOCK TABLE idempotency_records IN ACCESS EXCLUSIVE MODE")
                held = store(idem, colour)
                with pytest.raises(StoreError) as given_up:
                    await settled(held.run(local_effect.admit(ask(), begun=False)))
                assert (given_up.value.lost, given_up.value.silent) == (True, True)
                await settled(held.release())
                decision = await settled(store(idem, colour).run(external_effect.admit(ask("other"))))
                assert code(decision) == "store_unavailable"
                nobody_waits(db)
            held = store(idem, colour)
            assert await settled(held.run(local_effect.admit(ask(number=2), begun=False))) == Execute()
            assert await settled(held.run(local_effect.seal(ask(number=2), DONE, undo=False))) == Sealed(
                DONE, wrote=False
            )
            await settled(held.release())

    finished(main)
    assert records(db) == 1


def nobody_waits(db: Database) -> None:
    """Everything that was given up has been cancelled at the server."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(1000):
        if db.execute(waiting).fetchone() == (0,):
            return
        db.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("a statement that was given up still waits for its lock")


class Hole:
    """A proxy's hook: what reaches it after :meth:`swallow` reaches nobody, until the end of the test."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.swallowed: list[bytes] = []

    def __call__(self, point: int, side: Side, query: bytes) -> None:
        if not self._open.is_set():
            self.swallowed.append(query)
            assert self._open.wait(PATIENCE)

    def swallow(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        self._open.set()


@contextmanager
def hole(server: postgres.Server, dsn: str) -> Iterator[tuple[str, Hole]]:
    """A network that can be made to swallow everything."""
    made = Hole()
    with proxy(server.port, hook=made) as through:
        try:
            yield through.dsn(dsn), made
        finally:
            made.mend()


@KINDS
@COLOURS
def test_the_end_of_an_execution_is_answered_in_time_and_the_record_says_the_truth_later(
    server: postgres.Server, dsn: str, db: Database, kind: str, colour: str
) -> None:
    async def main() -> None:
        with hole(server, dsn) as (through, network):
            async with on(through, kind, colour, size=2, store_timeout=SOON) as idem:
                held = store(idem, colour)
                assert await settled(held.run(local_effect.admit(ask(), begun=False))) == Execute()
                await settled((await settled(held.borrow())).execute(INSERT, (5,)))
                held.revoke()
                network.swallow()
                verdict = await settled(held.run(local_effect.seal(ask(), DONE, undo=False)))
                assert code(verdict) == "store_unavailable"
                await settled(held.release())
                network.mend()
                again = store(idem, colour)
                decision = await settled(
                    again.run(local_effect.admit(ask(number=2, wait=PATIENCE), begun=False))
                )
                assert isinstance(decision, Execute | Replay)
                await settled(again.release())

    finished(main)
    assert len(ledger(db)) == records(db)


@COLOURS
@pytest.mark.parametrize("lent", [True, False])
def test_what_is_given_back_is_not_waited_for(
    server: postgres.Server, dsn: str, db: Database, colour: str, lent: bool
) -> None:
    """The ROLLBACK of a transaction that is left open vanishes."""

    async def main() -> None:
        with hole(server, dsn) as (through, network):
            async with on(through, "dsn", colour, store_timeout=SOON) as idem:
                held = store(idem, colour)
                if lent:
                    await settled((await settled(held.borrow())).execute("SELECT 1"))
                else:
                    await settled(held.run(local_effect.admit(ask(), begun=False)))
                network.swallow()
                real = held.held
                await settled(held.release())
                assert real.closed
                network.mend()
                again = store(idem, colour)
                await settled((await settled(again.borrow())).execute("SELECT 1"))
                await settled(again.release())

    finished(main)


@COLOURS
def test_a_call_of_a_function_is_answered_and_its_key_is_not_stuck_in_this_process(
    server: postgres.Server, dsn: str, db: Database, colour: str
) -> None:
    """Once for the call, however many steps it has: a silent store is not asked again."""

    async def main() -> list[str]:
        said: list[str] = []
        with hole(server, dsn) as (through, network):
            async with on(through, "dsn", colour, size=2, store_timeout=SOON) as idem:
                idem.install()

                @mark()
                def pay(job: Job, db: Any = idem.lent) -> int:
                    db.execute(INSERT, (5,))
                    return 1

                @mark()
                async def apay(job: Job, db: Any = idem.lent) -> int:
                    await db.execute(INSERT, (5,))
                    return 1

                call: Any = apay if colour == "async" else pay
                assert await settled(call(Job("first"))) == 1
                network.swallow()
                for key in ("k", "k", "other"):
                    try:
                        await settled(call(Job(key)))
                    except IdempotencyError as error:
                        said.append(error.code)
                network.mend()
                for key in ("k", "k", "other"):
                    assert await settled(call(Job(key))) == 1
        return said

    assert finished(main) == ["store_unavailable"] * 3
    assert ledger(db) == [5] * 3


@COLOURS
def test_a_wait_for_a_key_is_no_silence(dsn: str, db: Database, colour: str) -> None:
    """The original takes longer than the store may, and the duplicate waits for its lock as long as it is willing to."""
    hold = ask(number=1)

    async def main() -> Any:
        async with on(dsn, "dsn", colour, size=2, store_timeout=SLOW) as idem:
            first, second = runtime_of(idem).sync_store(), store(idem, colour)
            assert first.run(local_effect.admit(hold, begun=False)) == Execute()
            first.borrow().execute(INSERT, (5,))

            def end() -> None:
                first.run(local_effect.seal(hold, DONE, undo=False))
                first.release()

            timer = threading.Timer(1.25 * SLOW, end)
            timer.start()
            decision = await settled(
                second.run(local_effect.admit(ask(number=2, wait=PATIENCE), begun=False))
            )
            await settled(second.release())
            timer.join()
            return decision

    assert finished(main) == Replay(DONE)


@COLOURS
def test_a_wait_for_an_external_original_is_no_silence(dsn: str, db: Database, colour: str) -> None:
    async def main() -> str:
        async with on(dsn, "dsn", colour, store_timeout=SLOW) as idem:
            await settled(store(idem, colour).run(external_effect.admit(ask())))
            waiting = ask(number=2, wait=1.25 * SLOW)
            return code(await settled(store(idem, colour).run(external_effect.admit(waiting))))

    assert finished(main) == "in_progress"


def test_pauses_of_a_run_whose_time_is_over_are_left_out() -> None:
    over, there = Deadline(0.0), Deadline(PATIENCE)
    assert (over.pause(5.0), there.pause(5.0)) == (0.0, 5.0)
    assert there.left() > PATIENCE
    with pytest.raises(StoreError) as given_up:
        over.check()
    assert isinstance(given_up.value.cause, TooLate)
    waits = Deadline(0.0)
    waits.allow(Statement("wait_lock+read", {}, waits=5.0))
    waits.check()


@COLOURS
def test_no_more_cancellations_are_under_way_than_there_are_threads_for(
    dsn: str, db: Database, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that nobody can cancel any more is given up all the same."""
    monkeypatch.setattr("idem_runtime.drivers.deadlines._cancellers", threading.BoundedSemaphore(1))
    from idem_runtime.drivers import deadlines

    with deadlines._cancellers:

        async def main() -> None:
            async with on(dsn, "dsn", colour, store_timeout=SOON) as idem:
                with psycopg.connect(dsn) as other:
                    other.execute("LOCK TABLE idempotency_records IN ACCESS EXCLUSIVE MODE")
                    with pytest.raises(StoreError):
                        await settled(
                            store(idem, colour).run(
                                one(Statement("read_aged", external_effect._params(ask())))
                            )
                        )

        finished(main)


def test_connections_of_ours_have_time_limits_of_the_network_unless_the_dsn_has_its_own(
    dsn: str, db: Database
) -> None:
    given = Idempotency(f"{dsn}?connect_timeout=77&keepalives_idle=88", store_timeout=3)
    held = runtime_of(given).sync_store()
    told = held.borrow().info.get_parameters()
    held.release()
    given.close()
    named = ("connect_timeout", "keepalives_idle", "tcp_user_timeout")
    assert [told.get(name) for name in named] == ["77", "88", "3000"]


def test_a_dsn_that_cannot_be_read_is_the_stores_absence(db: Database) -> None:
    idem = Idempotency("no dsn", pool_timeout=SOON)
    idem.install()

    @mark()
    def pay(job: Job, db: Any = idem.lent) -> None: ...

    with pytest.raises(StoreUnavailable):
        pay(Job())
    idem.close()
