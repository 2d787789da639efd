from __future__ import annotations

from collections.abc import Iterator

import bank_pb2
import bank_pb2_grpc
import grpc

from idem_runtime import money_moving, not_money_moving


class WalletService(bank_pb2_grpc.WalletServicer):
    @money_moving
    def Transfer(self, request: bank_pb2.TransferRequest, context: grpc.ServicerContext) -> bank_pb2.TransferReply:
        return self._book(request, context)

    @not_money_moving(reason="reads the balance")
    def Balance(self, request, context):
        return bank_pb2.TransferReply()

    def Statement(self, request, context) -> Iterator[bank_pb2.TransferReply]:
        yield bank_pb2.TransferReply()

    def _book(self, request, context):
        return bank_pb2.TransferReply()

    def Refund(self, request, context):
        """Not in the .proto: no RPC."""
        return bank_pb2.TransferReply()
