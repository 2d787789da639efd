from __future__ import annotations

import bank_pb2 as pb
import bank_pb2_grpc as rpc
from grpc import aio

from idem_runtime import money_moving


class WalletService(rpc.WalletServicer):
    @money_moving
    async def Transfer(self, request: pb.TransferRequest, context: aio.ServicerContext) -> pb.TransferReply:
        return pb.TransferReply()

    async def Balance(self, request: pb.TransferRequest, context: aio.ServicerContext) -> pb.TransferReply:
        return pb.TransferReply()

    async def Statement(self, request: pb.TransferRequest, context: aio.ServicerContext):
        yield pb.TransferReply()

    async def Upload(self, request_iterator, context: aio.ServicerContext) -> pb.TransferReply:
        async for _ in request_iterator:
            pass
        return pb.TransferReply()


class LedgerService(rpc.LedgerServicer):
    async def Post(self, request, context):
        return pb.TransferReply()

    Reverse = Post


def add_services(server: aio.Server, wallet: rpc.WalletServicer, ledger: rpc.LedgerServicer) -> None:
    rpc.add_WalletServicer_to_server(wallet, server)
    rpc.add_LedgerServicer_to_server(ledger, server)
