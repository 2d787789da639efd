"""A ledger on gRPC (asyncio). Each transfer is executed once, however often it is asked for.

pip install "idem-guard[postgres,grpc]" grpcio-tools
python -m grpc_tools.protoc -I. --python_out=. --grpc_python_out=. ledger.proto
export DATABASE_URL=postgresql://…
idem-runtime migrate --apply
python server.py 50051
"""

from __future__ import annotations

import asyncio
import signal
import sys

import grpc
import ledger_pb2 as pb
import ledger_pb2_grpc as rpc
import psycopg
from grpc import aio

from idem_runtime import Idempotency, money_moving, not_money_moving

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name text PRIMARY KEY, cents bigint NOT NULL CHECK (cents >= 0));
CREATE TABLE IF NOT EXISTS transfers (id bigserial PRIMARY KEY, source text, target text, cents bigint);
INSERT INTO accounts VALUES ('alice', 10000), ('shop', 0) ON CONFLICT DO NOTHING;
"""
TAKE = "UPDATE accounts SET cents = cents - %s WHERE name = %s AND cents >= %s"
GIVE = "UPDATE accounts SET cents = cents + %s WHERE name = %s"
BOOK = "INSERT INTO transfers (source, target, cents) VALUES (%s, %s, %s) RETURNING id"


def caller(context: aio.ServicerContext) -> str | None:
    """Who asks. A real service reads it from what authenticates its callers (a token's subject, a certificate)."""
    return dict(context.invocation_metadata()).get("x-client")


idem = Idempotency(principal=caller)


class LedgerService(rpc.LedgerServicer):
    @money_moving
    async def Transfer(self, request: pb.TransferRequest, context: aio.ServicerContext) -> pb.TransferReply:
        db = (
            await idem.connection()
        )  # what is written here is committed with the key and the reply, or not at all
        taken = await db.execute(TAKE, (request.cents, request.source, request.cents))
        if taken.rowcount != 1:
            await context.abort(
                grpc.StatusCode.FAILED_PRECONDITION, "not enough money"
            )  # undone, and recorded
        await db.execute(GIVE, (request.cents, request.target))
        booked = await db.execute(BOOK, (request.source, request.target, request.cents))
        return pb.TransferReply(transfer_id=(await booked.fetchone())[0])

    @not_money_moving(reason="reads a balance")
    async def Balance(self, request: pb.BalanceRequest, context: aio.ServicerContext) -> pb.BalanceReply:
        db = await idem.connection()
        found = await (
            await db.execute("SELECT cents FROM accounts WHERE name = %s", (request.account,))
        ).fetchone()
        if found is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such account")
        return pb.BalanceReply(cents=found[0])


async def serve(port: int) -> None:
    server = aio.server()
    idem.install(server, require_marks=("ledger",))  # before services are added
    rpc.add_LedgerServicer_to_server(LedgerService(), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await create_schema()
    await server.start()
    print(f"serving on 127.0.0.1:{bound}", flush=True)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await server.stop(5)  # waits for what is about to be committed, too
    await idem.aclose()


async def create_schema() -> None:
    async with await psycopg.AsyncConnection.connect(idem.settings.dsn.get_secret_value()) as db:
        await db.execute(SCHEMA)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
