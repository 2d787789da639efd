"""Interceptors for gRPC: ``grpc.intercept_channel(channel, IdempotentInterceptor())``, and the same for ``grpc.aio``.

For servers that honour the key, and no others. An RPC whose request has a field ``idempotency_key`` gets one there; others
only where they are named, in the metadata ``idempotency-key``. What streams is left alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import grpc
import grpc.aio

from idem_runtime.client.call import Call, begin_call
from idem_runtime.client.grpc_key_field import key_field
from idem_runtime.client.grpc_status import read_trailers
from idem_runtime.client.policy import CallPolicy

METADATA = "idempotency-key"
LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
"""What says nothing about the outcome."""
IF_ASKED = (grpc.StatusCode.ABORTED, grpc.StatusCode.RESOURCE_EXHAUSTED)
"""What is tried again where the server says when, and never else."""
DECIDED = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
)
"""What is an answer, as the server records it. Any other status may be made on the way, after the effect."""


@dataclass(frozen=True)
class _Details(grpc.ClientCallDetails):  # type: ignore[misc]  # - mypy sees no types of grpc
    method: Any
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


@dataclass(frozen=True)
class _Prepared:
    """An RPC with its key, as it is sent each time."""

    call: Call
    details: _Details
    request: Any


class _Settings:
    def __init__(
        self,
        policy: CallPolicy | None = None,
        *,
        field: str = "idempotency_key",
        methods: Collection[str] = (),
        attempt_timeout: float | None = None,
    ) -> None:
        """``field``: of the request, a string or a ``StringValue``.

        ``methods``: RPCs such as ``/bank.Wallet/Transfer`` whose request has no such field, and that get their key in the
        metadata. ``attempt_timeout``: seconds for one attempt; the call's own timeout is for all of them together, so an
        attempt that is lost uses it up without this.
        """
        self._policy = policy or CallPolicy()
        self._field = field
        self._methods = frozenset(methods)
        self._attempt_timeout = attempt_timeout

    def _prepare(self, details: Any, request: Any) -> _Prepared | None:
        """The RPC as it is sent; ``None``: it gets no key."""
        method = details.method.decode() if isinstance(details.method, bytes) else details.method
        holder = key_field(request, self._field)
        if method in self._policy.without_key or (holder is None and method not in self._methods):
            return None
        mine = _Details(*(getattr(details, name, None) for name in _Details.__dataclass_fields__))
        noted = [value for name, value in mine.metadata or () if name == METADATA]
        given = (holder and holder.value) or (noted[0] if noted else None)
        call = begin_call(self._policy, method, _bytes(request), given=given, within=mine.timeout)
        if holder is not None and not holder.value:
            request = holder.copy_with(call.key)
        elif holder is None and not noted:
            mine = replace(mine, metadata=(*(mine.metadata or ()), (METADATA, call.key)))
        return _Prepared(call, mine, request)

    def _timeout(self, call: Call) -> float | None:
        """Seconds for the next attempt: of what is left of the whole."""
        limits = [limit for limit in (call.attempts.remaining, self._attempt_timeout) if limit is not None]
        return min(limits, default=None)


class IdempotentInterceptor(_Settings, grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # - mypy sees no types of grpc
    """Gives each call a key and makes it until there is an answer. Threads may share it.

    Ends as the last attempt ended, or raises :class:`ClientError`. ``stub.Method.future()`` waits here, too.
    """

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """Make the call."""
        prepared = self._prepare(client_call_details, request)
        if prepared is None:
            return continuation(client_call_details, request)
        with prepared.call as call:
            while True:
                call.attempts.made += 1
                details = replace(prepared.details, timeout=self._timeout(call))
                outcome = continuation(details, prepared.request)
                error = outcome.exception()
                call.succeeded = error is None
                pause = None if call.succeeded else _judge(call, error)
                if pause is None:
                    return outcome
                time.sleep(pause)


class AsyncIdempotentInterceptor(_Settings, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # - mypy sees no types of grpc
    """:class:`IdempotentInterceptor` for ``grpc.aio``: ``grpc.aio.insecure_channel(…, interceptors=[…])``."""

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """Make the call."""
        prepared = self._prepare(client_call_details, request)
        if prepared is None:
            return await continuation(client_call_details, request)
        mine = prepared.details
        metadata = grpc.aio.Metadata(*(mine.metadata or ()))
        with prepared.call as call:
            while True:
                call.attempts.made += 1
                details = grpc.aio.ClientCallDetails(
                    mine.method, self._timeout(call), metadata, mine.credentials, mine.wait_for_ready
                )
                outcome = await continuation(details, prepared.request)
                try:
                    await outcome
                except grpc.aio.AioRpcError as error:
                    pause = _judge(call, error)
                    if pause is None:
                        raise
                else:
                    call.succeeded = True
                    return outcome
                await asyncio.sleep(pause)


def _judge(call: Call, error: Any) -> float | None:
    """Seconds to wait before the next attempt; ``None``: this was the last one.

    :raises CallRefused: the server refused the key, and the policy has that raised.
    """
    trailers = read_trailers(_trailing(error))
    refused = call.refused(trailers.code, error)
    call.note(error)
    if refused is not None:
        if call.policy.raise_refusals:
            raise refused from error
        return None
    status = error.code() if isinstance(error, grpc.RpcError) else None
    if status in DECIDED:
        return None
    if trailers.never or not (status in LOST or (status in IF_ASKED and trailers.retry_after is not None)):
        call.given_up(error, f"status {status.name}" if status else type(error).__name__)
        return None
    return call.failed(error, trailers.retry_after)


def _trailing(error: Any) -> Iterable[Any]:
    return (error.trailing_metadata() or ()) if isinstance(error, grpc.RpcError) else ()


def _bytes(request: Any) -> bytes:
    if hasattr(request, "DESCRIPTOR"):
        return bytes(request.SerializeToString(deterministic=True))
    return bytes(request)
