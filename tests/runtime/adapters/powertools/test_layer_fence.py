"""A stale owner changes nothing, a claim that waited sees what is there, and an answer that was lost is found out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from psycopg_pool import ConnectionPool

from idem_runtime import LeaseLost, RetriesExhausted, StoreUnavailable
from idem_runtime.model import StoreError
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, cause
from tests.runtime.calls import PATIENCE
from tests.runtime.postgres import Server
from tests.runtime.proxy import Cut, Proxy
from tests.runtime.stores import until


def taken_over(subject: Subject, ends: Any) -> Any:
    """A first call whose in-progress expiry passes while it runs; a second one executes and completes."""

    def slow(payment: Any) -> Any:
        subject.age()
        assert (
            subject.function(lambda payment: "second", layer=subject.another())(payment=PAYMENT) == "second"
        )
        return ends()

    return subject.attempt(subject.function(slow))


def test_a_stale_owner_s_result_is_not_recorded_and_it_is_told(subject: Subject) -> None:
    outcome = taken_over(subject, lambda: "first")
    subject.expect(isinstance(cause(outcome), LeaseLost), outcome)
    subject.expect(subject.attempt(subject.function()) == "second")


def test_a_stale_owner_s_exception_frees_nothing(subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Any:
        raise ValueError("no")

    assert isinstance(taken_over(subject, fail), ValueError)
    subject.expect(subject.attempt(subject.function()) == "second")
    if not subject.naive:
        assert "was taken over" in caplog.text


def foreign_takeover(subject: Subject) -> None:
    """As another program's layer takes over: it leaves response_data as it is."""
    subject.sql(
        "UPDATE {table} SET in_progress_expiry = now() + interval '1 minute', expiry_time = now() + interval '1 day'"
    )


@pytest.mark.parametrize("ends", ["returns", "raises"])
@pytest.mark.parametrize("subject", ["six", "naive"], indirect=True)
def test_another_program_that_took_over_keeps_its_claim(subject: Subject, ends: str) -> None:
    def slow(payment: Any) -> Any:
        foreign_takeover(subject)
        if ends == "raises":
            raise ValueError("no")

    outcome = subject.attempt(subject.function(slow))
    kind = type(cause(outcome))
    held = (kind, subject.statuses) == (LeaseLost if ends == "returns" else ValueError, ["INPROGRESS"])
    subject.expect(held, outcome)


@pytest.mark.parametrize(
    "maintenance",
    [
        "VACUUM FREEZE {table}",
        "VACUUM FULL {table}",
        "CLUSTER {table} USING {key}",
        "SELECT 1 FROM {table} FOR UPDATE",
        "ANALYZE {table}",
    ],
)
def test_maintenance_of_the_table_takes_nothing_over(ours: Subject, maintenance: str) -> None:
    def meanwhile(payment: Any) -> Any:
        ours.sql(maintenance.replace("{key}", "idempotency_records_pkey"))
        return "done"

    pay = ours.function(meanwhile)
    assert [pay(payment=PAYMENT), pay(payment=PAYMENT), len(ours.runs)] == ["done", "done", 1]


def test_two_claims_in_one_transaction_are_told_apart(six: Subject, dsn: str) -> None:
    """Both have the transaction's xmin: the token is another one."""
    from idem_runtime.adapters.powertools import records
    from idem_runtime.adapters.powertools.records import Claim, Fence

    place = six.layer.store.place
    with psycopg.connect(dsn, prepare_threshold=None) as db, db.transaction():
        claims = [Claim("k", str(number) * 8, 90_000, 60, None) for number in range(2)]
        layer = six.another(connection=db)
        assert layer.store.place == place
        fences = []
        for claim in claims:
            fence = layer.store.run(lambda place, claim=claim: records.put(place, claim))
            assert isinstance(fence, Fence)
            fences.append(fence)
            db.execute("UPDATE aml.idempotency_records SET in_progress_expiry = now() - interval '1 hour'")
        stale = Fence(
            "k", db.execute("SELECT xmin::text FROM aml.idempotency_records").fetchone()[0], fences[0].attempt
        )  # type: ignore[index]
        with pytest.raises(LeaseLost):
            layer.store.run(
                lambda place: records.complete(place, stale, response="1", retention=1, payload_hash=None)
            )


class TestAClaimThatWaits:
    """Its snapshot is of before the other transaction ended."""

    @contextmanager
    def other(self, ours: Subject, dsn: str, statement: str) -> Iterator[tuple[Any, Any]]:
        """A transaction that does ``statement``, and a claim that waits for its end."""
        with psycopg.connect(dsn) as db, ThreadPoolExecutor(1) as thread:
            text: Any = statement.format(table=ours.table)
            db.execute(text)
            claim = thread.submit(ours.attempt, ours.function(layer=ours.another()))
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            assert until(lambda: ours.sql(waits))
            yield db, claim

    def test_for_one_that_completes_replays(self, ours: Subject, dsn: str) -> None:
        def meanwhile(payment: Any) -> Any:
            return "first"

        ours.function(meanwhile)(payment=PAYMENT)
        ours.expire()
        alive = "UPDATE {table} SET expiry_time = now() + interval '1 day'"
        with self.other(ours, dsn, alive) as (db, claim):
            db.commit()
            assert claim.result(PATIENCE) == "first"
        assert len(ours.runs) == 1

    def test_for_one_that_is_undone_executes(self, ours: Subject, dsn: str) -> None:
        ours.function()(payment=PAYMENT)
        ours.expire()
        with self.other(ours, dsn, "DELETE FROM {table}") as (db, claim):
            db.commit()
            assert claim.result(PATIENCE) == {"run": 2}

    def test_at_a_level_that_raises_is_tried_again(self, ours: Subject, dsn: str) -> None:
        kwargs = {"autocommit": True, "options": "-c default_transaction_isolation=repeatable\\ read"}
        ours.function()(payment=PAYMENT)
        ours.expire()
        with ConnectionPool(dsn, min_size=1, kwargs=kwargs) as pool:
            ours.pool = pool
            with self.other(ours, dsn, "UPDATE {table} SET payload_hash = payload_hash") as (db, claim):
                db.commit()
                assert claim.result(PATIENCE) == {"run": 2}


