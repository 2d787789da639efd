"""Plain functions on real Postgres: the promises, one by one, sync and async."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    InProgress,
    KeyMissing,
    KeyReused,
    LedgerWriteOutside,
    NotExecuted,
    OutcomeUnknown,
    PrincipalMissing,
    ResponseUnstorable,
    RetriesExhausted,
    StoreUnavailable,
    TransactionBroken,
    current_attempt,
    ledger_write,
    money_moving,
    standard_webhook,
)
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters.contract import ledger, records

INSERT = "INSERT INTO ledger (amount) VALUES (%s) RETURNING id"
Database = psycopg.Connection[Any]


@dataclass(frozen=True)
class Job:
    id: str
    amount: int = 5
    tenant: str = "alice"


def mark(operation: str = "pay", **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return money_moving(operation=operation, key=lambda job: job.id, principal=lambda job: job.tenant, **more)


def row(cursor: Any) -> Any:
    return cursor.fetchone()[0]


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, pool_size=5)
    idem.install()
    yield idem
    idem.close()


@pytest.fixture
def run(idem: Idempotency) -> Callable[[Any], Any]:
    """Run a coroutine function to its end, and close the async pool with its loop."""

    def runner(main: Any) -> Any:
        async def closing() -> Any:
            try:
                return await main()
            finally:
                await idem.aclose()

        return asyncio.run(closing())

    return runner


@pytest.fixture
def pay(idem: Idempotency) -> Callable[..., Any]:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> int:
        return int(row(db.execute(INSERT, (job.amount,))))

    return pay


@pytest.fixture
def apay(idem: Idempotency) -> Callable[..., Any]:
    @mark()
    async def apay(job: Job, db: Any = idem.lent) -> int:
        return int((await (await db.execute(INSERT, (job.amount,))).fetchone())[0])

    return apay


def test_a_call_executes_once_and_its_result_replays(pay: Callable[..., Any], db: Database) -> None:
    assert [pay(Job("1")), pay(Job("1")), pay(Job("2"))] == [1, 1, 2]
    assert ledger(db) == [5, 5]


def test_an_async_call_executes_once_and_its_result_replays(
    apay: Callable[..., Any], run: Callable[[Any], Any], db: Database
) -> None:
    async def main() -> list[int]:
        return [await apay(Job("1")), await apay(Job("1")), await apay(Job("2"))]

    assert run(main) == [1, 1, 2]
    assert ledger(db) == [5, 5]


def test_sync_and_async_share_one_record(
    pay: Callable[..., Any], apay: Callable[..., Any], run: Callable[[Any], Any], db: Database
) -> None:
    assert pay(Job("1")) == run(lambda: apay(Job("1"))) == 1
    assert ledger(db) == [5]


def test_another_payload_is_refused_and_another_tenant_is_not(pay: Callable[..., Any], db: Database) -> None:
    pay(Job("1"))
    with pytest.raises(KeyReused):
        pay(Job("1", amount=6))
    pay(Job("1", amount=6, tenant="bob"))
    assert ledger(db) == [5, 6]


def test_a_payload_may_be_named_and_parts_of_it_ignored(idem: Idempotency, db: Database) -> None:
    @mark(
        fingerprint=lambda job: {"amount": job.amount, "trace": job.tenant * 2, "id": job.id}, ignore=("/id",)
    )
    def pay(job: Job, db: Database = idem.lent) -> int:
        return int(row(db.execute(INSERT, (job.amount,))))

    assert pay(Job("1")) == pay(Job("1"))


def test_what_is_raised_undoes_everything_and_frees_the_key(idem: Idempotency, db: Database) -> None:
    fail = [True]

    @mark()
    def pay(job: Job) -> int:
        done = row(idem.sync_connection().execute(INSERT, (job.amount,)))
        if fail:
            fail.pop()
            raise ValueError("not this time")
        return int(done)

    with pytest.raises(ValueError, match="not this time"):
        pay(Job("1"))
    assert (ledger(db), records(db)) == ([], 0)
    pay(Job("1"))
    assert ledger(db) == [5]


@pytest.mark.parametrize("word", ["COMMIT", "ROLLBACK", "COMMIT; BEGIN", "COMMIT; BEGIN; SAVEPOINT idem"])
def test_ending_the_transaction_in_sql_is_found_out(idem: Idempotency, db: Database, word: str) -> None:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> int:
        done = row(db.execute(INSERT, (job.amount,)))
        db.execute(word)  # type: ignore[call-overload]
        return int(done)

    with pytest.raises(TransactionBroken):
        pay(Job("1"))
    with pytest.raises(OutcomeUnknown):
        pay(Job("1"))


def test_ending_the_transaction_and_then_failing_is_found_out_too(idem: Idempotency, db: Database) -> None:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))
        db.execute("COMMIT")
        db.execute("SELECT 1")
        raise ValueError

    with pytest.raises(TransactionBroken):
        pay(Job("1"))
    with pytest.raises(OutcomeUnknown):
        pay(Job("1"))


@pytest.mark.parametrize("call", ["commit", "rollback", "close"])
def test_ending_the_transaction_by_method_is_prevented(idem: Idempotency, db: Database, call: str) -> None:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> int:
        with pytest.raises(psycopg.ProgrammingError, match=rf"{call}\(\) is not yours"):
            getattr(db, call)()
        with pytest.raises(psycopg.ProgrammingError, match="tpc_begin"):
            db.tpc_begin("x")
        return int(row(db.execute(INSERT, (job.amount,))))

    pay(Job("1"))
    assert ledger(db) == [5]


@pytest.mark.parametrize("call", ["commit", "rollback", "close"])
def test_ending_the_transaction_by_async_method_is_prevented(
    idem: Idempotency, db: Database, run: Callable[[Any], Any], call: str
) -> None:
    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> None:
        with pytest.raises(psycopg.ProgrammingError, match=rf"{call}\(\) is not yours"):
            await getattr(db, call)()
        with pytest.raises(psycopg.ProgrammingError, match="tpc_begin"):
            await db.tpc_begin("x")
        await db.execute(INSERT, (job.amount,))

    run(lambda: pay(Job("1")))
    assert ledger(db) == [5]


def test_a_part_may_be_undone_in_a_transaction_block_of_its_own(idem: Idempotency, db: Database) -> None:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        with pytest.raises(ValueError), db.transaction():
            db.execute(INSERT, (1,))
            raise ValueError
        with db.transaction():
            db.execute(INSERT, (2,))

    pay(Job("1"))
    assert ledger(db) == [2]


def test_the_connection_is_revoked_with_everything_made_from_it(idem: Idempotency, db: Database) -> None:
    kept: list[Any] = []

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        kept.extend([db, db.cursor()])
        kept[1].execute(INSERT, (job.amount,))
        assert "in force" in repr(db)

    pay(Job("1"))
    for each in kept:
        with pytest.raises(psycopg.InterfaceError, match="has ended"):
            each.execute("SELECT 1")
    assert "revoked" in repr(kept[0])


def test_the_async_connection_is_revoked(idem: Idempotency, db: Database, run: Callable[[Any], Any]) -> None:
    async def main() -> None:
        kept: list[Any] = []

        @mark()
        async def pay(job: Job) -> None:
            kept.append(await idem.connection())
            await kept[0].execute(INSERT, (job.amount,))

        await pay(Job("1"))
        with pytest.raises(psycopg.InterfaceError, match="has ended"):
            await kept[0].execute("SELECT 1")

    run(main)


class Conflicting:
    """Fails with a conflict as often as told."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.runs = 0

    def __call__(self) -> None:
        self.runs += 1
        if self.left:
            self.left -= 1
            raise psycopg.errors.SerializationFailure


