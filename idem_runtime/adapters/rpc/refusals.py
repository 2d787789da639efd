"""A refusal as the client of an RPC is told: a status with details that programs read, and when to try again."""

from __future__ import annotations

from dataclasses import replace

from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer
from idem_runtime.adapters.rpc.codes import INTERNAL, NAMES, OK, UNKNOWN
from idem_runtime.errors import ConfigurationError, IdempotencyError

DETAILS = "grpc-status-details-bin"
PUSHBACK = "grpc-retry-pushback-ms"
"""What a gRPC client's own retries obey; they do not read RetryInfo. A negative number stops them."""
DOMAIN = "idem-guard"
FAILED = "The method failed: what happened is in the server's log."
"""What a client is told of an exception, whose own text may hold SQL or worse."""


def refusal(error: IdempotencyError, *, status_details: bool = True) -> RpcAnswer:
    """``error`` as it is told; ``status_details``: whether the metadata says it in the form that programs read."""
    pushback = -1 if error.retry_after is None else error.retry_after * 1000
    trailing: Metadata = ((PUSHBACK, str(pushback)),)
    if status_details:
        trailing = ((DETAILS, _status(error)), *trailing)
    return RpcAnswer(NAMES[error.grpc_status], error.message, trailing)


def _status(error: IdempotencyError) -> bytes:
    """The error's code, and after how long the same request may succeed.

    Code and message repeat the RPC's own: clients in Go and Java take anything else for a broken server.
    """
    status = Status(code=NAMES[error.grpc_status], message=error.message)
    members = {"code": error.code, "retryable": str(error.retriable).lower()}
    status.details.add().Pack(ErrorInfo(reason=error.code.upper(), domain=DOMAIN, metadata=members))
    if error.retry_after is not None:
        delay = RetryInfo()
        delay.retry_delay.FromSeconds(error.retry_after)
        status.details.add().Pack(delay)
    serialized: bytes = status.SerializeToString()
    return serialized


def failure(error: Exception, said: RpcAnswer) -> RpcAnswer:
    """What is told of an exception; ``said``: the status that the method had set before it raised."""
    if isinstance(error, ConfigurationError):
        return RpcAnswer(INTERNAL, FAILED)
    return RpcAnswer(UNKNOWN, FAILED) if said.code == OK else replace(said, details=said.details or FAILED)
