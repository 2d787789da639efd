from __future__ import annotations

import asyncio

import grpc
from grpc import aio
from wallet.service import LedgerService, WalletService, add_services


async def serve() -> aio.Server:
    server = grpc.aio.server()
    add_services(server, WalletService(), LedgerService())
    return server


asyncio.run(serve())
