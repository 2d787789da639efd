"""Our client's interceptor and our servers understand each other: keys, what is tried again, what is refused."""

from __future__ import annotations

import threading
from typing import Any

import grpc
import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.client import CallPolicy, KeyReused, OutcomeUnknown, intent, sent
from idem_runtime.client.grpc import IdempotentInterceptor
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.grpc.asking import BOTH, INSERT, bank_class, pb2, pb2_grpc, serving, tenant

Database = psycopg.Connection[Any]
ALICE = (("x-tenant", "alice"),)


class Bank:
    """Pays once the gate is open; ``crash``: what it did is not known then."""

    def __init__(self, idem: Idempotency, *, aio: bool) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.gate.set()

        @money_moving
        def pays(_: Any, request: Any, context: Any, db: Any = idem.lent) -> Any:
            self.begun.set()
            assert self.gate.wait(30)
            row = db.execute(f"{INSERT} RETURNING id", (request.amount,)).fetchone()
            return pb2.Reply(id=row[0], amount=request.amount)

        @money_moving(effect="external")
        def crashes(_: Any, request: Any, context: Any) -> Any:
            raise RuntimeError("between here and the rail")

        self.servicer = bank_class(Transfers=pays, External=crashes)()


@pytest.fixture(params=BOTH)
def bank(request: pytest.FixtureRequest, dsn: str, db: Database) -> Any:
    aio = request.param == "aio"
    idem = Idempotency(dsn, principal=tenant, wait=0)
    bank = Bank(idem, aio=aio)
    with serving(idem, bank.servicer, aio=aio) as asking:
        policy = CallPolicy(attempts=50, first_pause=0.02)
        channel = grpc.intercept_channel(asking.channel, IdempotentInterceptor(policy))
        yield bank, pb2_grpc.BankStub(channel)


def test_a_call_replays_under_its_key_and_is_another_payment_without_an_intent(
    bank: Any, db: Database
) -> None:
    _, stub = bank
    asked = pb2.Ask(amount=5)
    replies: list[Any] = []
    for _ in range(2):
        with intent(key="invoice-1"):
            replies.append(stub.Transfers(asked, metadata=ALICE))
    replies += [stub.Transfers(asked, metadata=ALICE) for _ in range(2)]
    first, replayed, second, third = (reply.id for reply in replies)
    assert first == replayed
    assert len({first, second, third}) == 3
    assert asked.idempotency_key == "", "the caller's message stays as it is"
    assert ledger(db) == [5, 5, 5]


def test_a_duplicate_is_tried_again_until_its_original_has_answered(bank: Any, db: Database) -> None:
    one, stub = bank
    one.gate.clear()
    replies: list[Any] = []

    def pay() -> None:
        with intent(key="invoice-1"):
            replies.append(stub.Transfers(pb2.Ask(amount=5), metadata=ALICE))

    callers = [threading.Thread(target=pay) for _ in range(3)]
    for caller in callers:
        caller.start()
    assert one.begun.wait(30)
    one.gate.set()
    for caller in callers:
        caller.join(60)
    assert (len(replies), len({reply.id for reply in replies}), ledger(db)) == (3, 1, [5])


def test_another_payload_under_a_key_and_an_unknown_outcome_are_raised(bank: Any, db: Database) -> None:
    _, stub = bank
    with intent(key="invoice-1"):
        stub.Transfers(pb2.Ask(amount=5), metadata=ALICE)
    with pytest.raises(KeyReused) as reused, intent(key="invoice-1"):
        stub.Transfers(pb2.Ask(amount=6), metadata=ALICE)
    assert reused.value.idempotency_key == "invoice-1"
    with pytest.raises(grpc.RpcError) as crashed, intent(key="invoice-2"):
        stub.External(pb2.Ask(amount=7), metadata=ALICE)
    assert crashed.value.code() is grpc.StatusCode.UNKNOWN
    with pytest.raises(OutcomeUnknown) as unknown, intent(key="invoice-2"):
        stub.External(pb2.Ask(amount=7), metadata=ALICE)
    said = sent(unknown.value)
    assert said is not None
    assert said.attempts == 1
    assert ledger(db) == [5]
