"""Many callers at once, other keys beside them, other isolation levels, and a model that says what must come of it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from psycopg_pool import ConnectionPool

from idem_runtime import Idempotency, IdempotencyError, KeyReused, OutcomeUnknown, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.drivers.sync_session import SyncSession
from idem_runtime.drivers.table import Table
from idem_runtime.execution.decisions import Policy
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.run_steps import run_sync
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import MoneyMoving, admission_here
from idem_runtime.model import Again, Ask, Execute, Replay, Response, Sealed
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.fast_processes import processes

Database = psycopg.Connection[Any]
CALLERS, POOL, WAIT = 200, 10, 20.0
INSERT = "INSERT INTO ledger (amount) VALUES (%s) RETURNING id"


def pay_on(idem: Idempotency, pause: float = 0.05) -> Any:
    @money_moving(operation="pay", key=lambda key: key, principal=lambda key: "alice")
    def pay(key: str) -> int:
        time.sleep(pause)
        row = idem.sync_connection().execute(INSERT, (5,)).fetchone()
        return int(row[0])  # type: ignore[index]

    return pay


def apay_on(idem: Idempotency, pause: float = 0.05) -> Any:
    @money_moving(operation="pay", key=lambda key: key, principal=lambda key: "alice")
    async def pay(key: str) -> int:
        await asyncio.sleep(pause)
        row = await (await (await idem.connection()).execute(INSERT, (5,))).fetchone()
        return int(row[0])  # type: ignore[index]

    return pay


def storm(dsn: str, threads: int, tasks: int) -> list[int]:
    """``threads`` and ``tasks`` call with one key, in this process."""
    idem = Idempotency(dsn, pool_size=POOL // 2, wait=WAIT, pool_timeout=WAIT)
    pay, apay = pay_on(idem), apay_on(idem)

    async def many() -> list[int]:
        try:
            return list(await asyncio.gather(*(apay("k") for _ in range(tasks))))
        finally:
            await idem.aclose()

    with admission_here(FunctionAdmission(runtime_of(idem))), ThreadPoolExecutor(threads + 1) as pool:
        from contextvars import copy_context

        contexts = [copy_context() for _ in range(threads)]
        waiting = [pool.submit(context.run, pay, "k") for context in contexts]
        answers = asyncio.run(many())
        return answers + [each.result() for each in waiting]


def report(dsn: str, threads: int, tasks: int, queue: Any) -> None:
    queue.put(storm(dsn, threads, tasks))


def test_two_hundred_callers_in_threads_tasks_and_processes_make_one_effect(dsn: str, db: Database) -> None:
    queue = processes().Queue()
    two = [processes().Process(target=report, args=(dsn, 50, 50, queue), daemon=True) for _ in range(2)]
    for process in two:
        process.start()
    answers = [answer for _ in two for answer in queue.get(timeout=180)]
    for process in two:
        process.join(10)
    assert (len(answers), set(answers)) == (CALLERS, {1})
    assert (ledger(db), records(db)) == ([5], 1)


def test_a_storm_on_one_key_does_not_starve_others(dsn: str, db: Database) -> None:
    """A pool of three, 60 callers of one key: ten other keys are answered while the original still has its transaction."""
    idem = Idempotency(dsn, pool_size=3, wait=WAIT, pool_timeout=5)
    idem.install()
    quick = pay_on(idem, pause=0.0)
    holds, others_answered = threading.Event(), threading.Event()

    @money_moving(operation="pay", key=lambda key: key, principal=lambda key: "alice")
    def held(key: str) -> int:
        row = idem.sync_connection().execute(INSERT, (5,)).fetchone()
        holds.set()
        assert others_answered.wait(WAIT)
        return int(row[0])  # type: ignore[index]

    with ThreadPoolExecutor(60) as many:
        waiting = [many.submit(held, "stormy") for _ in range(60)]
        assert holds.wait(WAIT)
        time.sleep(0.3)  # all of the storm has arrived
        try:
            for number in range(10):
                quick(f"other-{number}")
        finally:
            others_answered.set()
        assert len({each.result() for each in waiting}) == 1
    idem.close()
    assert (len(ledger(db)), records(db)) == (11, 11)


LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]


def joined(pool: Any, level: str, mine: int, barrier: threading.Barrier) -> tuple[str, bytes]:
    """One execution in a transaction that began before the claim, at ``level``, with an earlier read in it."""
    ask_of = MoneyMoving(operation="pay", key=lambda: "k")
    runs = 0
    while True:
        runs += 1
        store = SyncSession(pool, Table())
        db = store.borrow()
        db.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")  # type: ignore[call-overload]
        db.execute("SELECT count(*) FROM ledger")
        if runs == 1:
            barrier.wait()
        attempt = f"00000000-0000-0000-0000-{mine:06d}{runs:06d}"
        ask = Ask("5:alice3:pay", "k", of_value(1), attempt, wait=5)
        execution = Execution(ask_of, ask, Policy(), store, awaits=False)
        decision = run_sync(execution.admitting())
        if isinstance(decision, Again):
            continue
        if isinstance(decision, Replay):
            return "replayed", decision.response.body
        assert isinstance(decision, Execute)
        body = str(mine).encode()
        try:
            store.borrow().execute(INSERT, (mine,))
        except psycopg.errors.SerializationFailure as error:
            assert isinstance(run_sync(execution.finishing(None, error)), Again)
            continue
        time.sleep(0.02)
        verdict = run_sync(execution.finishing(Response(200, (), body)))
        if isinstance(verdict, Sealed):
            return "sealed", body
        if isinstance(verdict, Replay):
            return "replayed", verdict.response.body


@pytest.mark.parametrize("level", LEVELS)
def test_a_joined_transaction_makes_one_effect_at_every_isolation_level(
    dsn: str, db: Database, level: str
) -> None:
    barrier = threading.Barrier(6, timeout=60)
    with ConnectionPool(dsn, min_size=6, max_size=6) as pool, ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda number: joined(pool, level, number, barrier), range(6)))
    (winner,) = [body for how, body in answers if how == "sealed"]
    assert {body for _, body in answers} == {winner}
    assert ledger(db) == [int(winner)]


class Model(RuleBasedStateMachine):
    """What must come of calls, kept in a dictionary beside the real store."""

    dsn = ""

    def __init__(self) -> None:
        super().__init__()
        self.idem = Idempotency(self.dsn, pool_size=1)
        self.known: dict[tuple[str, str], tuple[int, int | None]] = {}
        self.effects: list[int] = []

    @initialize()
    def empty(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            db.execute("TRUNCATE idempotency_records, ledger RESTART IDENTITY")

    def call(self, tenant: str, key: str, amount: int, ends: str) -> Any:
        @money_moving(operation="pay", key=lambda key, amount: key, principal=lambda key, amount: tenant)
        def pay(key: str, amount: int) -> int:
            db = self.idem.sync_connection()
            db.execute(INSERT, (amount,))
            if ends == "raises":
                raise ValueError
            if ends == "commits":
                db.execute("COMMIT")
            return amount

        with admission_here(FunctionAdmission(runtime_of(self.idem))):
            return pay(key, amount)

    @rule(tenant=st.sampled_from("ab"), key=st.sampled_from("xyz"), amount=st.integers(1, 3),
          ends=st.sampled_from(["returns", "returns", "raises", "commits"]))  # fmt: skip
    def pay(self, tenant: str, key: str, amount: int, ends: str) -> None:
        payload, answer = self.known.get((tenant, key), (amount, 0))
        try:
            got: Any = self.call(tenant, key, amount, ends)
        except (ValueError, IdempotencyError) as error:
            got = type(error).__name__
        if payload != amount:
            assert got == KeyReused.__name__
        elif (tenant, key) in self.known:
            assert got == (OutcomeUnknown.__name__ if answer is None else answer)
        elif ends == "raises":
            assert got == "ValueError"
        else:
            assert got == (amount if ends == "returns" else "TransactionBroken")
            self.known[tenant, key] = (amount, amount if ends == "returns" else None)
            self.effects.append(amount)

    @rule(tenant=st.sampled_from("ab"), key=st.sampled_from("xyz"))
    def expire(self, tenant: str, key: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            db.execute(
                "UPDATE idempotency_records SET expiry_time = now() - interval '1 s'"
                " WHERE status = 'COMPLETED' AND scope = %s AND idempotency_key = %s",
                (f"1:{tenant}3:pay", key),
            )
        if self.known.get((tenant, key), (0, None))[1] is not None:
            del self.known[tenant, key]

    @invariant()
    def the_database_agrees(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            assert ledger(db) == self.effects

    def teardown(self) -> None:
        self.idem.close()


@pytest.fixture
def modelled(dsn: str, db: Database) -> Iterator[type[Model]]:
    Model.dsn = dsn
    yield Model


def test_the_store_does_what_the_model_says(modelled: type[Model]) -> None:
    patient = settings(
        max_examples=12,
        stateful_step_count=25,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(modelled, settings=patient)