def test_a_conflict_runs_the_whole_execution_again(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    conflict, aconflict = Conflicting(2), Conflicting(2)

    @mark("sync")
    def pay(job: Job, db: Database = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))
        conflict()

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (job.amount,))
        try:
            aconflict()
        except psycopg.Error as error:
            raise RuntimeError("wrapped") from error

    pay(Job("1"))
    run(lambda: apay(Job("1")))
    assert (conflict.runs, aconflict.runs, ledger(db)) == (3, 3, [5, 5])


def test_a_conflict_is_not_retried_for_ever(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, retries=1)
    idem.install()

    @mark(connection="inside")
    def pay(job: Job) -> None:
        raise psycopg.errors.DeadlockDetected

    @mark(connection="inside")
    async def apay(job: Job) -> None:
        raise psycopg.errors.DeadlockDetected

    async def main() -> None:
        with pytest.raises(RetriesExhausted):
            await apay(Job("1"))
        await idem.aclose()

    with pytest.raises(RetriesExhausted):
        pay(Job("1"))
    asyncio.run(main())


def test_two_real_deadlocking_executions_both_succeed(idem: Idempotency, db: Database) -> None:
    db.execute("INSERT INTO ledger (amount) VALUES (0), (0)")
    meeting = threading.Barrier(2, timeout=60)
    met: set[str] = set()

    @mark()
    def move(job: Job, db: Database = idem.lent) -> None:
        for number in (1, 2) if job.id == "up" else (2, 1):
            db.execute("UPDATE ledger SET amount = amount + 1 WHERE id = %s", (number,))
            if job.id not in met:
                met.add(job.id)
                meeting.wait()

    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda name: move(Job(name)), ["up", "down"]))
    assert ledger(db) == [2, 2]


def test_concurrent_duplicates_in_threads_execute_once(idem: Idempotency, db: Database) -> None:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> int:
        time.sleep(0.1)
        return int(row(db.execute(INSERT, (job.amount,))))

    with ThreadPoolExecutor(40) as many:
        assert set(many.map(lambda _: pay(Job("1")), range(40))) == {1}
    assert ledger(db) == [5]


