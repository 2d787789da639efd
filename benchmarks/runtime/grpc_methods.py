"""The methods of the gRPC benchmarks, bare and marked, sync and async."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from benchmarks.runtime.bank import async_transfer, transfer
from idem_runtime import Idempotency, money_moving


def handlers(service: str, **methods: Any) -> Any:
    made = {
        name: grpc.unary_unary_rpc_method_handler(
            method, StringValue.FromString, StringValue.SerializeToString
        )
        for name, method in methods.items()
    }
    return grpc.method_handlers_generic_handler(service, made)


def echo(request: StringValue, _context: Any) -> StringValue:
    return request


async def echo_async(request: StringValue, _context: Any) -> StringValue:
    return request


def sync_methods(idem: Idempotency, pool: ConnectionPool[Any]) -> dict[str, Any]:
    def own(_request: StringValue, _context: Any) -> StringValue:
        with pool.connection() as db:
            return StringValue(value=transfer(db))

    @money_moving
    def marked(_request: StringValue, _context: Any) -> StringValue:
        return StringValue(value=transfer(idem.sync_connection()))

    return {"Echo": echo, "Own": own, "Marked": marked}


def async_methods(idem: Idempotency, pool: AsyncConnectionPool[Any]) -> dict[str, Any]:
    async def own(_request: StringValue, _context: Any) -> StringValue:
        async with pool.connection() as db:
            return StringValue(value=await async_transfer(db))

    @money_moving
    async def marked(_request: StringValue, _context: Any) -> StringValue:
        return StringValue(value=await async_transfer(await idem.connection()))

    return {"Echo": echo_async, "Own": own, "Marked": marked}
