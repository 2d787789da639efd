"""The contract's bank as gRPC servicers, sync and aio."""

from __future__ import annotations

import asyncio
import functools
import itertools
import time
from typing import Any

import grpc
import psycopg

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP
from tests.runtime.adapters.grpc.bank_service import pb2, pb2_grpc

FAILED = grpc.StatusCode.FAILED_PRECONDITION
TAKEN = grpc.StatusCode.ALREADY_EXISTS


def validated(method: Any) -> Any:
    """What stands before a method and its mark."""

    @functools.wraps(method)
    def called(self: Any, request: Any, context: Any) -> Any:
        if request.amount < 0:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "amount")
        return method(self, request, context)

    return called


def validated_async(method: Any) -> Any:
    @functools.wraps(method)
    async def called(self: Any, request: Any, context: Any) -> Any:
        if request.amount < 0:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "amount")
        return await method(self, request, context)

    return called


def outside(dsn: str, request: Any) -> Any:
    with psycopg.connect(dsn, autocommit=True) as db:
        return pb2.Reply(id=orm.write(db, request.amount), amount=request.amount)


def sync_bank(idem: Idempotency, dsn: str) -> Any:  # noqa: C901 - one method per route of the contract
    calls = itertools.count()

    def write(request: Any) -> Any:
        return pb2.Reply(id=orm.write(idem.sync_connection(), request.amount), amount=request.amount)

    class Bank(pb2_grpc.BankServicer):
        @validated
        @money_moving
        def Transfers(self, request, context):
            reply = write(request)
            context.send_initial_metadata(
                (("location", f"/transfers/{reply.id}"), ("set-cookie", "session=alice"))
            )
            return reply

        @money_moving(wait=15)
        def Slow(self, request, context):
            time.sleep(0.3)
            return write(request)

        @money_moving
        def Declined(self, request, context):
            write(request)
            context.set_code(TAKEN)
            return pb2.Reply()

        @money_moving
        def Insufficient(self, request, context):
            write(request)
            context.abort(FAILED, "insufficient")

        @money_moving
        def Crash(self, request, context):
            write(request)
            raise RuntimeError("crash")

        @money_moving
        def Unavailable(self, request, context):
            write(request)
            context.set_code(grpc.StatusCode.UNAVAILABLE)
            return pb2.Reply()

        @money_moving
        def Committing(self, request, context):
            reply = write(request)
            orm.raw_commit(idem.sync_connection())
            return reply

        def violate(self, request):
            done = write(request)
            try:
                orm.write(idem.sync_connection(), 1, done.id)
            except orm.VIOLATIONS:
                return
            raise AssertionError

        @money_moving(connection="inside")
        def Conflict(self, request, context):
            self.violate(request)
            context.set_code(TAKEN)
            return pb2.Reply()

        @money_moving(connection="inside")
        def Swallowed(self, request, context):
            self.violate(request)
            return pb2.Reply()

        @money_moving
        def Big(self, request, context):
            write(request)
            return pb2.Reply(text="x" * CAP)

        @money_moving
        def Empty(self, request, context):
            write(request)
            return pb2.Reply()

        @money_moving
        def Accounts(self, request, context):
            return write(request)

        @money_moving(effect="external")
        def External(self, request, context):
            return outside(dsn, request)

        @money_moving(effect="external")
        def ExternalCrash(self, request, context):
            outside(dsn, request)
            raise RuntimeError("crash")

        @money_moving(effect="external")
        def NotExecuted(self, request, context):
            if next(calls) == 0:
                raise NotExecuted
            return outside(dsn, request)

        @not_money_moving(reason="reads only")
        def Unmarked(self, request, context):
            return pb2.Reply(text="fee 1")

    return Bank()


def aio_bank(idem: Idempotency, dsn: str) -> Any:  # noqa: C901 - one method per route of the contract
    calls = itertools.count()

    async def write(request: Any) -> Any:
        number = await orm.write_async(await idem.connection(), request.amount)
        return pb2.Reply(id=number, amount=request.amount)

    class Bank(pb2_grpc.BankServicer):
        @validated_async
        @money_moving
        async def Transfers(self, request, context):
            reply = await write(request)
            await context.send_initial_metadata(
                (("location", f"/transfers/{reply.id}"), ("set-cookie", "session=alice"))
            )
            return reply

        @money_moving(wait=15)
        async def Slow(self, request, context):
            await asyncio.sleep(0.3)
            return await write(request)

        @money_moving
        async def Declined(self, request, context):
            await write(request)
            context.set_code(TAKEN)
            return pb2.Reply()

        @money_moving
        async def Insufficient(self, request, context):
            await write(request)
            await context.abort(FAILED, "insufficient")

        @money_moving
        async def Crash(self, request, context):
            await write(request)
            raise RuntimeError("crash")

        @money_moving
        async def Unavailable(self, request, context):
            await write(request)
            context.set_code(grpc.StatusCode.UNAVAILABLE)
            return pb2.Reply()

        @money_moving
        async def Committing(self, request, context):
            reply = await write(request)
            await orm.raw_commit(await idem.connection())
            return reply

        async def violate(self, request):
            done = await write(request)
            try:
                await orm.write_async(await idem.connection(), 1, done.id)
            except orm.VIOLATIONS:
                return
            raise AssertionError

        @money_moving(connection="inside")
        async def Conflict(self, request, context):
            await self.violate(request)
            context.set_code(TAKEN)
            return pb2.Reply()

        @money_moving(connection="inside")
        async def Swallowed(self, request, context):
            await self.violate(request)
            return pb2.Reply()

        @money_moving
        async def Big(self, request, context):
            await write(request)
            return pb2.Reply(text="x" * CAP)

        @money_moving
        async def Empty(self, request, context):
            await write(request)
            return pb2.Reply()

        @money_moving
        async def Accounts(self, request, context):
            return await write(request)

        @money_moving(effect="external")
        async def External(self, request, context):
            return await asyncio.to_thread(outside, dsn, request)

        @money_moving(effect="external")
        async def ExternalCrash(self, request, context):
            await asyncio.to_thread(outside, dsn, request)
            raise RuntimeError("crash")

        @money_moving(effect="external")
        async def NotExecuted(self, request, context):
            if next(calls) == 0:
                raise NotExecuted
            return await asyncio.to_thread(outside, dsn, request)

        @not_money_moving(reason="reads only")
        async def Unmarked(self, request, context):
            return pb2.Reply(text="fee 1")

    return Bank()