def test_a_duplicate_waits_no_longer_than_told_and_the_original_is_not_disturbed(
    idem: Idempotency, db: Database
) -> None:
    started, go_on = threading.Event(), threading.Event()

    @mark(wait=0.05)
    def pay(job: Job, db: Database = idem.lent) -> int:
        started.set()
        go_on.wait(5)
        return int(row(db.execute(INSERT, (job.amount,))))

    with ThreadPoolExecutor(1) as one:
        original = one.submit(pay, Job("1"))
        started.wait(5)
        with pytest.raises(InProgress):
            pay(Job("1"))
        go_on.set()
        assert original.result() == 1


def test_a_duplicate_in_another_process_waits_at_the_lock(idem: Idempotency, dsn: str, db: Database) -> None:
    """Another ``Idempotency`` has another gate, as another process has."""
    other = Idempotency(dsn)
    started = threading.Event()

    @mark()
    def pay(job: Job) -> int:
        started.set()
        time.sleep(0.2)
        return int(row(idem.sync_connection().execute(INSERT, (job.amount,))))

    with ThreadPoolExecutor(1) as one:
        original = one.submit(pay, Job("1"))
        started.wait(5)
        other.install()
        assert pay(Job("1")) == 1
        assert original.result() == 1
    other.close()
    assert ledger(db) == [5]


def test_correctness_does_not_rest_on_the_lock(dsn: str, db: Database) -> None:
    """Two processes, no advisory lock, no common gate: both run, the primary key lets one commit."""
    both_run = threading.Barrier(2, timeout=60)
    idems = [Idempotency(dsn), Idempotency(dsn)]
    ran: list[str] = []

    @mark()
    def pay(job: Job, ours: Any = Idempotency.lent) -> int:
        done = row(ours.execute(INSERT, (job.amount,)))
        if len(ran) < 2:
            ran.append(job.id)
            both_run.wait()
        return int(done)

    def call(idem: Idempotency) -> int:
        from idem_runtime.adapters.function.admission import FunctionAdmission
        from idem_runtime.marks import admission_here

        idem.without_lock()
        with admission_here(FunctionAdmission(runtime_of(idem))):
            return int(pay(Job("1")))

    with ThreadPoolExecutor(2) as two:
        answers = list(two.map(call, idems))
    assert len(ran) == 2, "both executed, as they must to prove anything"
    assert len(set(answers)) == 1
    assert ledger(db) == [5]
    for idem in idems:
        idem.close()


