from __future__ import annotations

import bank_pb2
import bank_pb2_grpc


class BalanceMixin:
    def Balance(self, request, context):
        return bank_pb2.TransferReply()


class BaseWallet(BalanceMixin, bank_pb2_grpc.WalletServicer):
    def Transfer(self, request, context):
        return self.transfer(request)

    def transfer(self, request):
        return bank_pb2.TransferReply()
