from __future__ import annotations

import functools

from bank_pb2 import TransferReply
from bank_pb2_grpc import LedgerServicer, LedgerStub


def logged(method):
    @functools.wraps(method)
    def inner(self, request, context):
        return method(self, request, context)

    return inner


class LedgerService(LedgerServicer):
    """Reverse is left to the generated base, which refuses it."""

    def __init__(self, name: str) -> None:
        self.name = name

    @logged
    def Post(self, req, ctx):
        return TransferReply(transfer_id=self.name)


def post_remotely(stub: LedgerStub, request):
    """A client's call."""
    return stub.Post(request)


class FakeLedger(LedgerServicer):
    """A test's stand-in, added to no server."""
