"""gRPC callers: keys in fields and metadata, what is tried again, and one effect through a proxy that cuts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import grpc.aio
import pytest

from idem_runtime import ConfigurationError, IdempotencyError, InProgress
from idem_runtime.client import (
    AmbiguousIntent,
    CallPolicy,
    ClientError,
    KeyReused,
    OutcomeUnknown,
    ResponseLost,
    intent,
    sent,
)
from idem_runtime.client.grpc import AsyncIdempotentInterceptor, IdempotentInterceptor
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import Database
from tests.runtime.client import grpc_bank
from tests.runtime.client.grpc_bank import GrpcBank, refusing, trailers
from tests.runtime.client.grpc_messages import RECONNECT, Numbered, Plain, Receipt, Transfer, Wrapped

QUICK = CallPolicy(attempts=6, budget=20, first_pause=0.01, longest_pause=0.05)
PLAIN = "/bank.Wallet/Plain"


@pytest.fixture
def bank(db: Database, dsn: str) -> Iterator[GrpcBank]:
    with grpc_bank.grpc_bank(db, dsn) as running:
        yield running


class Stub:
    """Calls an RPC of the bank, from sync code or in a loop of its own: what it answers, or raises."""

    def __init__(self, colour: str, port: int, policy: CallPolicy = QUICK, **options: Any) -> None:
        self.colour = colour
        self.target = f"127.0.0.1:{port}"
        self.options: dict[str, Any] = {"policy": policy, **options}

    def call(self, request: Any, *, name: str | None = None, **more: Any) -> Any:
        method = f"/bank.Wallet/{name or type(request).__name__}"
        kinds = (type(request).SerializeToString, Receipt.FromString)
        if self.colour == "async":
            return asyncio.run(self._call(method, kinds, request, more))
        with grpc.insecure_channel(self.target, options=RECONNECT) as plain:
            channel = grpc.intercept_channel(plain, IdempotentInterceptor(**self.options))
            return channel.unary_unary(method, *kinds)(request, **{"timeout": 20, **more})

    async def _call(self, method: str, kinds: Any, request: Any, more: Any) -> Any:
        interceptors = [AsyncIdempotentInterceptor(**self.options)]
        async with grpc.aio.insecure_channel(
            self.target, options=RECONNECT, interceptors=interceptors
        ) as channel:
            return await channel.unary_unary(method, *kinds)(request, **{"timeout": 20, **more})


@pytest.fixture(params=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stub(bank: GrpcBank, colour: str) -> Stub:
    return Stub(colour, bank.port)


@pytest.mark.parametrize("kind", [Transfer, Wrapped], ids=["string", "wrapper"])
def test_the_key_is_in_the_field_of_a_copy(bank: GrpcBank, stub: Stub, kind: Any) -> None:
    request = kind(amount=5)
    with intent():
        assert stub.call(request).id == 1
    ((field, noted, _),) = bank.seen
    assert (len(field), noted) == (36, None)
    assert request == kind(amount=5)


def test_without_a_field_an_rpc_gets_a_key_where_it_is_named(
    bank: GrpcBank, colour: str, db: Database
) -> None:
    named = Stub(colour, bank.port, methods=[PLAIN])
    with intent():
        named.call(Plain(amount=5), metadata=(("x-other", "1"),))
    named.call(Plain(amount=5), metadata=(("idempotency-key", "mine"),))
    assert len(bank.seen[0][1] or "") == 36
    assert bank.seen[1][:2] == ("", "mine")
    with pytest.raises(grpc.RpcError) as caught:  # it is none of ours, so the bank gets no key
        Stub(colour, bank.port).call(Plain(amount=5))
    assert sent(caught.value) is None
    assert bank.seen[2][:2] == ("", None)


def test_a_key_of_the_caller_is_kept_wherever_it_stands(bank: GrpcBank, stub: Stub) -> None:
    with intent():
        stub.call(Transfer(amount=5, idempotency_key="in the field"))
        stub.call(Transfer(amount=5), metadata=(("idempotency-key", "noted"),))
    assert [seen[:2] for seen in bank.seen] == [("in the field", None), ("noted", "noted")]


def test_a_field_that_cannot_hold_a_key_is_refused(bank: GrpcBank, stub: Stub) -> None:
    with pytest.raises(ConfigurationError, match=r"bank.Numbered.idempotency_key is no string"):
        stub.call(Numbered(amount=5))


def test_in_an_intent_a_retry_has_the_key_and_another_request_is_refused(
    bank: GrpcBank, stub: Stub, db: Database
) -> None:
    bank.failing = [refusing("INTERNAL")]
    with intent():
        with pytest.raises(grpc.RpcError) as caught:
            stub.call(Transfer(amount=5))
        assert sent(caught.value).attempts == 1  # type: ignore[union-attr]
        stub.call(Transfer(amount=5))
        with pytest.raises(AmbiguousIntent, match="has succeeded"):
            stub.call(Transfer(amount=5))
        with pytest.raises(AmbiguousIntent, match="another request"):
            stub.call(Transfer(amount=6))
        with intent("step"):
            stub.call(Transfer(amount=6))
    keys = [field for field, _, _ in bank.seen]
    assert keys[0] == keys[1] != keys[2]
    assert ledger(db) == [5, 6]


RETRY = {
    "unavailable": refusing("UNAVAILABLE"),
    "deadline of the server": refusing("DEADLINE_EXCEEDED"),
    "aborted, retry info": refusing("ABORTED", details=trailers(InProgress())[0][1]),  # type: ignore[arg-type]
    "aborted, pushback": refusing("ABORTED", pushback="1"),
    "exhausted, pushback": refusing("RESOURCE_EXHAUSTED", pushback="1"),
}
DECIDED = [
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
]
"""What a server records as an answer; of no other status that nothing follows is it known whether it was executed."""
UNKNOWN = {
    "aborted": refusing("ABORTED"),
    "aborted, unreadable": refusing("ABORTED", details=b"\x1a\xff"),
    "exhausted": refusing("RESOURCE_EXHAUSTED"),
    "unavailable, no pushback": refusing("UNAVAILABLE", pushback="-1"),
    **{code: refusing(code) for code in ("CANCELLED", "UNKNOWN", "UNIMPLEMENTED", "INTERNAL", "DATA_LOSS")},
}


@pytest.mark.parametrize("failure", RETRY)
def test_what_says_nothing_about_the_outcome_is_tried_again(
    bank: GrpcBank, stub: Stub, db: Database, failure: str
) -> None:
    bank.failing = [RETRY[failure]] * 2
    assert stub.call(Transfer(amount=5)).id == 1
    assert len({field for field, _, _ in bank.seen}) == 1
    assert (len(bank.seen), ledger(db)) == (3, [5])


@pytest.mark.parametrize("code", DECIDED)
def test_what_is_an_answer_is_not(bank: GrpcBank, stub: Stub, code: str) -> None:
    bank.failing = [refusing(code)] * 2
    with pytest.raises(grpc.RpcError) as caught, intent("mine", key="kept"):
        stub.call(Transfer(amount=5))
    how = sent(caught.value)
    assert how is not None
    assert (how.idempotency_key, how.intent, how.attempts, len(bank.seen)) == ("kept", "mine", 1, 1)
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("failure", UNKNOWN)
def test_any_other_status_says_that_the_outcome_is_not_known(
    bank: GrpcBank, stub: Stub, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    bank.failing = [UNKNOWN[failure]] * 2
    with pytest.raises(grpc.RpcError) as caught, intent("mine", key="kept"):
        stub.call(Transfer(amount=5))
    how = sent(caught.value)
    assert how is not None
    assert (how.idempotency_key, how.attempts, len(bank.seen)) == ("kept", 1, 1)
    assert "intent 'mine' was executed is not known after 1 attempts" in caught.value.__notes__[0]
    (line,) = [record.getMessage() for record in caplog.records if record.name == "idem_runtime.client"]
    assert (
        line
        == f"/bank.Wallet/Transfer: attempt 1 ended with status {caught.value.code().name}, and was the last"
    )


def test_an_answer_that_is_too_large_says_that_the_outcome_is_not_known(bank: GrpcBank, db: Database) -> None:
    limit = ("grpc.max_receive_message_length", 1)
    with grpc.insecure_channel(f"127.0.0.1:{bank.port}", options=[limit]) as plain, intent():
        channel = grpc.intercept_channel(plain, IdempotentInterceptor(QUICK))
        call = channel.unary_unary("/bank.Wallet/Transfer", Transfer.SerializeToString, Receipt.FromString)
        with pytest.raises(grpc.RpcError) as caught:
            call(Transfer(amount=5))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "was executed is not known" in caught.value.__notes__[0]
    assert ledger(db) == [5]


def test_an_rpc_without_key_is_left_alone(bank: GrpcBank, colour: str) -> None:
    policy = CallPolicy(without_key=["/bank.Wallet/Transfer"])
    with pytest.raises(grpc.RpcError) as caught:
        Stub(colour, bank.port, policy).call(Transfer(amount=5))
    assert sent(caught.value) is None
    assert [seen[:2] for seen in bank.seen] == [("", None)]


@pytest.mark.parametrize("error", [KeyReused, OutcomeUnknown, ResponseLost])
def test_a_refused_key_is_an_error_of_its_own(bank: GrpcBank, colour: str, error: type[ClientError]) -> None:
    theirs = next(kind for kind in IdempotencyError.__subclasses__() if kind.code == error.code)  # type: ignore[attr-defined]
    details = trailers(theirs())[0][1]
    bank.failing = [refusing(theirs.grpc_status, details=details)] * 2  # type: ignore[arg-type]
    with pytest.raises(error) as caught:
        Stub(colour, bank.port).call(Transfer(amount=5))
    assert caught.value.response.code() is grpc.StatusCode[theirs.grpc_status]
    assert caught.value.idempotency_key == bank.seen[0][0]
    assert isinstance(caught.value.__cause__, grpc.RpcError)
    quiet = CallPolicy(raise_refusals=False)
    with pytest.raises(grpc.RpcError):
        Stub(colour, bank.port, quiet).call(Transfer(amount=5))
    assert len(bank.seen) == 2


def test_another_payload_under_a_key_is_refused_by_the_bank(bank: GrpcBank, stub: Stub, db: Database) -> None:
    stub.call(Transfer(amount=5, idempotency_key="k"))
    with pytest.raises(KeyReused):
        stub.call(Transfer(amount=6, idempotency_key="k"))
    assert ledger(db) == [5]


def test_when_nobody_answers_the_error_says_under_which_key_to_go_on(bank: GrpcBank, stub: Stub) -> None:
    bank.failing = [refusing("UNAVAILABLE")] * 6
    with pytest.raises(grpc.RpcError, match="no") as caught:
        stub.call(Transfer(amount=5))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    how = sent(caught.value)
    assert how is not None
    assert (how.attempts, how.idempotency_key) == (6, bank.seen[0][0])
    assert "go on under its key" in caught.value.__notes__[0]


def test_the_callers_timeout_is_for_all_attempts_together(bank: GrpcBank, stub: Stub) -> None:
    bank.failing = [refusing("UNAVAILABLE", pushback="200")] * 6
    with pytest.raises(grpc.RpcError) as caught:
        stub.call(Transfer(amount=5), timeout=0.7)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE  # there was no time for another attempt
    left = [remaining for _, _, remaining in bank.seen]
    assert len(left) < 6
    assert left == sorted(left, reverse=True)  # type: ignore[type-var]
    assert left[1] < left[0] - 0.19  # type: ignore[operator]


def test_an_attempt_that_hangs_is_given_up_and_its_answer_is_had_later(
    bank: GrpcBank, colour: str, db: Database
) -> None:
    stub = Stub(
        colour, bank.port, CallPolicy(attempts=50, first_pause=0.01, longest_pause=0.05), attempt_timeout=0.15
    )
    assert stub.call(Transfer(amount=13)).id == 1
    assert stub.call(Transfer(amount=13), timeout=10).id == 2
    assert ledger(db) == [13, 13]
    assert len({field for field, _, _ in bank.seen}) == 2 < len(bank.seen)


def test_a_call_without_any_timeout_waits_for_its_answer(bank: GrpcBank, stub: Stub) -> None:
    assert stub.call(Transfer(amount=13), timeout=None).id == 1
    assert bank.seen[0][2] is None or bank.seen[0][2] > 1e6


def test_a_future_has_the_answer_too(bank: GrpcBank, db: Database) -> None:
    bank.failing = [refusing("UNAVAILABLE")]
    with grpc.insecure_channel(f"127.0.0.1:{bank.port}") as plain:
        channel = grpc.intercept_channel(plain, IdempotentInterceptor(QUICK))
        call = channel.unary_unary("/bank.Wallet/Transfer", Transfer.SerializeToString, Receipt.FromString)
        assert call.future(Transfer(amount=5)).result().id == 1
        assert call.with_call(Transfer(amount=6))[0].id == 2
    assert ledger(db) == [5, 6]


def test_what_fails_before_it_leaves_is_no_lost_call(bank: GrpcBank) -> None:
    def unserializable(_: Any) -> bytes:
        raise ValueError("not serialized")

    with grpc.insecure_channel(f"127.0.0.1:{bank.port}") as plain:
        channel = grpc.intercept_channel(plain, IdempotentInterceptor(QUICK))
        call = channel.unary_unary("/bank.Wallet/Transfer", unserializable, Receipt.FromString)
        with pytest.raises(grpc.RpcError) as caught:
            call(Transfer(amount=5))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert bank.seen == []


def test_messages_of_another_library_are_told_apart_by_their_bytes(bank: GrpcBank) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{bank.port}") as plain:
        interceptor = IdempotentInterceptor(QUICK, methods=[PLAIN])
        call = grpc.intercept_channel(plain, interceptor).unary_unary(PLAIN, bytes, Receipt.FromString)
        with intent():
            assert call(Plain(amount=5).SerializeToString()).id == 1
            with pytest.raises(AmbiguousIntent, match="another request"):
                call(Plain(amount=6).SerializeToString())


class Cutting:
    """A TCP proxy that breaks its first connection after so many bytes in one direction."""

    def __init__(self, target: int, after: int, *, upwards: bool) -> None:
        self.target, self.after, self.upwards, self.first = target, after, upwards, True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._serving: list[threading.Thread] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                cuts, self.first = self.first, False
                self._serving.append(threading.Thread(target=self._serve, args=(client, cuts), daemon=True))
                self._serving[-1].start()

    def _serve(self, client: socket.socket, cuts: bool) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            up = threading.Thread(target=self._copy, args=(client, server, cuts and self.upwards))
            up.start()
            self._copy(server, client, cuts and not self.upwards)
            up.join()

    def _copy(self, source: socket.socket, drain: socket.socket, cut: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while part := source.recv(65_536):
                if cut and passed + len(part) > self.after:
                    drain.sendall(part[: self.after - passed])
                    break
                drain.sendall(part)
                passed += len(part)
        for end in (source, drain):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        for thread in self._serving:
            thread.join(10)


def cut(bank: GrpcBank, colour: str, db: Database, places: Callable[[bool], range]) -> None:
    amounts = []
    for upwards in (True, False):
        for after in places(upwards):
            through = Cutting(bank.port, after, upwards=upwards)
            amounts.append(1000 * (1 + upwards) + after)
            stub = Stub(colour, through.port, CallPolicy(attempts=20, first_pause=0.01, longest_pause=0.05))
            with intent():
                answer = stub.call(Transfer(amount=amounts[-1], memo="x" * 100))
            through.close()
            row = db.execute("SELECT id FROM ledger WHERE amount = %s", (amounts[-1],)).fetchall()
            assert row == [(answer.id,)]
    assert ledger(db) == amounts


def test_connections_that_are_cut_anywhere_leave_one_effect_for_each_intent(
    bank: GrpcBank, colour: str, db: Database
) -> None:
    cut(bank, colour, db, lambda upwards: range(0, 560, 70) if upwards else range(0, 260, 26))
    assert len(bank.seen) > len(ledger(db))  # some were cut when the bank had them already


@pytest.mark.exhaustive
@pytest.mark.parametrize("upwards", [True, False], ids=["requests", "answers"])
@pytest.mark.parametrize("first", range(7))
def test_connections_that_are_cut_at_each_place_leave_one_effect_for_each_intent(
    bank: GrpcBank, colour: str, db: Database, first: int, upwards: bool
) -> None:
    places = range(first * 3, 560, 21) if upwards else range(first * 2, 260, 14)
    cut(bank, colour, db, lambda direction: places if direction == upwards else range(0))