def test_storms_on_one_key_execute_once(ours: Subject) -> None:
    barrier = threading.Barrier(8)

    def call(number: int) -> Any:
        barrier.wait(PATIENCE)
        return ours.attempt(ours.function(layer=ours.another()))

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(call, range(8)))
    assert len(ours.runs) == 1
    assert all(
        result == {"run": 1} or isinstance(result, IdempotencyAlreadyInProgressError) for result in results
    )


class Network:
    """A pool through a proxy that can swallow the answer to a statement, or break the connection before it."""

    def __init__(self, server: Server, dsn: str) -> None:
        self.cuts: list[tuple[str, str]] = []
        self.proxy = Proxy(server.port, hook=self._hook)
        self.dsn = self.proxy.dsn(dsn)

    def _hook(self, point: int, side: str, query: bytes) -> None:
        for cut in self.cuts:
            if cut[0].encode() in query and cut[1] == side:
                self.cuts.remove(cut)
                raise Cut


@pytest.fixture
def network(server: Server, dsn: str, subject: Subject) -> Iterator[Network]:
    """``subject``, with such a network before its database."""
    network = Network(server, dsn)
    with ConnectionPool(
        network.dsn, min_size=1, kwargs={"autocommit": True, "prepare_threshold": None}
    ) as pool:
        subject.pool = pool
        subject.layer = subject.another()
        yield network
    network.proxy.close()


OURS = pytest.mark.parametrize("subject", ["own", "six"], indirect=True)
PUT, COMPLETE, DELETE = "INSERT INTO", "UPDATE aml", "DELETE FROM"


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("statement", [PUT, COMPLETE, DELETE])
def test_a_lost_connection_is_replaced_once(
    subject: Subject, network: Network, statement: str, side: str
) -> None:
    """Whether the statement took effect or only its answer was lost: there is one execution and its record."""

    def body(payment: Any) -> Any:
        if statement == DELETE:
            raise ValueError("no")
        return "done"

    sent = "SET status = 'COMPLETED'" if statement == COMPLETE and not subject.naive else statement
    network.cuts = [(sent, side)]
    outcome = subject.attempt(subject.function(body))
    assert network.cuts == []
    if statement == DELETE:
        subject.expect((type(outcome), subject.statuses) == (ValueError, []), outcome)
    else:
        subject.expect((outcome, subject.statuses) == ("done", ["COMPLETED"]), outcome)
    assert subject.naive or len(subject.runs) == 1


def test_a_naive_layer_fails_where_a_connection_was_closed_meanwhile(subject: Subject) -> None:
    subject.function()(payment=PAYMENT)
    subject.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    others = "SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    assert until(lambda: not subject.sql(others))
    outcomes = [subject.attempt(subject.function(), {"id": str(number)}) for number in range(8)]
    subject.expect(not any(isinstance(outcome, Exception) for outcome in outcomes), outcomes)
    for _ in range(20):  # the pool's other users find living connections again
        with subject.pool.connection() as db:
            db.execute("SELECT 1") if not db.closed else None


@OURS
def test_a_second_loss_is_told(subject: Subject, network: Network) -> None:
    network.cuts = [("INSERT INTO", "before"), ("INSERT INTO", "before")]
    outcome = subject.attempt(subject.function())
    assert isinstance(cause(outcome), StoreUnavailable)
    assert subject.runs == []


@OURS
def test_a_lost_answer_after_which_another_took_over_is_a_lost_lease(
    subject: Subject, network: Network
) -> None:
    def body(payment: Any) -> Any:
        subject.sql(
            "UPDATE {table} SET payload_hash = 'x'"
            if subject.kind == "six"
            else "UPDATE {table} SET attempt = gen_random_uuid()"
        )
        network.cuts.append(("SET status = 'COMPLETED'", "before"))

    assert isinstance(cause(subject.attempt(subject.function(body))), LeaseLost)


def test_what_is_always_in_the_way_is_told(ours: Subject) -> None:
    """Steps without a database: a record that comes and goes, and a conflict that does not end."""
    from idem_runtime.adapters.powertools import records
    from idem_runtime.adapters.powertools.records import Claim
    from idem_runtime.model import Result

    claim = Claim("k", "a", 90_000, 60, None)
    steps = records.put(ours.layer.store.place, claim)
    next(steps)
    with pytest.raises(RetriesExhausted):
        while True:
            steps.send([Result("SELECT 0")])
    steps = records.put(ours.layer.store.place, claim)
    next(steps)
    with pytest.raises(RetriesExhausted):
        while True:
            steps.throw(StoreError("40001"))
