"""A gRPC server that is killed: in its method, after the commit, or in an external effect."""

from __future__ import annotations

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import psycopg

from idem_runtime import Idempotency, current_attempt, money_moving
from tests.runtime.adapters.grpc.bank_service import INSERT, bank_class, pb2, pb2_grpc, tenant


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def bank(idem: Idempotency, dsn: str, *, aio: bool, deadly: bool) -> Any:
    """A bank; where it is ``deadly``, it dies where the request's memo says."""

    def fate(request: Any) -> None:
        if deadly and request.memo == "inside":
            die()
        if deadly and request.memo == "committed":
            current_attempt().after_commit(die)

    @money_moving
    def transfers(self: Any, request: Any, context: Any) -> Any:
        idem.sync_connection().execute(INSERT, (request.amount,))
        fate(request)
        return pb2.Reply(id=1)

    @money_moving
    async def transfers_async(self: Any, request: Any, context: Any) -> Any:
        await (await idem.connection()).execute(INSERT, (request.amount,))
        fate(request)
        return pb2.Reply(id=1)

    def pay(request: Any) -> Any:
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute(INSERT, (request.amount,))
        fate(request)
        return pb2.Reply(id=1)

    external = money_moving(effect="external", lease=timedelta(seconds=0.5), wait=0)

    @external
    def external_sync(self: Any, request: Any, context: Any) -> Any:
        return pay(request)

    @external
    async def external_async(self: Any, request: Any, context: Any) -> Any:
        return await asyncio.to_thread(pay, request)

    if aio:
        return bank_class(Transfers=transfers_async, External=external_async)()
    return bank_class(Transfers=transfers, External=external_sync)()


def serve(dsn: str, aio: bool, ports: Any) -> None:
    """Until it is killed."""
    idem = Idempotency(dsn, principal=tenant)
    if aio:
        asyncio.run(_serve_aio(idem, dsn, ports))
        return
    server = grpc.server(ThreadPoolExecutor(4))
    idem.install(server)
    pb2_grpc.add_BankServicer_to_server(bank(idem, dsn, aio=False, deadly=True), server)
    ports.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    server.wait_for_termination()


async def _serve_aio(idem: Idempotency, dsn: str, ports: Any) -> None:
    server = grpc.aio.server()
    idem.install(server)
    pb2_grpc.add_BankServicer_to_server(bank(idem, dsn, aio=True, deadly=True), server)
    ports.send(server.add_insecure_port("127.0.0.1:0"))
    await server.start()
    await server.wait_for_termination()
