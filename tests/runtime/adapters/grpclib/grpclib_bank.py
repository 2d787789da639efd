"""The contract's bank on grpclib, a server in a thread, and the same client as for gRPC's own servers."""

from __future__ import annotations

import asyncio
import functools
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.server import Server, Stream

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP
from tests.runtime.adapters.grpc import rpc_client
from tests.runtime.adapters.grpc.asking import Asking
from tests.runtime.adapters.grpc.bank_service import pb2
from tests.runtime.adapters.grpc.grpc_bank import outside
from tests.runtime.adapters.grpc.protos import generated_for_grpclib

pb2_grpclib = generated_for_grpclib("rpc_bank")


def tenant(stream: Any) -> str:
    return str(stream.metadata.get("x-tenant", ""))


async def unimplemented(self: Any, stream: Stream[Any, Any]) -> None:
    raise GRPCError(Status.UNIMPLEMENTED)


def bank_class(**methods: Callable[..., Any]) -> Any:
    """A servable with these methods; the others are not implemented."""
    names = [name for name in vars(pb2_grpclib.BankBase) if name[:1].isupper()]
    return type("Bank", (pb2_grpclib.BankBase,), {**dict.fromkeys(names, unimplemented), **methods})


@contextmanager
def serving(
    idem: Idempotency | None, *servables: Any, **options: Any
) -> Iterator[tuple[Asking, Callable[[], None]]]:
    """``servables`` on a server of its own; also what stops it, and returns when it has."""
    address: list[str] = []
    loop, started, ended = asyncio.new_event_loop(), threading.Event(), threading.Event()
    ending, left = asyncio.Event(), asyncio.Event()

    async def serve() -> None:
        server = Server(servables)
        if idem is not None:
            idem.install(server, **options)
        await server.start("127.0.0.1", 0)
        address.append(f"127.0.0.1:{server._server.sockets[0].getsockname()[1]}")  # type: ignore[union-attr]
        started.set()
        await ending.wait()
        server.close()
        await server.wait_closed()
        ended.set()
        if idem is not None:
            await idem.aclose()
        await left.wait()
        for transport in list(loop._transports.values()):  # type: ignore[attr-defined]  # grpclib leaves it to its clients to hang up
            transport.close()
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert started.wait(20)

    def stop() -> None:
        """From Python 3.12 on, a server is not closed before its clients have hung up."""
        loop.call_soon_threadsafe(ending.set)
        channel.close()
        assert ended.wait(20)

    try:
        with rpc_client.channel(address[0]) as channel:
            yield Asking(channel), stop
    finally:
        stop()
        loop.call_soon_threadsafe(left.set)
        thread.join(20)
        loop.close()


def unary(method: Any) -> Any:
    """A method of a request and a stream that gives its reply."""

    @functools.wraps(method)
    async def streamed(self: Any, stream: Any) -> None:
        reply = await method(await stream.recv_message(), stream)
        if reply is not None:
            await stream.send_message(reply)

    return streamed


def validated(method: Any) -> Any:
    @functools.wraps(method)
    async def called(self: Any, stream: Any) -> None:
        if stream.request.amount < 0:
            raise GRPCError(Status.INVALID_ARGUMENT, "amount")
        await method(self, stream)

    return called


def bank(idem: Idempotency, dsn: str) -> Any:  # noqa: C901 - one method per route of the contract
    calls = itertools.count()

    async def write(request: Any) -> Any:
        number = await orm.write_async(await idem.connection(), request.amount)
        return pb2.Reply(id=number, amount=request.amount)

    async def violate(request: Any) -> None:
        done = await write(request)
        try:
            await orm.write_async(await idem.connection(), 1, done.id)
        except orm.VIOLATIONS:
            return
        raise AssertionError

    async def transfers(request: Any, stream: Any) -> Any:
        reply = await write(request)
        await stream.send_initial_metadata(
            metadata={"location": f"/transfers/{reply.id}", "set-cookie": "session=alice"}
        )
        return reply

    async def slow(request: Any, stream: Any) -> Any:
        await asyncio.sleep(0.3)
        return await write(request)

    async def declined(request: Any, stream: Any) -> None:
        await write(request)
        await stream.send_trailing_metadata(status=Status.ALREADY_EXISTS)

    async def insufficient(request: Any, stream: Any) -> None:
        await write(request)
        raise GRPCError(Status.FAILED_PRECONDITION, "insufficient")

    async def crash(request: Any, stream: Any) -> None:
        await write(request)
        raise RuntimeError("crash")

    async def unavailable(request: Any, stream: Any) -> None:
        await write(request)
        await stream.send_trailing_metadata(status=Status.UNAVAILABLE)

    async def committing(request: Any, stream: Any) -> Any:
        reply = await write(request)
        await orm.raw_commit(await idem.connection())
        return reply

    async def conflict(request: Any, stream: Any) -> None:
        await violate(request)
        await stream.send_trailing_metadata(status=Status.ALREADY_EXISTS)

    async def swallowed(request: Any, stream: Any) -> Any:
        await violate(request)
        return pb2.Reply()

    async def big(request: Any, stream: Any) -> Any:
        await write(request)
        return pb2.Reply(text="x" * CAP)

    async def empty(request: Any, stream: Any) -> Any:
        await write(request)
        return pb2.Reply()

    async def account(request: Any, stream: Any) -> Any:
        return await write(request)

    async def external(request: Any, stream: Any) -> Any:
        return await asyncio.to_thread(outside, dsn, request)

    async def external_crash(request: Any, stream: Any) -> None:
        await asyncio.to_thread(outside, dsn, request)
        raise RuntimeError("crash")

    async def not_executed(request: Any, stream: Any) -> Any:
        if next(calls) == 0:
            raise NotExecuted
        return await asyncio.to_thread(outside, dsn, request)

    async def unmarked(request: Any, stream: Any) -> Any:
        return pb2.Reply(text="fee 1")

    local, outer = money_moving(connection="inside"), money_moving(effect="external")
    return bank_class(
        Transfers=validated(local(unary(transfers))),
        Slow=money_moving(wait=15, connection="inside")(unary(slow)),
        Declined=local(unary(declined)),
        Insufficient=local(unary(insufficient)),
        Crash=local(unary(crash)),
        Unavailable=local(unary(unavailable)),
        Committing=local(unary(committing)),
        Conflict=local(unary(conflict)),
        Swallowed=local(unary(swallowed)),
        Big=local(unary(big)),
        Empty=local(unary(empty)),
        Accounts=local(unary(account)),
        External=outer(unary(external)),
        ExternalCrash=outer(unary(external_crash)),
        NotExecuted=outer(unary(not_executed)),
        Unmarked=not_money_moving(reason="reads only")(unary(unmarked)),
    )()
