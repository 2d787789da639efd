"""The heartbeat: one thread and one connection for all leases, in time whatever handlers do, and an honest ``lost``."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from idem_runtime import (
    Idempotency,
    InProgress,
    LeaseLost,
    NotExecuted,
    OutcomeUnknown,
    StoreUnavailable,
    current_attempt,
)
from idem_runtime.drivers.pools import Pools
from idem_runtime.drivers.table import Table
from idem_runtime.execution import leases
from idem_runtime.execution.attempt import Attempt
from idem_runtime.execution.decisions import Policy
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.heartbeat import Heart
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Execute, Pause, Record, Refuse, Statement, StoreError, Unknown
from idem_runtime.protocol import external_effect
from tests.runtime import postgres
from tests.runtime.calls import PATIENCE, Database, Job, mark
from tests.runtime.proxy import Side, proxy
from tests.runtime.stores import COLOURS, KINDS, ask, finished, on, settled, store, until

LEASE = 0.3
"""Seconds."""
LEFT = "SELECT extract(epoch FROM in_progress_expiry - clock_timestamp()) FROM idempotency_records ORDER BY 1 LIMIT 1"


def left(db: Database) -> float:
    """Seconds that the shortest lease has left."""
    row = db.execute(LEFT).fetchone()
    assert row is not None
    return float(row[0])


def hearts() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "idem-heartbeat"]


class Watched:
    """An attempt that counts its renewals."""

    def __init__(self) -> None:
        self.renewals: list[float] = []
        self.lost = False

    def renewed(self, sent: float) -> None:
        self.renewals.append(sent)

    def lose(self) -> None:
        self.lost = True


@pytest.fixture
def heart(dsn: str, db: Database) -> Iterator[Heart]:
    """A heart of its own; attempts are registered without a handler."""
    pools = Pools.of(make_conninfo(dsn, application_name="heart"), None, size=1, timeout=PATIENCE)
    made = Heart(pools, Table(), store_timeout=PATIENCE)
    yield made
    made.close()
    pools.close()


def claimed(idem: Idempotency, key: str, number: int) -> Any:
    """An external attempt that nobody renews."""
    asked = ask(key, number=number, lease=LEASE)
    assert runtime_of(idem).sync_store().run(external_effect.admit(asked)) == Execute()
    return asked


@pytest.fixture
def idem(dsn: str) -> Iterator[Idempotency]:
    made = Idempotency(dsn)
    yield made
    made.close()


def test_all_attempts_of_a_process_have_one_thread_one_connection_and_one_statement(
    heart: Heart, idem: Idempotency, dsn: str, db: Database, server: postgres.Server
) -> None:
    attempts = [Watched() for _ in range(5)]
    for number, attempt in enumerate(attempts):
        heart.register(attempt, claimed(idem, str(number), number))
    assert until(lambda: all(len(attempt.renewals) > 3 for attempt in attempts))
    assert hearts() == ["idem-heartbeat"]
    shared = set.intersection(*(set(attempt.renewals) for attempt in attempts))
    assert shared, "renewed by the same statement"
    own = db.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'heart'").fetchone()
    assert own == (1,)
    assert left(db) > 0


def test_a_row_that_somebody_has_locked_does_not_hold_up_the_other_leases(
    heart: Heart, idem: Idempotency, dsn: str, db: Database
) -> None:
    """As an operator does who decides about it, with a coffee in between."""
    stuck, free = Watched(), Watched()
    heart.register(stuck, claimed(idem, "stuck", 1))
    heart.register(free, claimed(idem, "free", 2))
    with psycopg.connect(dsn) as operator:
        operator.execute("SELECT FROM idempotency_records WHERE idempotency_key = 'stuck' FOR UPDATE")
        before, others = len(stuck.renewals), len(free.renewals)
        assert until(lambda: len(free.renewals) > others + 3)
        assert len(stuck.renewals) <= before + 1, "one may have been under way"
        assert not stuck.lost, "it is only locked"
    assert until(lambda: len(stuck.renewals) > before + 2)


def test_an_attempt_that_another_has_taken_is_lost_and_not_renewed_again(
    heart: Heart, idem: Idempotency, db: Database
) -> None:
    taken, mine = Watched(), Watched()
    heart.register(taken, claimed(idem, "taken", 1))
    heart.register(mine, claimed(idem, "mine", 2))
    db.execute("UPDATE idempotency_records SET attempt = gen_random_uuid() WHERE idempotency_key = 'taken'")
    assert until(lambda: taken.lost)
    before = len(mine.renewals)
    assert until(lambda: len(mine.renewals) > before)
    assert not mine.lost


def test_an_attempt_that_ended_is_neither_renewed_nor_told_that_it_is_lost(
    heart: Heart, idem: Idempotency, db: Database
) -> None:
    ended, other = Watched(), Watched()
    asked = claimed(idem, "ended", 1)
    heart.register(ended, asked)
    heart.register(other, claimed(idem, "other", 2))
    heart.unregister(asked)
    heart.unregister(asked)
    db.execute("DELETE FROM idempotency_records WHERE idempotency_key = 'ended'")
    assert until(lambda: len(other.renewals) > 2)
    assert (ended.renewals, ended.lost) == ([], False)


def test_the_thread_ends_when_there_is_nothing_to_renew_and_starts_again(
    heart: Heart, idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idem_runtime.execution.heartbeat.IDLE", 0.01)
    asked = claimed(idem, "k", 1)
    for _ in range(2):
        attempt = Watched()
        heart.register(attempt, asked)
        assert until(lambda attempt=attempt: attempt.renewals)
        heart.unregister(asked)
        assert until(lambda: not heart.beating and not hearts())


def test_an_attempt_that_comes_while_the_thread_idles_is_renewed(
    heart: Heart, idem: Idempotency, db: Database
) -> None:
    first, second = claimed(idem, "first", 1), Watched()
    heart.register(Watched(), first)
    heart.unregister(first)
    heart.register(second, claimed(idem, "second", 2))
    assert until(lambda: len(second.renewals) > 1)


def test_a_heart_that_is_closed_leaves_no_thread_and_begins_again_with_the_next_attempt(
    heart: Heart, idem: Idempotency, db: Database
) -> None:
    asked = claimed(idem, "k", 1)
    heart.register(Watched(), asked)
    heart.close()
    assert (heart.beating, hearts()) == (False, [])
    attempt = Watched()
    heart.register(attempt, asked)
    assert until(lambda: attempt.renewals)


def test_whatever_goes_wrong_is_logged_and_tried_again(
    heart: Heart,
    idem: Idempotency,
    db: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt = Watched()
    with monkeypatch.context() as patched:
        patched.setattr(heart, "_table", Table("not there"))
        heart.register(attempt, claimed(idem, "k", 1))
        assert until(lambda: "does not answer" in caplog.text)
        patched.setattr(heart, "_table", None)
        assert until(lambda: "AttributeError" in caplog.text)
    assert until(lambda: attempt.renewals)


@KINDS
@COLOURS
def test_handlers_that_hold_every_connection_do_not_starve_a_lease(
    dsn: str, db: Database, kind: str, colour: str
) -> None:
    async def main() -> None:
        async with on(dsn, kind, colour) as idem:
            local = store(idem, colour)
            attempt, asked = Watched(), ask(lease=LEASE)
            claim = store(idem, colour)
            assert await settled(claim.run(external_effect.admit(asked))) == Execute()
            await settled(local.borrow())
            runtime_of(idem).heart.register(attempt, asked)
            assert await asyncio.to_thread(until, lambda: len(attempt.renewals) > 4)
            await settled(local.release())

    finished(main)
    assert hearts() == []


@COLOURS
def test_a_handler_that_blocks_its_event_loop_keeps_its_lease(dsn: str, db: Database, colour: str) -> None:
    idem = Idempotency(dsn)
    idem.install()

    def block() -> bool:
        deadline = time.monotonic() + 3 * LEASE
        while time.monotonic() < deadline:
            assert left(db) > 0
            time.sleep(0.02)
        current_attempt().check_lease()
        return current_attempt().lost

    @mark(effect="external", lease=timedelta(seconds=LEASE))
    def pay(job: Job) -> bool:
        return block()

    @mark(effect="external", lease=timedelta(seconds=LEASE))
    async def apay(job: Job) -> bool:
        return block()

    async def main() -> Any:
        said = await settled(pay(Job()) if colour == "sync" else apay(Job()))
        await idem.aclose()
        return said

    assert finished(main) is False
    assert hearts() == []


@COLOURS
def test_a_lease_that_nobody_confirms_is_lost_when_its_time_is_over(
    server: postgres.Server, dsn: str, db: Database, colour: str
) -> None:
    """The network swallows the renewals: no answer ever says so."""
    silent = threading.Event()

    def hook(point: int, side: Side, query: bytes) -> None:
        if b"SKIP LOCKED" in query:
            assert silent.wait(PATIENCE)

    seen: list[bool] = []

    def watch() -> None:
        attempt = current_attempt()
        seen.append(attempt.lost)
        assert until(lambda: attempt.lost)
        with pytest.raises(LeaseLost):
            attempt.check_lease()
        seen.append(attempt.lost)
        silent.set()
        raise NotExecuted

    @mark(effect="external", lease=timedelta(seconds=LEASE))
    def pay(job: Job) -> None:
        watch()

    @mark(effect="external", lease=timedelta(seconds=LEASE))
    async def apay(job: Job) -> None:
        watch()

    async def main() -> None:
        with proxy(server.port, hook=hook) as through:
            idem = Idempotency(through.dsn(dsn))
            idem.install()
            with pytest.raises(NotExecuted):
                await settled(pay(Job()) if colour == "sync" else apay(Job()))
            await idem.aclose()

    finished(main)
    assert seen == [False, True]


def test_a_lease_counts_from_before_the_claim_was_sent_and_asking_costs_no_query(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(leases, "now", lambda: now[0])
    attempt = Attempt(ask(lease=30.0), 0.0, {})
    assert not attempt.lost, "a local execution has no lease"
    steps = leases.claiming(attempt, external_effect.admit(ask(lease=30.0)))
    next(steps)
    now[0] = 105.0
    with pytest.raises(StopIteration):
        steps.send([type("Row", (), {"row": {"attempt": "me"}})()])  # type: ignore[list-item]
    now[0] = 129.9
    assert not attempt.lost
    now[0] = 130.0
    assert attempt.lost
    attempt.renewed(125.0)
    assert not attempt.lost
    attempt.lose()
    with pytest.raises(LeaseLost) as lost:
        attempt.check_lease()
    assert (isinstance(lost.value, OutcomeUnknown), lost.value.code) == (True, "outcome_unknown")


def test_a_claim_that_may_have_been_stored_counts_from_the_first_time_that_it_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(leases, "now", lambda: now[0])
    attempt = Watched()
    steps = leases.claiming(attempt, external_effect.admit(ask()))
    next(steps)
    now[0] += 10.0
    assert isinstance(steps.throw(StoreError(None)), Pause)
    assert isinstance(steps.send([]), Statement)
    assert attempt.renewals == [100.0]
    another = Watched()
    waiting = leases.claiming(another, external_effect.admit(ask()))
    next(waiting)
    with pytest.raises(StoreError):
        waiting.throw(StoreError("42P01"))
    assert another.renewals == [110.0]


LATER = "SELECT status, in_progress_expiry > clock_timestamp() FROM idempotency_records"


@COLOURS
@pytest.mark.parametrize("end", ["answered", "cancelled"])
def test_a_claim_that_was_stored_and_that_nobody_runs_is_taken_back_when_the_store_answers(
    server: postgres.Server, dsn: str, db: Database, colour: str, end: str
) -> None:
    """Its acknowledgement comes too late: the caller was told to retry, or has gone."""
    silent, stored = threading.Event(), threading.Event()
    calls: list[int] = []

    def hook(point: int, side: Side, query: bytes) -> None:
        if side == "after" and b"ON CONFLICT" in query and not stored.is_set():
            stored.set()
            assert silent.wait(PATIENCE)

    @mark(effect="external")
    def pay(job: Job) -> None:
        calls.append(1)

    @mark(effect="external")
    async def apay(job: Job) -> None:
        calls.append(1)

    async def call() -> None:
        await (asyncio.to_thread(pay, Job()) if colour == "sync" else apay(Job()))

    async def main() -> None:
        with proxy(server.port, hook=hook) as through:
            idem = Idempotency(through.dsn(dsn), store_timeout=PATIENCE if end == "cancelled" else 0.3)
            idem.install()
            task = asyncio.create_task(call())
            assert await asyncio.to_thread(stored.wait, PATIENCE)
            if end == "cancelled" and colour == "async":
                task.cancel()
            if end == "cancelled":
                silent.set()
            await asyncio.wait([task])
            silent.set()
            if not calls:
                assert await asyncio.to_thread(until, lambda: not db.execute(LATER).fetchall())
                await call()
            assert db.execute(LATER).fetchall() == [("COMPLETED", True)]
            await idem.aclose()

    finished(main)
    assert calls == [1]


def test_what_cannot_be_taken_back_yet_is_tried_again_and_an_unknown_outcome_stays_one(
    heart: Heart, idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idem_runtime.execution.heartbeat.RETRY", 0.01)
    tries: list[int] = []
    real = heart._run

    def failing(steps: Any, seconds: float) -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise StoreError(None)
        return real(steps, seconds)

    monkeypatch.setattr(heart, "_run", failing)
    heart.disown(claimed(idem, "free", 1), taken_over=False)
    heart.disown(claimed(idem, "unknown", 2), taken_over=True)
    remaining = "SELECT idempotency_key, in_progress_expiry = to_timestamp(0) FROM idempotency_records"
    assert until(lambda: db.execute(remaining).fetchall() == [("unknown", True)])
    assert len(tries) >= 4


def test_an_attempt_that_was_to_take_over_leaves_the_outcome_unknown(dsn: str, db: Database) -> None:
    """The acknowledgement of the take-over is lost with the store: the first attempt's effect is as unknown as before."""
    idem = Idempotency(dsn)
    disowned: list[bool] = []

    class Leases:
        register = unregister = lambda *_: None

        def disown(self, ask: Any, *, taken_over: bool) -> None:
            disowned.append(taken_over)

    unknown = Record(
        "5:alice3:pay", "f", "INPROGRESS", None, "00000000-0000-0000-0000-000000000009", False, False, 1.0
    )
    execution = Execution(
        MoneyMoving(operation="pay", key=lambda: "k", effect="external", retry_unknown=True),
        ask(),
        Policy(leases=Leases()),  # type: ignore[arg-type]
        runtime_of(idem).sync_store(),
        awaits=False,
    )
    steps = execution.ways_out(Unknown(unknown), None)
    assert steps is not None
    next(steps)
    execution.disown(Refuse(StoreUnavailable()))
    execution.disown(Refuse(InProgress()))
    assert disowned == [True]
    idem.close()
