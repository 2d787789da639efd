from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import bank_pb2_grpc
import grpc
from wallet.service import CardWallet, DuckLedger

SERVICES = (
    (bank_pb2_grpc.add_WalletServicer_to_server, CardWallet()),
    (bank_pb2_grpc.add_LedgerServicer_to_server, DuckLedger()),
)

app = grpc.server(ThreadPoolExecutor(1))
for add, servicer in SERVICES:
    add(servicer, app)
