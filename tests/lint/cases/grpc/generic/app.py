from __future__ import annotations

from concurrent import futures

import grpc
from wallet.handlers import WalletRouter, ledger_handler

server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
server.add_generic_rpc_handlers((ledger_handler(), WalletRouter()))
