"""Where a mark takes effect in gRPC: the snippet's server is started, and its ``CALLS`` made over a real channel."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import ModuleType

from tests.lint.positions._table import outcomes, snippets
from tests.lint.positions.recorder import executions

GENERATED = Path(__file__).parents[1] / "cases" / "grpc" / "servicers"

PRELUDE = """\
import functools
from concurrent.futures import ThreadPoolExecutor

import bank_pb2
import bank_pb2_grpc
import grpc
import grpc.aio

from recorder import money_moving

CALLS = ["/bank.Ledger/Post"]


def add(servicer):
    server = grpc.server(ThreadPoolExecutor(1))
    bank_pb2_grpc.add_LedgerServicer_to_server(servicer, server)
    return server

"""

TABLE = """
### + on the method
class Ledger(bank_pb2_grpc.LedgerServicer):
    @money_moving
    def Post(self, request, context):
        return bank_pb2.TransferReply()

server = add(Ledger())

### + above another decorator
def logged(method):
    @functools.wraps(method)
    def inner(self, request, context):
        return method(self, request, context)
    return inner

class Ledger(bank_pb2_grpc.LedgerServicer):
    @money_moving
    @logged
    def Post(self, request, context):
        return bank_pb2.TransferReply()

server = add(Ledger())

### ! below another decorator
def logged(method):
    def inner(self, request, context):
        return method(self, request, context)
    return inner

class Ledger(bank_pb2_grpc.LedgerServicer):
    @logged
    @money_moving
    def Post(self, request, context):
        return bank_pb2.TransferReply()

server = add(Ledger())

### + async on the method
ASYNC = True

class Ledger(bank_pb2_grpc.LedgerServicer):
    @money_moving
    async def Post(self, request, context):
        return bank_pb2.TransferReply()

def add_async():
    server = grpc.aio.server()
    bank_pb2_grpc.add_LedgerServicer_to_server(Ledger(), server)
    return server

### - on another method
class Ledger(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):
        return bank_pb2.TransferReply()

    @money_moving
    def Reverse(self, request, context):
        return bank_pb2.TransferReply()

server = add(Ledger())

### + inherited from a marked base
class Base(bank_pb2_grpc.LedgerServicer):
    @money_moving
    def Post(self, request, context):
        return bank_pb2.TransferReply()

class Ledger(Base):
    pass

server = add(Ledger())

### - marked base, overridden
class Base(bank_pb2_grpc.LedgerServicer):
    @money_moving
    def Post(self, request, context):
        return bank_pb2.TransferReply()

class Ledger(Base):
    def Post(self, request, context):
        return bank_pb2.TransferReply()

server = add(Ledger())

### - mixin behind the servicer
class Mixin:
    @money_moving
    def Post(self, request, context):
        return bank_pb2.TransferReply()

class Ledger(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):
        return bank_pb2.TransferReply()

class MarkedLedger(Ledger, Mixin):
    pass

server = add(MarkedLedger())

### + class attribute replaced before registration
class Ledger(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):
        return bank_pb2.TransferReply()

Ledger.Post = money_moving(Ledger.Post)
server = add(Ledger())

### - class attribute replaced after registration
class Ledger(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):
        return bank_pb2.TransferReply()

server = add(Ledger())
Ledger.Post = money_moving(Ledger.Post)

### + instance attribute before registration
class Ledger(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):
        return bank_pb2.TransferReply()

ledger = Ledger()
ledger.Post = money_moving(ledger.Post)
server = add(ledger)

### - the class itself
@money_moving
class Ledger(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):
        return bank_pb2.TransferReply()

server = add(Ledger)

### + helper that the method calls
class Ledger(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):
        return self._book(request)

    @money_moving
    def _book(self, request):
        return bank_pb2.TransferReply()

server = add(Ledger())

### + method handler around the marked function
@money_moving
def post(request, context):
    return b""

server = grpc.server(ThreadPoolExecutor(1))
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler("bank.Ledger", {"Post": grpc.unary_unary_rpc_method_handler(post)}),
))

### + marked in the method handler
def post(request, context):
    return b""

server = grpc.server(ThreadPoolExecutor(1))
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler(
        "bank.Ledger", {"Post": grpc.unary_unary_rpc_method_handler(money_moving(post))}
    ),
))

### - rebound after the method handler
def post(request, context):
    return b""

server = grpc.server(ThreadPoolExecutor(1))
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler("bank.Ledger", {"Post": grpc.unary_unary_rpc_method_handler(post)}),
))
post = money_moving(post)
"""

SNIPPETS = snippets(PRELUDE, TABLE)

# Here the mark guards something, but not this handler: it is unmarked.
ELSEWHERE = {"on another method", "marked base, overridden", "mixin behind the servicer"}


def is_effective(module: ModuleType) -> bool:
    """Whether every call was answered, and none without the mark."""
    if hasattr(module, "ASYNC"):
        return asyncio.run(_async_effective(module))
    port = module.server.add_insecure_port("127.0.0.1:0")
    module.server.start()
    try:
        return all(_called(call, port) for call in module.CALLS)
    finally:
        module.server.stop(None).wait()


def _called(method: str, port: int) -> bool:
    import grpc

    with executions() as count, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            channel.unary_unary(method)(b"", timeout=10)
        except grpc.RpcError:
            return False
        return count() > 0


async def _async_effective(module: ModuleType) -> bool:
    server = module.add_async()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        return all([await asyncio.to_thread(_called, call, port) for call in module.CALLS])
    finally:
        await server.stop(None)


if __name__ == "__main__":
    sys.path.insert(0, str(GENERATED))
    print(json.dumps(outcomes(SNIPPETS, is_effective)))
