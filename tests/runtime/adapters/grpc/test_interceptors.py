"""Interceptors stand outside the seals: they see messages, and may say who asks."""

from __future__ import annotations

import shutil
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.grpc import rpc_client
from tests.runtime.adapters.grpc.asking import BOTH, INSERT, Asking, bank_class, pb2, pb2_grpc
from tests.runtime.adapters.grpc.certificates import OPTIONS, Certificates
from tests.runtime.adapters.grpc.test_ends import PATIENCE, Gated

Database = psycopg.Connection[Any]
who: ContextVar[str] = ContextVar("who")
SERVICE = rpc_client.SERVICE


def bank(idem: Idempotency, kind: str) -> Any:
    @money_moving
    def transfers(self: Any, request: Any, context: Any) -> Any:
        idem.sync_connection().execute(INSERT, (request.amount,))
        return pb2.Reply(id=7, parts={str(number): number for number in range(20)})

    @money_moving
    async def transfers_async(self: Any, request: Any, context: Any) -> Any:
        await (await idem.connection()).execute(INSERT, (request.amount,))
        return pb2.Reply(id=7, parts={str(number): number for number in range(20)})

    return bank_class(Transfers=transfers_async if kind == "aio" else transfers)()


class Seeing(grpc.ServerInterceptor):  # type: ignore[misc]
    """Notes what methods return and raise, and says who asks in a context variable."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)
        who.set(dict(details.invocation_metadata)["x-tenant"])

        def called(request: Any, context: Any) -> Any:
            context.set_trailing_metadata((("x-trace", "t1"),))
            try:
                reply = handler.unary_unary(request, context)
            except Exception:
                self.seen.append(context.code().name)
                raise
            self.seen.append(reply.id)
            return reply

        return grpc.unary_unary_rpc_method_handler(
            called, handler.request_deserializer, handler.response_serializer
        )


class SeeingAio(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = await continuation(details)

        async def called(request: Any, context: Any) -> Any:
            who.set(dict(details.invocation_metadata)["x-tenant"])
            context.set_trailing_metadata((("x-trace", "t1"),))
            try:
                reply = await handler.unary_unary(request, context)
            except grpc.aio.AbortError:
                self.seen.append(context.code().name)
                raise
            self.seen.append(reply.id)
            return reply

        return grpc.unary_unary_rpc_method_handler(
            called, handler.request_deserializer, handler.response_serializer
        )


@pytest.mark.parametrize("kind", [*BOTH, "sync on aio"])
def test_an_interceptor_sees_messages_and_codes_and_says_who_asks(dsn: str, db: Database, kind: str) -> None:
    idem = Idempotency(dsn, principal=lambda context: who.get())
    add = partial(pb2_grpc.add_BankServicer_to_server, bank(idem, kind))
    interceptor = Seeing() if kind == "sync" else SeeingAio()
    server: Any = (
        rpc_client.sync_server(add, prepare=idem.install, interceptors=[interceptor])
        if kind == "sync"
        else rpc_client.aio_server(add, prepare=idem.install, after=idem.aclose, interceptors=[interceptor])
    )
    with server as address, rpc_client.channel(address) as channel:
        ask = Asking(channel)
        first, again, reused, other = ask(), ask(), ask(message=pb2.Ask(amount=6)), ask(who="bob")
    idem.close()
    assert (first.raw, again.replayed, reused.problem, other.replayed) == (
        again.raw,
        True,
        "key_reused",
        False,
    )
    assert interceptor.seen == [7, 7, "FAILED_PRECONDITION", 7]
    assert {answer.trailing["x-trace"] for answer in (first, again, reused)} == {"t1"}
    assert ledger(db) == [5, 5]


def test_the_stored_bytes_are_sent_where_a_serializer_would_write_others(dsn: str, db: Database) -> None:
    """As of a map: its entries are written in an order of their own."""
    idem, serialized = Idempotency(dsn, principal=lambda context: "alice"), []

    def serializer(reply: Any) -> bytes:
        serialized.append(reply)
        return bytes(reply.SerializeToString()) + pb2.Reply(amount=len(serialized)).SerializeToString()

    def add(server: Any) -> None:
        handler = grpc.unary_unary_rpc_method_handler(
            bank(idem, "sync").Transfers, pb2.Ask.FromString, serializer
        )
        service = grpc.method_handlers_generic_handler(SERVICE, {"Transfers": handler})
        server.add_generic_rpc_handlers((service,))

    with (
        rpc_client.sync_server(add, prepare=idem.install) as address,
        rpc_client.channel(address) as channel,
    ):
        first, again = Asking(channel)(), Asking(channel)()
    idem.close()
    assert (first.reply.amount, first.raw, len(serialized)) == (1, again.raw, 1)


class Replacing(grpc.ServerInterceptor):  # type: ignore[misc]
    """Sends a message of its own."""

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)

        def called(request: Any, context: Any) -> Any:
            return pb2.Reply(id=handler.unary_unary(request, context).id + 1)

        return grpc.unary_unary_rpc_method_handler(
            called, handler.request_deserializer, handler.response_serializer
        )


def test_an_interceptor_may_send_another_message(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=lambda context: "alice")
    add = partial(pb2_grpc.add_BankServicer_to_server, bank(idem, "sync"))
    with (
        rpc_client.sync_server(add, prepare=idem.install, interceptors=[Replacing()]) as address,
        rpc_client.channel(address) as channel,
    ):
        assert [Asking(channel)().reply.id for _ in range(2)] == [8, 8]
    idem.close()


class Passing(grpc.ServerInterceptor):  # type: ignore[misc]
    """Looks at calls, and leaves their handlers alone."""

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        return continuation(details)


class Answering(grpc.ServerInterceptor):  # type: ignore[misc]
    """Answers some calls by itself, and knows nothing of others."""

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        if details.method.endswith("Slow"):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")
        return None if details.method.endswith("Big") else continuation(details)


@pytest.mark.parametrize(
    "interceptors", [(), (Passing(),), (Replacing(),), (Passing(), Answering(), Replacing())]
)
def test_marked_methods_take_no_thread_of_a_server_with_interceptors(
    dsn: str, db: Database, interceptors: Any
) -> None:
    gated = Gated(dsn, "sync")
    add = partial(pb2_grpc.add_BankServicer_to_server, gated.servicer)
    with (
        rpc_client.sync_server(
            add, workers=1, prepare=gated.idem.install, interceptors=interceptors
        ) as address,
        rpc_client.channel(address) as channel,
    ):
        ask = Asking(channel)
        calls = [ask.later() for _ in range(3)]
        assert gated.entered.acquire(timeout=PATIENCE)
        answers = [ask(name, timeout=5).code for name in ("Unmarked", "Slow", "Big")]
        gated.gate.set()
        for call in calls:
            call.result(PATIENCE)
    gated.idem.close()
    assert answers == (
        ["UNIMPLEMENTED", "OK", "UNIMPLEMENTED"] if len(interceptors) == 3 else ["UNIMPLEMENTED"] * 3
    )
    assert ledger(db) == [5]


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no OpenSSL command line to make certificates with"
)
def test_a_client_s_certificate_says_who_asks(dsn: str, db: Database, kind: str, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    idem = Idempotency(dsn, principal=lambda context: context.auth_context()["x509_common_name"][0].decode())
    add = partial(pb2_grpc.add_BankServicer_to_server, bank(idem, kind))
    options: dict[str, Any] = {"prepare": idem.install, "credentials": certificates.server()}
    server: Any = (
        rpc_client.aio_server(add, after=idem.aclose, **options)
        if kind == "aio"
        else rpc_client.sync_server(add, **options)
    )
    with server as address:
        for name, expected in (("alice", False), ("alice", True), ("bob", False)):
            with grpc.secure_channel(address, certificates.client(name), OPTIONS) as channel:
                assert Asking(channel)(who="-").replayed is expected
    idem.close()
    assert ledger(db) == [5, 5]
