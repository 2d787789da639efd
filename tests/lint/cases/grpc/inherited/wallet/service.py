from __future__ import annotations

import bank_pb2

from idem_runtime import money_moving
from wallet.base import BaseWallet


class CardWallet(BaseWallet):
    def transfer(self, request):
        return bank_pb2.TransferReply(transfer_id="card")

    @money_moving
    def Upload(self, request_iterator, context):
        return bank_pb2.TransferReply()


class DuckLedger:
    """Duck typed: without the generated base, as add_LedgerServicer_to_server allows."""

    def Post(self, request, context):
        return bank_pb2.TransferReply()

    def Reverse(self, request, context):
        return bank_pb2.TransferReply()

    def close(self, request, context):
        return None
