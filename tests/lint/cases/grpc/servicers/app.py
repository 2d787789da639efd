from __future__ import annotations

from concurrent import futures

import bank_pb2_grpc
import grpc
from wallet.ledger import LedgerService
from wallet.service import WalletService


def serve() -> grpc.Server:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    bank_pb2_grpc.add_WalletServicer_to_server(WalletService(), server)
    bank_pb2_grpc.add_LedgerServicer_to_server(servicer=LedgerService("main"), server=server)
    return server


server = serve()