def test_a_collision_of_the_lock_delays_and_never_says_in_progress(
    idem: Idempotency, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idem_runtime.protocol import local_effect

    real = local_effect._hash
    monkeypatch.setattr(
        local_effect,
        "_hash",
        lambda named, purpose: 7 if purpose == b"lock" else real(named, purpose),
    )
    inside, go_on = threading.Event(), threading.Event()

    @mark(wait=0.1)
    def pay(job: Job, db: Database = idem.lent) -> int:
        if job.id == "first":
            inside.set()
            go_on.wait(5)
        return int(row(db.execute(INSERT, (job.amount,))))

    with ThreadPoolExecutor(1) as one:
        first = one.submit(pay, Job("first"))
        inside.wait(5)
        began = time.monotonic()
        pay(Job("second"))
        assert time.monotonic() - began >= 0.1
        go_on.set()
        first.result()
    assert ledger(db) == [5, 5]


def test_an_expired_record_is_executed_again(pay: Callable[..., Any], db: Database) -> None:
    pay(Job("1"))
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 second'")
    assert pay(Job("1", amount=6)) == 2
    assert ledger(db) == [5, 6]


def test_an_operation_with_a_new_name_still_knows_its_old_records(idem: Idempotency, db: Database) -> None:
    def body(job: Job, db: Database = idem.lent) -> int:
        return int(row(db.execute(INSERT, (job.amount,))))

    mark("old")(body)(Job("1"))
    assert mark("new", previous_operations=("old",))(body)(Job("1")) == 1
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 second'")
    assert mark("new", previous_operations=("old",))(body)(Job("1")) == 2


def test_a_nested_call_joins_the_transaction_under_its_own_key(idem: Idempotency, db: Database) -> None:
    @money_moving(operation="entry", key=lambda name, amount: name)
    def entry(name: str, amount: int, db: Database = idem.lent) -> int:
        return int(row(db.execute(INSERT, (amount,))))

    fail = [True]

    @mark()
    def pay(job: Job) -> list[int]:
        done = [entry("a", 1), entry("b", 2), entry("a", 1)]
        with pytest.raises(KeyReused):
            entry("a", 3)
        if fail:
            raise ValueError(fail.pop())
        return done

    with pytest.raises(ValueError):
        pay(Job("1"))
    assert (ledger(db), records(db)) == ([], 0)
    assert pay(Job("1")) == [3, 4, 3]
    assert (ledger(db), records(db)) == ([1, 2], 3)


def test_a_nested_call_that_fails_is_undone_alone(idem: Idempotency, db: Database) -> None:
    @money_moving(operation="entry", key=lambda name: name)
    def entry(name: str, db: Database = idem.lent) -> None:
        db.execute(INSERT, (1,))
        raise ValueError

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        db.execute(INSERT, (2,))
        with pytest.raises(ValueError):
            entry("a")

    pay(Job("1"))
    assert (ledger(db), records(db)) == ([2], 1)


def test_nested_async_calls_join_too(idem: Idempotency, db: Database, run: Callable[[Any], Any]) -> None:
    @money_moving(operation="entry", key=lambda name, fail: name)
    async def entry(name: str, fail: bool, db: Any = idem.lent) -> int:
        done = await (await db.execute(INSERT, (1,))).fetchone()
        if fail:
            raise ValueError
        return int(done[0])

    @mark()
    async def pay(job: Job) -> list[int]:
        with pytest.raises(ValueError):
            await entry("c", True)
        return [await entry("a", False), await entry("a", False)]

    done = run(lambda: pay(Job("1")))
    assert done[0] == done[1]
    assert (ledger(db), records(db)) == ([1], 2)


def test_a_nested_call_that_lost_its_race_runs_the_outermost_again(
    idem: Idempotency, dsn: str, db: Database
) -> None:
    idem.without_lock()
    other = Idempotency(dsn)
    runs: list[int] = []

    @money_moving(operation="entry", key=lambda name: name)
    def entry(name: str, db: Database = idem.lent) -> int:
        if not runs:
            runs.append(1)
            record = "INSERT INTO idempotency_records SELECT %s, 'a', 'COMPLETED', %s, %s, '9', now() + '1 h', null, null, now()"
            with psycopg.connect(dsn) as rival:
                from idem_runtime.protocol.fingerprint import of_value

                rival.execute(
                    record,
                    ("5:alice5:entry", of_value({"name": "a"}).stored, '{"status": 200, "headers": []}'),
                )
        return int(row(db.execute(INSERT, (1,))))

    @mark()
    def pay(job: Job) -> int:
        return int(entry("a"))

    assert pay(Job("1")) == 9
    assert ledger(db) == []
    other.close()


def test_a_sync_call_cannot_join_an_async_execution(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    @mark()
    async def pay(job: Job) -> None:
        await (await idem.connection()).execute(INSERT, (1,))
        with pytest.raises(ConfigurationError, match="async"):
            idem.sync_connection()

    run(lambda: pay(Job("1")))

    @mark("other")
    def pay_sync(job: Job) -> None:
        idem.sync_connection().execute(INSERT, (1,))
        with pytest.raises(ConfigurationError, match="sync"):
            asyncio.run(idem.connection())  # type: ignore[arg-type]

    pay_sync(Job("1"))


def test_a_ledger_write_is_allowed_inside_only(idem: Idempotency, db: Database) -> None:
    @ledger_write
    def post_entry(amount: int) -> None:
        idem.sync_connection().execute(INSERT, (amount,))

    @mark()
    def pay(job: Job) -> None:
        post_entry(job.amount)

    pay(Job("1"))
    with pytest.raises(LedgerWriteOutside):
        post_entry(1)
    assert ledger(db) == [5]


@pytest.mark.parametrize(
    "options",
    [{}, {"operation": "x"}, {"key": lambda job: job.id}, {"operation": "x", "key": standard_webhook()}],
)
def test_a_function_has_to_say_its_name_and_key(idem: Idempotency, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"operation=.*key="):
        money_moving(**options, connection="inside")(lambda job: None)(Job("1"))


@pytest.mark.parametrize("tenant", ["", " ", None, "a\0b"])
def test_nobody_is_refused(idem: Idempotency, tenant: Any, pay: Callable[..., Any]) -> None:
    with pytest.raises(PrincipalMissing):
        pay(Job("1", tenant=tenant))
    with pytest.raises(PrincipalMissing):
        money_moving(operation="x", key=lambda job: job.id, connection="inside")(lambda job: None)(Job("1"))


def test_a_number_may_be_a_principal(idem: Idempotency, pay: Callable[..., Any], db: Database) -> None:
    pay(Job("1", tenant=7))  # type: ignore[arg-type]
    assert ledger(db) == [5]


def test_a_job_without_a_key_is_refused(pay: Callable[..., Any]) -> None:
    with pytest.raises(KeyMissing):
        pay(Job(""))


def test_a_typed_result_replays_as_an_equal_value(idem: Idempotency, db: Database) -> None:
    @mark()
    def pay(job: Job, db: Database = idem.lent) -> Job | Decimal:
        db.execute(INSERT, (job.amount,))
        return Decimal("1.50") if job.id == "2" else job

    assert [pay(Job("1")), pay(Job("1"))] == [Job("1")] * 2
    assert [pay(Job("2")), pay(Job("2"))] == [Decimal("1.50")] * 2


@pytest.mark.parametrize("result", [{1, 2}, object(), Decimal(1)])
def test_a_result_that_does_not_survive_storage_undoes_the_effect(
    idem: Idempotency, db: Database, result: Any
) -> None:
    def body(job: Job, db=idem.lent):  # type: ignore[no-untyped-def]
        db.execute(INSERT, (job.amount,))
        return result

    with pytest.raises(ResponseUnstorable):
        mark()(body)(Job("1"))
    assert (ledger(db), records(db)) == ([], 0)


def test_an_annotation_that_cannot_be_read_counts_as_plain_json(idem: Idempotency, db: Database) -> None:
    def body(job: Job, db: Any = idem.lent) -> Nowhere:  # type: ignore[name-defined]  # noqa: F821
        db.execute(INSERT, (job.amount,))
        return {"a": 1}

    assert mark()(body)(Job("1")) == mark()(body)(Job("1")) == {"a": 1}


def test_a_success_that_wrote_nothing_warns_and_is_unknown_where_strict(dsn: str, db: Database) -> None:
    @mark(connection="inside")
    def pay(job: Job) -> int:
        return 1

    lenient, strict = Idempotency(dsn), Idempotency(dsn, strict=True)
    lenient.install()
    with pytest.warns(RuntimeWarning, match="wrote nothing"):
        pay(Job("1"))
    strict.install()
    with pytest.raises(TransactionBroken, match="wrote nothing"):
        pay(Job("2"))
    with pytest.raises(OutcomeUnknown):
        pay(Job("2"))
    assert records(db) == 2
    lenient.close()
    strict.close()


def test_a_connection_that_dies_in_the_handler_leaves_no_effect_and_a_key_to_retry(
    pay: Callable[..., Any], idem: Idempotency, db: Database
) -> None:
    killing = [True]

    @mark("other")
    def fragile(job: Job, connection: Database = idem.lent) -> int:
        done = row(connection.execute(INSERT, (job.amount,)))
        if killing:
            killing.pop()
            db.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
            connection.execute("SELECT 1")
        return int(done)

    with pytest.raises(StoreUnavailable):
        fragile(Job("1"))
    assert ledger(db) == []
    fragile(Job("1"))
    assert ledger(db) == [5]


def test_a_pooled_connection_that_went_stale_is_replaced(
    dsn: str, db: Database, run: Callable[[Any], Any]
) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        Idempotency(pool=pool).install()

        @mark(connection="inside")
        def pay(job: Job) -> int:
            from idem_runtime.execution.current import current

            return int(row(current.get().borrow_sync().execute(INSERT, (job.amount,))))

        assert pay(Job("1")) == 1
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        assert pay(Job("2")) == 2
        with pool.connection() as own:
            assert own.autocommit is False, "a pool of yours gets its connections back as they were"


def test_without_its_table_nothing_runs_and_the_message_says_what_to_do(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, table="elsewhere")
    idem.install()
    with pytest.raises(StoreUnavailable, match="idem-runtime doctor"):
        mark(connection="inside")(lambda job: 1)(Job("1"))
    idem.close()


def test_a_cancelled_call_is_undone_and_its_connection_comes_back(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (job.amount,))
        await db.execute("SELECT pg_sleep(5)")

    async def main() -> None:
        for _ in range(7):  # more often than the pool has connections
            task = asyncio.create_task(pay(Job("1")))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main)
    assert (ledger(db), records(db)) == ([], 0)


# External effects


def test_an_external_call_executes_once_and_replays(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    calls: list[str] = []

    @mark(effect="external")
    def pay(job: Job) -> str:
        calls.append(job.id)
        idem.sync_connection().execute(INSERT, (5,))
        return current_attempt().downstream_key("rail")

    @mark(effect="external")
    async def apay(job: Job) -> str:
        calls.append(job.id)
        await (await idem.connection()).execute(INSERT, (5,))
        return current_attempt().downstream_key("rail")

    assert pay(Job("1")) == pay(Job("1")) == run(lambda: apay(Job("1")))
    run(lambda: apay(Job("2")))
    assert calls == ["1", "2"]
    assert ledger(db) == [5, 5]


def test_an_external_failure_is_unknown_and_a_not_executed_is_free(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    fails: list[Exception] = [NotExecuted(), ValueError()]

    @mark(effect="external")
    def pay(job: Job) -> int:
        if fails:
            raise fails.pop(0)
        return 1

    with pytest.raises(NotExecuted):
        pay(Job("1"))
    with pytest.raises(ValueError):
        pay(Job("1"))
    with pytest.raises(OutcomeUnknown):
        pay(Job("1"))
    assert pay(Job("2")) == 1


def test_a_cancelled_external_call_is_unknown(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    entered = asyncio.Event()

    @mark(effect="external")
    async def pay(job: Job) -> None:
        entered.set()
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(pay(Job("1")))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(OutcomeUnknown):
            await pay(Job("1"))

    run(main)


def unknown(db: Database, seconds_ago: int = 0) -> None:
    """Whoever executed is dead, and the first attempt was that long ago."""
    db.execute(
        "UPDATE idempotency_records SET status = 'INPROGRESS', in_progress_expiry = to_timestamp(0), response_data = NULL,"
        " created_at = now() - make_interval(secs => %s)",
        (seconds_ago,),
    )


TOLD: list[tuple[Any, Any, int]] = [
    (lambda attempt: 7, 7, 1),
    (lambda attempt: NotExecuted(), 1, 2),
    (lambda attempt: None, OutcomeUnknown, 1),
]


@pytest.mark.parametrize(("told", "answer", "calls"), TOLD)
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_what_the_provider_tells_decides_about_an_unknown(
    idem: Idempotency,
    db: Database,
    run: Callable[[Any], Any],
    told: Any,
    answer: Any,
    calls: int,
    colour: str,
) -> None:
    made: list[int] = []

    async def told_later(attempt: Any) -> Any:
        if isinstance(found := told(attempt), NotExecuted):
            raise found
        return found

    @mark(effect="external", reconcile=told)
    def pay(job: Job) -> int:
        made.append(1)
        return 1

    @mark(effect="external", reconcile=told_later)
    async def apay(job: Job) -> int:
        return int(pay.__wrapped__(job))  # type: ignore[attr-defined]

    def call() -> Any:
        return pay(Job("1")) if colour == "sync" else run(lambda: apay(Job("1")))

    call()
    unknown(db)
    if isinstance(answer, int):
        assert [call(), call()] == [answer, answer]
    else:
        with pytest.raises(answer):
            call()
    assert len(made) == calls


def test_a_raised_not_executed_from_a_sync_reconcile_counts(idem: Idempotency, db: Database) -> None:
    def reconcile(attempt: Any) -> None:
        raise NotExecuted

    pay = mark(effect="external", reconcile=reconcile)(lambda job: 1)
    pay(Job("1"))
    unknown(db)
    assert pay(Job("1")) == 1


def test_a_provider_with_keys_of_its_own_may_be_asked_again_within_its_window(
    idem: Idempotency, db: Database
) -> None:
    keys: list[str] = []

    @mark(effect="external", retry_unknown=True, horizon={"rail": timedelta(hours=1)})
    def pay(job: Job) -> int:
        keys.append(current_attempt().downstream_key("rail"))
        return 1

    pay(Job("1"))
    unknown(db)
    pay(Job("1"))
    assert keys[0] == keys[1]
    unknown(db, seconds_ago=3601)
    with pytest.raises(OutcomeUnknown, match="forgotten"):
        pay(Job("1"))
    assert len(keys) == 2


def test_a_stale_owner_can_do_nothing(idem: Idempotency, dsn: str, db: Database) -> None:
    other = Idempotency(dsn)
    answers: list[int] = []

    @mark(effect="external", retry_unknown=True)
    def pay(job: Job) -> int:
        if not answers:
            answers.append(1)
            unknown(db)
            other.install()
            answers.append(pay(job))
        return len(answers)

    assert pay(Job("1")) == 1, "the stale owner answers what the record says"
    assert pay(Job("1")) == 1
    other.close()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_the_lease_is_renewed_and_its_loss_is_signalled(
    idem: Idempotency, db: Database, run: Callable[[Any], Any], colour: str
) -> None:
    def left() -> float:
        return float(
            row(
                db.execute(
                    "SELECT extract(epoch FROM in_progress_expiry - clock_timestamp()) FROM idempotency_records"
                )
            )
        )

    def watch() -> Iterator[float]:
        attempt = current_attempt()
        yield 0.25
        assert left() > 0.0, "without a heartbeat the lease had run out"
        assert not attempt.lost
        db.execute("UPDATE idempotency_records SET attempt = gen_random_uuid()")
        deadline = time.monotonic() + 5
        while not attempt.lost and time.monotonic() < deadline:
            yield 0.02
        assert attempt.lost

    @mark(effect="external", lease=timedelta(seconds=0.15))
    def pay(job: Job) -> None:
        for seconds in watch():
            time.sleep(seconds)

    @mark(effect="external", lease=timedelta(seconds=0.15))
    async def apay(job: Job) -> None:
        for seconds in watch():
            await asyncio.sleep(seconds)

    with pytest.raises((InProgress, OutcomeUnknown)):
        _ = pay(Job("1")) if colour == "sync" else run(lambda: apay(Job("1")))


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_heartbeat_survives_a_store_that_is_away_for_a_moment(
    idem: Idempotency, db: Database, run: Callable[[Any], Any], colour: str
) -> None:
    def cut() -> None:
        db.execute("ALTER TABLE idempotency_records RENAME TO away")

    def mend() -> None:
        db.execute("ALTER TABLE away RENAME TO idempotency_records")

    @mark(effect="external", lease=timedelta(seconds=0.15))
    def pay(job: Job) -> int:
        cut()
        time.sleep(0.1)
        mend()
        return 1

    @mark(effect="external", lease=timedelta(seconds=0.15))
    async def apay(job: Job) -> int:
        cut()
        await asyncio.sleep(0.1)
        mend()
        return 1

    assert (pay(Job("1")) if colour == "sync" else run(lambda: apay(Job("1")))) == 1


def test_an_external_result_too_large_is_executed_and_lost_to_duplicates(dsn: str, db: Database) -> None:
    from idem_runtime import ExecutedResponseLost

    idem = Idempotency(dsn, cap=10)
    idem.install()

    @mark(effect="external")
    def pay(job: Job) -> str:
        return "x" * 20

    assert pay(Job("1")) == "x" * 20
    with pytest.raises(ExecutedResponseLost):
        pay(Job("1"))
    idem.close()


def test_a_local_result_too_large_undoes_the_effect(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, cap=10)
    idem.install()

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> str:
        db.execute(INSERT, (job.amount,))
        return "x" * 20

    with pytest.raises(ResponseUnstorable):
        pay(Job("1"))
    assert (ledger(db), records(db)) == ([], 0)
    idem.close()


def test_an_attempt_is_known_only_inside() -> None:
    with pytest.raises(ConfigurationError, match="outside"):
        current_attempt()


def test_a_connection_is_lent_only_inside(idem: Idempotency) -> None:
    with pytest.raises(ConfigurationError, match="no money-moving execution"):
        idem.sync_connection()


def test_an_external_result_with_no_form_is_executed_and_lost_to_duplicates(
    idem: Idempotency, db: Database
) -> None:
    from idem_runtime import ExecutedResponseLost

    pay = mark(effect="external")(lambda job: {1, 2})
    with pytest.raises(ExecutedResponseLost):
        assert pay(Job("1")) == {1, 2}
        pay(Job("1"))


def test_a_deferred_constraint_is_the_handlers_own_error(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    deferred = "CREATE TABLE IF NOT EXISTS owed (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    db.execute(deferred)

    @mark("sync")
    def pay(job: Job, db: Database = idem.lent) -> None:
        db.execute("INSERT INTO owed VALUES (1), (1)")

    @mark("async")
    async def apay(job: Job, db: Any = idem.lent) -> None:
        await db.execute("INSERT INTO owed VALUES (1), (1)")

    with pytest.raises(psycopg.errors.UniqueViolation):
        pay(Job("1"))
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(lambda: apay(Job("1")))
    assert records(db) == 0


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_claim_that_the_server_refuses_for_another_reason_is_raised_as_it_is(
    dsn: str, db: Database, colour: str
) -> None:
    db.execute(
        "CREATE OR REPLACE VIEW broken AS SELECT scope, idempotency_key, (1 / 0)::text AS status, payload_hash,"
        " response_data, response_body, expiry_time, in_progress_expiry, attempt, created_at FROM idempotency_records"
    )
    idem = Idempotency(dsn, table="broken")
    idem.install()
    db.execute(
        "INSERT INTO idempotency_records SELECT '5:alice3:pay', '1', '', '', null, null, now(), null, null, now()"
    )

    @mark(connection="inside")
    async def apay(job: Job) -> None: ...

    async def main() -> None:
        try:
            await apay(Job("1"))
        finally:
            await idem.aclose()

    with pytest.raises(psycopg.errors.DivisionByZero):
        _ = mark(connection="inside")(lambda job: 1)(Job("1")) if colour == "sync" else asyncio.run(main())
    idem.close()


def test_a_nested_call_on_a_dead_connection_fails_as_its_caller_would(
    idem: Idempotency, db: Database
) -> None:
    @money_moving(operation="entry", key=lambda name: name)
    def entry(name: str) -> None: ...

    @mark()
    def pay(job: Job, connection: Database = idem.lent) -> None:
        pid = connection.info.backend_pid
        db.execute("SELECT pg_terminate_backend(%s)", (pid,))
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        with pytest.raises(StoreUnavailable):
            entry("a")
        raise ValueError

    with pytest.raises(StoreUnavailable):
        pay(Job("1"))


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_who_waited_for_an_original_that_failed_executes(
    idem: Idempotency, db: Database, run: Callable[[Any], Any], colour: str
) -> None:
    runs: list[int] = []

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> int:
        runs.append(1)
        if len(runs) == 1:
            time.sleep(0.1)
            raise ValueError
        return int(row(db.execute(INSERT, (job.amount,))))

    @mark()
    async def apay(job: Job, db: Any = idem.lent) -> int:
        runs.append(1)
        if len(runs) == 1:
            await asyncio.sleep(0.1)
            raise ValueError
        return int((await (await db.execute(INSERT, (job.amount,))).fetchone())[0])

    def quiet() -> Any:
        try:
            return pay(Job("1"))
        except ValueError as error:
            return error

    async def main() -> list[Any]:
        return list(await asyncio.gather(apay(Job("1")), apay(Job("1")), return_exceptions=True))

    if colour == "sync":
        with ThreadPoolExecutor(2) as two:
            answers = list(two.map(lambda _: quiet(), range(2)))
    else:
        answers = run(main)
    assert sorted(map(type, answers), key=str) == [ValueError, int]
    assert ledger(db) == [5]


def test_a_missing_secret_is_neither_replay_nor_run(dsn: str, db: Database) -> None:
    keyed, other = Idempotency(dsn, secrets={"a": "x" * 16}), Idempotency(dsn, secrets={"b": "y" * 16})

    @mark(effect="external")
    def pay(job: Job) -> int:
        return 1

    @mark(effect="external")
    async def apay(job: Job) -> int:
        return 1

    async def main() -> None:
        try:
            await apay(Job("1"))
        finally:
            await other.aclose()

    keyed.install()
    pay(Job("1"))
    other.install()
    with pytest.raises(StoreUnavailable, match="not configured"):
        pay(Job("1"))
    with pytest.raises(StoreUnavailable, match="not configured"):
        asyncio.run(main())
    keyed.close()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_an_interrupted_wait_leaves_nothing_behind(
    idem: Idempotency,
    dsn: str,
    db: Database,
    run: Callable[[Any], Any],
    colour: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from idem_runtime.protocol import local_effect

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> int:
        return int(row(db.execute(INSERT, (job.amount,))))

    @mark()
    async def apay(job: Job, db: Any = idem.lent) -> int:
        return int((await (await db.execute(INSERT, (job.amount,))).fetchone())[0])

    def call() -> Any:
        return pay(Job("1")) if colour == "sync" else run(lambda: apay(Job("1")))

    with monkeypatch.context() as patched:
        patched.setattr(local_effect, "admit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            call()
    assert call() == 1, "the gate is open again"


def test_a_cancellation_during_the_seal_does_not_stop_it(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    sealing = asyncio.Event()

    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (job.amount,))
        await db.execute(
            "CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION sleep_a_little()"
        )
        await db.execute(INSERT, (job.amount,))
        sealing.set()

    async def main() -> None:
        task = asyncio.create_task(pay(Job("1")))
        await sealing.wait()
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    db.execute(
        "CREATE OR REPLACE FUNCTION sleep_a_little() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$"
    )
    run(main)
    assert (ledger(db), records(db)) == ([5, 5], 1)
    db.execute("DROP TRIGGER slowly ON ledger")


def test_a_connection_that_cannot_be_cleaned_is_closed(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    session = runtime_of(idem).sync_store()
    session.borrow()
    real = session.held
    assert real is not None
    real.execute("BEGIN")
    db.execute("SELECT pg_terminate_backend(%s)", (real.info.backend_pid,))
    session.release()
    assert real.closed

    async def main() -> None:
        asession = runtime_of(idem).async_store()
        await asession.borrow()
        areal = asession.held
        assert areal is not None
        await areal.execute("BEGIN")
        db.execute("SELECT pg_terminate_backend(%s)", (areal.info.backend_pid,))
        await asession.release()
        assert areal.closed

    run(main)


def test_borrowing_twice_shares_the_transaction(
    idem: Idempotency, db: Database, run: Callable[[Any], Any]
) -> None:
    session = runtime_of(idem).sync_store()
    session.borrow().execute(INSERT, (1,))
    assert row(session.borrow().execute("SELECT count(*) FROM ledger")) == 1
    session.release()

    async def main() -> None:
        asession = runtime_of(idem).async_store()
        await (await asession.borrow()).execute(INSERT, (1,))
        again = await (await asession.borrow()).execute("SELECT count(*) FROM ledger")
        assert (await again.fetchone())[0] == 1
        await asession.release()

    run(main)
    assert ledger(db) == []


def test_a_conflict_at_commit_runs_the_whole_execution_again(idem: Idempotency, db: Database) -> None:
    runs: list[int] = []
    db.execute(
        "CREATE OR REPLACE FUNCTION conflict_once() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE SQLSTATE '40001'; END $$"
    )

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> int:
        runs.append(1)
        if len(runs) == 1:
            db.execute(
                "CREATE CONSTRAINT TRIGGER once AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION conflict_once()"
            )
        db.execute(INSERT, (job.amount,))
        return len(runs)

    assert [pay(Job("1")), pay(Job("1"))] == [2, 2]
    assert ledger(db) == [5]


def test_a_nested_call_whose_rival_is_gone_runs_the_outermost_again(
    idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idem_runtime.model import Again
    from idem_runtime.protocol import local_effect

    real, left = local_effect.seal_nested, [1]

    def seal_nested(*args: Any, **options: Any) -> Any:
        if left:
            left.pop()
            return Again()
        return (yield from real(*args, **options))

    monkeypatch.setattr(local_effect, "seal_nested", seal_nested)

    @money_moving(operation="entry", key=lambda name: name)
    def entry(name: str, db: Database = idem.lent) -> int:
        return int(row(db.execute(INSERT, (1,))))

    @mark()
    def pay(job: Job) -> int:
        return int(entry("a"))

    assert pay(Job("1")) == 2
    assert (ledger(db), records(db)) == ([1], 2)
