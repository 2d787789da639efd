"""Calls that end before their methods do: clients that leave, deadlines, servers that stop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc
import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.grpc.seats import Seats
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.grpc import rpc_client
from tests.runtime.adapters.grpc.asking import (
    BOTH,
    INSERT,
    Asking,
    bank_class,
    pb2,
    pb2_grpc,
    serving,
    tenant,
)

Database = psycopg.Connection[Any]
PATIENCE = 60.0
KINDS = ("sync", "aio", "sync on aio")


def until(true: Callable[[], Any]) -> Any:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.005)
    return found


class Gated:
    """A method that waits in its middle until a test lets it go on."""

    def __init__(self, dsn: str, kind: str, *, effect: str = "local", **options: Any) -> None:
        self.idem = Idempotency(dsn, principal=tenant)
        self.dsn = dsn
        self.kind = kind
        self.effect = effect
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.cancelled = threading.Event()
        self.seen: list[Any] = []
        self.calls = 0
        mark: Any = money_moving(effect=effect, connection="inside" if effect == "local" else None, **options)
        self.servicer = bank_class(Transfers=mark(self._async() if kind == "aio" else self._sync()))()

    def serve(self) -> Any:
        return serving(self.idem, self.servicer, aio=self.kind != "sync")

    def _enter(self) -> None:
        self.calls += 1
        self.entered.release()

    def _write(self, amount: int) -> None:
        if self.effect == "local":
            self.idem.sync_connection().execute(INSERT, (amount,))
        else:
            with psycopg.connect(self.dsn, autocommit=True) as db:
                db.execute(INSERT, (amount,))

    def _sync(self) -> Any:
        def transfers(_: Any, request: Any, context: Any) -> Any:
            self._enter()
            assert self.gate.wait(PATIENCE)
            self.seen.append(facts(context))
            self._write(request.amount)
            return pb2.Reply(id=1)

        return transfers

    def _async(self) -> Any:
        async def transfers(_: Any, request: Any, context: Any) -> Any:
            if self.effect == "local":
                await (await self.idem.connection()).execute(INSERT, (request.amount,))
            self._enter()
            try:
                await asyncio.to_thread(self.gate.wait, PATIENCE)
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            self.seen.append(facts(context))
            if self.effect == "external":
                await asyncio.to_thread(self._write, request.amount)
            return pb2.Reply(id=1)

        return transfers


def facts(context: Any) -> tuple[Any, ...]:
    """What may be asked of a context whose call may have ended."""
    return (
        context.peer().partition(":")[0],
        context.peer_identities(),
        context.peer_identity_key(),
        "transport_security_type" in context.auth_context() or not context.auth_context(),
        dict(context.invocation_metadata())["x-tenant"],
    )


KNOWN = ("ipv4", None, None, True, "alice")


# Clients that leave


@pytest.mark.parametrize("kind", KINDS)
def test_an_external_effect_goes_on_without_its_client_and_a_retry_replays_it(
    dsn: str, db: Database, kind: str
) -> None:
    bank = Gated(dsn, kind, effect="external")
    with bank.serve() as ask:
        call = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        call.cancel()
        time.sleep(0.05)  # so that the server hears of it before the method goes on
        bank.gate.set()
        again = ask()
        until(lambda: bank.seen)
    assert (again.code, again.replayed, ledger(db), bank.calls) == ("OK", True, [5], 1)
    assert bank.seen == [KNOWN]


def test_a_local_effect_is_undone_when_its_client_leaves_an_event_loop(dsn: str, db: Database) -> None:
    bank = Gated(dsn, "aio")
    with bank.serve() as ask:
        call = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        call.cancel()
        assert bank.cancelled.wait(PATIENCE)
        bank.gate.set()
        again = ask()
    assert (again.code, again.replayed, ledger(db)) == ("OK", False, [5])


@pytest.mark.parametrize("kind", ["sync", "sync on aio"])
def test_a_thread_goes_on_without_its_client_and_its_key_is_not_free_meanwhile(
    dsn: str, db: Database, kind: str
) -> None:
    bank = Gated(dsn, kind, wait=0)
    with bank.serve() as ask:
        call = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        call.cancel()
        time.sleep(0.05)
        assert ask().problem == "in_progress"
        bank.gate.set()
        until(lambda: ask(key="k").code == "OK")
    assert ledger(db) == [5]


@pytest.mark.parametrize("effect", ["local", "external"])
def test_a_client_that_leaves_while_its_key_is_claimed_leaves_it_free(
    dsn: str, db: Database, effect: str
) -> None:
    bank = Gated(dsn, "aio", effect=effect)
    bank.gate.set()
    with bank.serve() as ask:
        assert ask(key="first").code == "OK"
        with psycopg.connect(dsn) as other:
            other.execute("LOCK idempotency_records IN ACCESS EXCLUSIVE MODE")
            call = ask.later()
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            until(lambda: db.execute(waits).fetchone())
            call.cancel()
            time.sleep(0.05)
        again = until(lambda: (asked := ask()).problem != "in_progress" and asked)
    assert (again.code, again.replayed) == ("OK", False)
    assert ledger(db) == [5, 5]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("effect", ["local", "external"])
def test_a_duplicate_that_leaves_while_it_waits_changes_nothing(
    dsn: str, db: Database, kind: str, effect: str
) -> None:
    bank = Gated(dsn, kind, effect=effect, wait=PATIENCE)
    with bank.serve() as ask:
        first = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        duplicate = ask.later()
        time.sleep(0.05)
        duplicate.cancel()
        time.sleep(0.05)
        bank.gate.set()
        assert pb2.Reply.FromString(first.result(PATIENCE)).id == 1
        assert ask().replayed
    assert (ledger(db), bank.calls) == ([5], 1)


# Deadlines


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_waits_longer_than_the_caller_does(
    dsn: str, db: Database, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "idem_runtime")
    bank = Gated(dsn, kind, wait=60)
    with bank.serve() as ask:
        first = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        assert ask(timeout=0.2).code in ("DEADLINE_EXCEEDED", "ABORTED")
        if kind == "sync":  # in an event loop the waiting itself is cancelled
            until(lambda: "is refused: in_progress" in caplog.text)
        bank.gate.set()
        first.result(PATIENCE)
    assert ledger(db) == [5]


@pytest.mark.parametrize("kind", KINDS)
def test_a_method_knows_how_long_its_caller_waits(dsn: str, db: Database, kind: str) -> None:
    left: list[Any] = []
    idem = Idempotency(dsn, principal=tenant)

    @money_moving(connection="inside")
    def transfers(self: Any, request: Any, context: Any) -> Any:
        left.append(context.time_remaining())
        return pb2.Reply()

    @money_moving(connection="inside")
    async def transfers_async(self: Any, request: Any, context: Any) -> Any:
        left.append(context.time_remaining())
        return pb2.Reply()

    method = transfers_async if kind == "aio" else transfers
    with serving(idem, bank_class(Transfers=method)(), aio=kind != "sync") as ask:
        ask(timeout=50)
        ask(key="l", timeout=None)
    assert 0 < left[0] < 51, "the clocks of both ends are read at other moments"
    assert left[1] is None or left[1] > 1_000


# Waiting takes no thread


def test_duplicates_that_wait_leave_the_threads_of_a_sync_server_to_others(dsn: str, db: Database) -> None:
    bank = Gated(dsn, "sync", wait=PATIENCE)
    with serving(bank.idem, bank.servicer, aio=False, workers=2) as ask:
        first = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        duplicates = [ask.later() for _ in range(20)]
        other = ask.later(key="other")
        assert bank.entered.acquire(timeout=PATIENCE), "another key waits behind duplicates"
        bank.gate.set()
        answers = {call.result(PATIENCE) for call in (first, *duplicates)}
        assert len(answers) == 1
        other.result(PATIENCE)
    assert (ledger(db), bank.calls) == ([5, 5], 2)


@pytest.mark.parametrize("kind", KINDS)
def test_another_payload_beside_the_original_is_refused_at_once(dsn: str, db: Database, kind: str) -> None:
    bank = Gated(dsn, kind, wait=PATIENCE)
    with bank.serve() as ask:
        first = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        assert ask(message=pb2.Ask(amount=6)).problem == "key_reused"
        bank.gate.set()
        first.result(PATIENCE)
    assert ledger(db) == [5]


def test_seats_run_what_is_queued_and_hand_on_what_is_raised() -> None:
    with Seats(1) as seats:
        gate = threading.Event()
        first = seats.submit(gate.wait, PATIENCE)
        cancelled, failing = seats.submit(gate.wait), seats.submit(divmod, 1, 0)
        assert cancelled.cancel()
        gate.set()
        assert first.result(PATIENCE)
        with pytest.raises(ZeroDivisionError):
            failing.result(PATIENCE)
        assert seats.submit(divmod, 7, 2).result(PATIENCE) == (3, 1)


def test_no_more_methods_work_at_a_time_than_the_server_has_threads(dsn: str, db: Database) -> None:
    bank = Gated(dsn, "sync")
    with serving(bank.idem, bank.servicer, aio=False, workers=2) as ask:
        calls = [ask.later(key=str(number)) for number in range(6)]
        for _ in range(2):
            assert bank.entered.acquire(timeout=PATIENCE)
        assert not bank.entered.acquire(timeout=0.2)
        bank.gate.set()
        for call in calls:
            call.result(PATIENCE)
    assert len(ledger(db)) == 6


# Servers that stop


def stopped(bank: Gated, grace: float | None, *, by_termination: bool = False) -> list[str]:
    """What happened in which order, when a server stops while a method is in its middle."""
    order: list[str] = []
    add = partial(pb2_grpc.add_BankServicer_to_server, bank.servicer)

    def settled() -> None:
        with psycopg.connect(bank.dsn) as db:
            order.append(f"stopped with {records(db)} record, {len(ledger(db))} effect")

    if bank.kind == "sync":
        with ThreadPoolExecutor(4) as pool:
            server = grpc.server(pool)
            bank.idem.install(server)
            add(server)
            address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
            server.start()
            with rpc_client.channel(address) as opened:
                call = Asking(opened).later()
                assert bank.entered.acquire(timeout=PATIENCE)
                threading.Timer(0.2, bank.gate.set).start()
                ended = server.stop(grace)
                assert not server.wait_for_termination(PATIENCE) if by_termination else ended.wait(PATIENCE)
                settled()
                assert ended.wait(PATIENCE)
                assert call.exception(PATIENCE) is not None
        bank.idem.close()
        return order
    asyncio.run(_stopped_aio(bank, add, grace, settled, by_termination=by_termination))
    return order


async def _stopped_aio(
    bank: Gated, add: Any, grace: float | None, settled: Any, *, by_termination: bool
) -> None:
    server = grpc.aio.server()
    bank.idem.install(server)
    add(server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    with rpc_client.channel(address) as opened:
        call = Asking(opened).later()
        assert await asyncio.to_thread(bank.entered.acquire, timeout=PATIENCE)
        threading.Timer(0.2, bank.gate.set).start()
        stopping = asyncio.create_task(server.stop(grace))
        await (server.wait_for_termination(PATIENCE) if by_termination else stopping)
        settled()
        await stopping
        assert await asyncio.to_thread(call.exception, PATIENCE) is not None
    await bank.idem.aclose()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grace", [0.01, None])
def test_a_server_that_stops_waits_for_external_effects(
    dsn: str, db: Database, kind: str, grace: float | None
) -> None:
    bank = Gated(dsn, kind, effect="external")
    assert stopped(bank, grace) == ["stopped with 1 record, 1 effect"]


@pytest.mark.parametrize("kind", BOTH)
def test_who_waits_for_a_server_s_end_waits_for_external_effects(dsn: str, db: Database, kind: str) -> None:
    bank = Gated(dsn, kind, effect="external")
    assert stopped(bank, 0.01, by_termination=True) == ["stopped with 1 record, 1 effect"]


def test_stop_returns_at_once_and_its_event_says_when_all_has_committed(dsn: str, db: Database) -> None:
    bank = Gated(dsn, "sync")
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        bank.idem.install(server)
        pb2_grpc.add_BankServicer_to_server(bank.servicer, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        with rpc_client.channel(address) as opened:
            call = Asking(opened).later()
            assert bank.entered.acquire(timeout=PATIENCE)
            ended = server.stop(None)
            assert not ended.is_set()
            bank.gate.set()
            assert ended.wait(PATIENCE)
            assert call.exception(PATIENCE) is not None
    bank.idem.close()
    assert ledger(db) == [5]


def test_a_server_that_stops_waits_for_a_thread_that_commits(dsn: str, db: Database) -> None:
    bank = Gated(dsn, "sync")
    assert stopped(bank, 0.01) == ["stopped with 1 record, 1 effect"]


def test_a_server_that_stops_undoes_a_local_effect_in_an_event_loop(dsn: str, db: Database) -> None:
    bank = Gated(dsn, "aio")
    assert stopped(bank, 0.01) == ["stopped with 0 record, 0 effect"]


def test_waiting_for_the_end_of_a_server_that_goes_on_ends_with_its_time(dsn: str, db: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        Idempotency(dsn, principal=tenant).install(server)
        server.start()
        assert server.wait_for_termination(0.01)
        server.stop(None)

    async def main() -> None:
        aio = grpc.aio.server()
        Idempotency(dsn, principal=tenant).install(aio)
        await aio.start()
        assert await aio.wait_for_termination(0.01)
        await aio.stop(None)

    asyncio.run(main())


# What is told of the end


@pytest.mark.parametrize("kind", KINDS)
def test_a_method_can_have_itself_told_of_the_call_s_end(dsn: str, db: Database, kind: str) -> None:
    ended: list[Any] = []
    idem = Idempotency(dsn, principal=tenant)

    @money_moving(connection="inside")
    def transfers(self: Any, request: Any, context: Any) -> Any:
        assert context.is_active()
        assert context.add_callback(lambda: ended.append(facts(context)))
        return pb2.Reply()

    @money_moving(connection="inside")
    async def transfers_async(self: Any, request: Any, context: Any) -> Any:
        assert not context.done()
        context.add_done_callback(lambda own: ended.append(facts(own)))
        with pytest.raises(AttributeError, match="return the reply"):
            _ = context.write
        return pb2.Reply()

    method = transfers_async if kind == "aio" else transfers
    with serving(idem, bank_class(Transfers=method)(), aio=kind != "sync") as ask:
        assert ask().code == "OK"
        until(lambda: ended)
    assert ended == [KNOWN]


def test_what_an_external_method_raises_after_its_client_left_is_logged(
    dsn: str, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    bank = Gated(dsn, "aio", effect="external")
    bank.dsn = "postgresql://postgres@127.0.0.1:1/x"
    with bank.serve() as ask:
        call = ask.later()
        assert bank.entered.acquire(timeout=PATIENCE)
        call.cancel()
        time.sleep(0.05)
        bank.gate.set()
        until(lambda: "idem.tests.bank.Bank/Transfers raised OperationalError" in caplog.text)
        assert ask().problem == "outcome_unknown"
