"""A bank on a bare grpcio server that answers as the protocol says; what it protects is real, on Postgres."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from idem_runtime import Idempotency, IdempotencyError, money_moving
from tests.runtime.calls import Database
from tests.runtime.client.grpc_messages import Numbered, Plain, Receipt, Transfer, Wrapped


def trailers(error: IdempotencyError) -> tuple[tuple[str, str | bytes], ...]:
    """Why, and when to come again, as google.rpc has it."""
    details = [error_details_pb2.ErrorInfo(reason=error.code.upper(), domain="idem-guard")]
    if error.retry_after is not None:
        delay = duration_pb2.Duration(nanos=1_000_000)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    code = grpc.StatusCode[error.grpc_status].value[0]
    status = status_pb2.Status(code=code, message=error.message, details=packed)
    pushback = "-1" if error.retry_after is None else "1"
    return (
        ("grpc-status-details-bin", status.SerializeToString()),
        ("grpc-retry-pushback-ms", pushback),
    )


class GrpcBank:
    """``/bank.Wallet/…``: Transfer, Wrapped, Plain (its key in the metadata), and Fails, which does ``failing`` first."""

    def __init__(self, db: Database, dsn: str) -> None:
        self.db = db
        self.idem = Idempotency(dsn, wait=0.05)
        self.idem.install()
        self.seen: list[tuple[str, str | None, float | None]] = []
        """Field, metadata and the time that is left of each RPC that came."""
        self.failing: list[Callable[[Any], None]] = []
        self.server = grpc.server(ThreadPoolExecutor(16))
        kinds = {"Transfer": Transfer, "Wrapped": Wrapped, "Plain": Plain, "Numbered": Numbered}
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(self.serve, kind.FromString, Receipt.SerializeToString)
            for name, kind in kinds.items()
        }
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bank.Wallet", handlers),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def serve(self, request: Any, context: Any) -> Any:
        field = getattr(request, "idempotency_key", "")
        field = field if isinstance(field, str) else getattr(field, "value", "")
        noted = dict(context.invocation_metadata()).get("idempotency-key")
        self.seen.append((field, noted, context.time_remaining()))
        if self.failing:
            self.failing.pop(0)(context)
        try:
            return Receipt(id=transfer(field or noted, request.amount))
        except IdempotencyError as error:
            context.set_trailing_metadata(trailers(error))
            context.abort(grpc.StatusCode[error.grpc_status], error.message)

    def close(self) -> None:
        self.server.stop(0).wait()
        self.idem.close()


@money_moving(operation="transfer", key=lambda key: key, principal=lambda: "alice")
def transfer(key: str, amount: int, db: Any = Idempotency.lent) -> int:
    if amount == 13:
        time.sleep(0.4)
    row = db.execute("INSERT INTO ledger (amount) VALUES (%s) RETURNING id", (amount,)).fetchone()
    return int(row[0])


def refusing(
    code: str, *, details: bytes | None = None, pushback: str | None = None
) -> Callable[[Any], None]:
    """What a handler does: abort with ``code``, and with trailers."""

    def fail(context: Any) -> None:
        found = [("grpc-status-details-bin", details), ("grpc-retry-pushback-ms", pushback)]
        context.set_trailing_metadata(tuple((name, value) for name, value in found if value is not None))
        context.abort(grpc.StatusCode[code], "no")

    return fail


@contextlib.contextmanager
def grpc_bank(db: Database, dsn: str) -> Iterator[GrpcBank]:
    """A bank for the length of a block."""
    bank = GrpcBank(db, dsn)
    try:
        yield bank
    finally:
        bank.close()
