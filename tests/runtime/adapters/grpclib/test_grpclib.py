"""grpclib keeps the contract, and refuses what it cannot protect."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import psycopg
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status as StatusMessage
from grpclib.const import Cardinality, Handler, Status
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.events import SendMessage, listen
from grpclib.exceptions import GRPCError, ProtocolError
from grpclib.server import Server, Stream

from idem_runtime import ConfigurationError, Idempotency, Response, money_moving
from idem_runtime.adapters.grpclib.seal import RecordedDetails
from idem_runtime.marks import install_for_process
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract, ledger, records
from tests.runtime.adapters.grpc.asking import Asking
from tests.runtime.adapters.grpc.bank_service import INSERT, pb2
from tests.runtime.adapters.grpc.rpc_client import RpcHttp
from tests.runtime.adapters.grpclib.grpclib_bank import bank as make_bank
from tests.runtime.adapters.grpclib.grpclib_bank import bank_class, serving, tenant, unary
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port

Database = psycopg.Connection[Any]
NOWHERE = "postgresql://postgres@127.0.0.1:1/x"
PATIENCE = 60.0


@pytest.fixture(scope="module")
def bank(dsn: str) -> Iterator[Client]:
    idem = Idempotency(dsn, principal=tenant, cap=CAP, wait=1)
    with serving(idem, make_bank(idem, dsn), require_marks=("transfers",)) as (ask, _):
        yield Client(RpcHttp(ask.channel))  # type: ignore[arg-type]  # as far as the contract goes, it is one


class TestGrpclib(Contract):
    """What has no meaning for an RPC: a stream (refused at start-up) and a redirect."""

    @pytest.mark.parametrize("path", ["/big"])
    def test_a_response_that_cannot_be_stored_undoes_the_effect(
        self, bank: Client, db: Database, path: str
    ) -> None:
        super().test_a_response_that_cannot_be_stored_undoes_the_effect(bank, db, path)

    def test_an_empty_response_and_a_redirect_replay(self, bank: Client, db: Database) -> None:
        first, again = bank.post("/empty"), bank.post("/empty")
        assert (first.status_code, again.status_code, again.content) == (204, 204, first.content)


@pytest.fixture(scope="module")
def stranded() -> Iterator[Client]:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    idem = Idempotency(nowhere, principal=tenant, pool_timeout=0.2)
    with serving(idem, make_bank(idem, nowhere)) as (ask, _):
        yield Client(RpcHttp(ask.channel))  # type: ignore[arg-type]  # as above


class TestGrpclibWithoutItsStore(StoreDownContract):
    pass


# What is refused


def refused(servable: Any, **options: Any) -> str:
    async def main() -> str:
        server = Server([servable])
        with pytest.raises(ConfigurationError) as error:
            Idempotency(NOWHERE, principal=tenant).install(server, **options)
        return str(error.value)

    return asyncio.run(main())


@money_moving(connection="inside")
async def moving(self: Any, stream: Any) -> None:
    await stream.send_message(pb2.Reply(id=1))


async def unmarked(self: Any, stream: Any) -> None:
    await stream.send_message(pb2.Reply(id=1))


def test_a_marked_stream_is_refused() -> None:
    assert "one request and one reply" in refused(bank_class(Watch=moving)())


def test_an_unmarked_method_in_a_money_domain_and_a_pattern_without_a_method_are_refused() -> None:
    assert "not marked @money_moving" in refused(bank_class()(), require_marks=("transfers",))
    assert "matches no route" in refused(bank_class()(), require_marks=("payroll",))


def test_a_second_install_and_a_shape_for_http_are_refused() -> None:
    async def main() -> None:
        server, idem = Server([bank_class()()]), Idempotency(NOWHERE, principal=tenant)
        shaped = Idempotency(NOWHERE, refusal_response=lambda error, request: Response(400, (), b""))
        with pytest.raises(ConfigurationError, match="shapes HTTP responses"):
            shaped.install(server)
        idem.install(server)
        with pytest.raises(ConfigurationError, match="one is enough"):
            idem.install(server)

    asyncio.run(main())


class Better:
    """As betterproto generates a service: it calls the methods from ones of its own."""

    async def transfer(self, request: Any) -> Any:
        return pb2.Reply()

    async def __rpc_transfer(self, stream: Any) -> None:
        await stream.send_message(await self.transfer(await stream.recv_message()))

    def __mapping__(self) -> dict[str, Handler]:
        handler = Handler(self.__rpc_transfer, Cardinality.UNARY_UNARY, pb2.Ask, pb2.Reply)
        return {"/idem.tests.better.Bank/Transfer": handler}


def test_a_mark_that_generated_code_calls_in_its_own_way_is_refused() -> None:
    @money_moving(connection="inside")
    async def transfer(self: Any, request: Any) -> Any:
        return pb2.Reply()

    said = refused(type("Marked", (Better,), {"transfer": transfer})())
    assert "Marked.transfer is @money_moving" in said
    assert "betterproto" in said


def test_a_service_of_another_generator_without_marks_is_served(dsn: str) -> None:
    idem = Idempotency(dsn, principal=tenant)
    with serving(idem, Better()) as (ask, _):
        assert Asking(ask.channel, "idem.tests.better.Bank")("Transfer").code == "OK"


def test_a_marked_method_without_install_does_not_run_and_says_so() -> None:
    with serving(None, bank_class(Transfers=moving)()) as (ask, _):
        asked = ask()
    assert asked.code == "INTERNAL"
    assert "nothing is installed here" in asked.details


def test_what_protects_plain_functions_does_not_install_a_server() -> None:
    Idempotency(NOWHERE, principal=tenant).install()
    try:
        test_a_marked_method_without_install_does_not_run_and_says_so()
    finally:
        install_for_process(None)


class Health:
    """As grpclib's own, which cannot be loaded beside grpcio's: both bring the same messages."""

    async def check(self, stream: Any) -> None:
        assert type(stream) is Stream
        await stream.recv_message()
        await stream.send_message(pb2.Reply(id=1))

    def __mapping__(self) -> dict[str, Handler]:
        return {
            "/grpc.health.v1.Health/Check": Handler(self.check, Cardinality.UNARY_UNARY, pb2.Ask, pb2.Reply)
        }


def test_health_stays_as_it_is(dsn: str) -> None:
    with serving(Idempotency(dsn, principal=tenant), Health(), require_marks=True) as (ask, _):
        assert Asking(ask.channel, "grpc.health.v1.Health")("Check").reply.id == 1


# What a method sees and says


def asked(dsn: str, says: Any, *, times: int = 2, mark: Any = None, **message: Any) -> list[Any]:
    idem = Idempotency(dsn, principal=tenant)

    async def transfers(request: Any, stream: Any) -> Any:
        await (await idem.connection()).execute(INSERT, (request.amount,))
        return await says(request, stream)

    method = (mark or money_moving(connection="inside"))(unary(transfers))
    with serving(idem, bank_class(Transfers=method)()) as (ask, _):
        return [ask(**message) for _ in range(times)]


def test_a_stream_is_read_as_any_and_its_request_is_the_run_s_own(dsn: str, db: Database) -> None:
    runs: list[Any] = []

    async def says(request: Any, stream: Any) -> Any:
        assert await stream.recv_message() is None
        assert [message async for message in stream] == []
        assert stream.peer.addr()[0] == "127.0.0.1"
        runs.append(request.amount)
        request.amount = 99
        if len(runs) == 1:
            raise psycopg.errors.SerializationFailure
        return pb2.Reply(id=1)

    first, again = asked(dsn, says)
    assert (first.code, again.replayed, again.raw, runs, ledger(db)) == ("OK", True, first.raw, [5, 5], [5])


def test_a_stream_can_be_iterated(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @money_moving(connection="inside", key=lambda stream: stream.request.memo)
    async def transfers(self: Any, stream: Any) -> None:
        async for request in stream:
            await (await idem.connection()).execute(INSERT, (request.amount,))
            await stream.send_message(pb2.Reply(id=1))

    with serving(idem, bank_class(Transfers=transfers)()) as (ask, _):
        message = pb2.Ask(amount=5, memo="m1")
        assert [ask(message=message, key=None).replayed for _ in range(2)] == [False, True]
    assert ledger(db) == [5]


def test_metadata_and_details_replay(dsn: str, db: Database) -> None:
    info = ErrorInfo(reason="LIMIT", domain="bank")

    async def says(request: Any, stream: Any) -> None:
        await stream.send_initial_metadata(metadata=[("etag", "e1"), ("x-request-id", "r1")])
        await stream.send_trailing_metadata(
            status=Status.NOT_FOUND,
            status_message="gone",
            status_details=[info],
            metadata={"x-digest-bin": b"\0\xff"},
        )

    first, again = asked(dsn, says)
    for answer in (first, again):
        assert (answer.code, answer.details, answer.trailing["x-digest-bin"]) == (
            "NOT_FOUND",
            "gone",
            b"\0\xff",
        )
        status, found = StatusMessage.FromString(answer.trailing["grpc-status-details-bin"]), ErrorInfo()
        assert status.details[0].Unpack(found)
        assert (status.code, status.message, found) == (5, "gone", info)
        assert answer.initial["etag"] == "e1"
    assert ("x-request-id" in first.initial, "x-request-id" in again.initial) == (True, False)
    assert (again.replayed, ledger(db)) == (True, [5])


def test_what_is_sent_twice_is_an_error_before_anything_is_committed(dsn: str, db: Database) -> None:
    async def says(request: Any, stream: Any) -> None:
        for send in (
            stream.send_initial_metadata,
            stream.send_trailing_metadata,
            lambda: stream.send_message(pb2.Reply()),
        ):
            await send()
            with pytest.raises(ProtocolError):
                await send()
        raise GRPCError(Status.OUT_OF_RANGE, "far")

    first, again = asked(dsn, says)
    assert (first.code, again.code, again.replayed, ledger(db)) == ("OUT_OF_RANGE", "OUT_OF_RANGE", True, [])


def test_no_message_and_one_of_another_type_are_errors(dsn: str, db: Database) -> None:
    async def nothing(request: Any, stream: Any) -> None:
        pass

    async def other(request: Any, stream: Any) -> Any:
        return pb2.Ask()

    for says in (nothing, other):
        first, _ = asked(dsn, says)
        assert (first.code, first.details) == ("UNKNOWN", "Internal Server Error")
    assert (ledger(db), records(db)) == ([], 0)


def test_a_listener_may_send_another_message(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=tenant)
    real = idem.install

    def install(server: Any = None, **options: Any) -> None:
        async def replaced(event: SendMessage) -> None:
            event.message = pb2.Reply(id=event.message.id + 1)

        listen(server, SendMessage, replaced)
        real(server, **options)

    idem.install = install  # type: ignore[method-assign]

    @money_moving(connection="inside")
    async def transfers(self: Any, stream: Any) -> None:
        await (await idem.connection()).execute(INSERT, (5,))
        await stream.send_message(pb2.Reply(id=7))

    with serving(idem, bank_class(Transfers=transfers)()) as (ask, _):
        assert [ask().reply.id for _ in range(2)] == [8, 8]


def test_an_unmarked_method_writes_in_an_ordinary_transaction(dsn: str, db: Database) -> None:
    def plain(method: Any) -> Any:
        return method

    async def replies(request: Any, stream: Any) -> Any:
        await stream.send_initial_metadata(metadata={"x-a": "1"})
        return pb2.Reply(id=1)

    async def raises(request: Any, stream: Any) -> Any:
        raise GRPCError(Status.NOT_FOUND, "gone")

    async def says_no(request: Any, stream: Any) -> Any:
        await stream.send_trailing_metadata(status=Status.NOT_FOUND)

    answers = [asked(dsn, says, times=1, mark=plain, key=None)[0] for says in (replies, raises, says_no)]
    assert [answer.code for answer in answers] == ["OK", "NOT_FOUND", "NOT_FOUND"]
    assert answers[0].initial["x-a"] == "1"
    assert (ledger(db), records(db)) == ([5, 5], 0)


def test_a_server_that_has_no_codec_for_details_sends_ours_all_the_same() -> None:
    codec = RecordedDetails(None)
    assert (codec.encode(Status.OK, None, b"x"), codec.decode(Status.OK, None, b"x")) == (b"x", b"x")
    info, own = ErrorInfo(reason="LIMIT"), RecordedDetails(ProtoStatusDetailsCodec())
    encoded = own.encode(Status.NOT_FOUND, "gone", [info])
    assert own.decode(Status.NOT_FOUND, "gone", encoded) == [info]


def test_a_call_without_a_message_is_an_error(dsn: str, db: Database) -> None:
    with serving(Idempotency(dsn, principal=tenant), bank_class(Transfers=moving)()) as (ask, _):
        call = ask.channel.stream_unary("/idem.tests.bank.Bank/Transfers")
        with pytest.raises(grpc.RpcError) as error:
            call(iter(()), timeout=PATIENCE)
    assert error.value.code() is grpc.StatusCode.UNKNOWN


# Ends


@pytest.mark.parametrize("leaves", ["client", "server"])
def test_an_external_effect_goes_on_without_its_caller(dsn: str, db: Database, leaves: str) -> None:
    idem = Idempotency(dsn, principal=tenant, wait=PATIENCE)
    entered, gate = threading.Event(), threading.Event()

    @money_moving(effect="external")
    async def transfers(self: Any, stream: Any) -> None:
        entered.set()
        await asyncio.to_thread(gate.wait, PATIENCE)
        with psycopg.connect(dsn, autocommit=True) as provider:
            provider.execute(INSERT, (5,))
        await stream.send_message(pb2.Reply(id=1))

    with serving(idem, bank_class(Transfers=transfers)()) as (ask, stop):
        call = ask.later()
        assert entered.wait(PATIENCE)
        threading.Timer(0.2, gate.set).start()
        if leaves == "client":
            call.cancel()
            assert ask().replayed
        else:
            stop()
            assert (ledger(db), records(db)) == ([5], 1)


def test_nobody_waits_longer_than_the_caller_does(dsn: str, db: Database) -> None:
    idem, entered, gate = Idempotency(dsn, principal=tenant), threading.Event(), threading.Event()

    @money_moving(connection="inside", wait=60)
    async def transfers(self: Any, stream: Any) -> None:
        entered.set()
        await asyncio.to_thread(gate.wait, PATIENCE)
        await (await idem.connection()).execute(INSERT, (5,))
        await stream.send_message(pb2.Reply(id=1))

    with serving(idem, bank_class(Transfers=transfers)()) as (ask, _):
        first = ask.later()
        assert entered.wait(PATIENCE)
        assert ask(timeout=0.2).code in ("DEADLINE_EXCEEDED", "ABORTED")
        gate.set()
        first.result(PATIENCE)
    assert ledger(db) == [5]
