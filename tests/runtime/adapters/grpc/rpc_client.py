"""Real gRPC servers in a thread, and a client that asks them what the contract asks of HTTP servers.

``POST /accounts/a`` is the method ``Accounts`` with ``account="a"``; JSON members are fields, on the wire in the order in
which they are written. A status with ErrorInfo is a problem; other codes have the status that the contract expects.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import httpx
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from idem_runtime.errors import IdempotencyError
from tests.runtime.adapters.grpc.bank_service import pb2
from tests.runtime.adapters.serve import Client

SERVICE = "idem.tests.bank.Bank"
SUCCESSES = {"/empty": 204, "/unmarked": 200}
FAILURES = {
    "ALREADY_EXISTS": 409,
    "FAILED_PRECONDITION": 402,
    "INVALID_ARGUMENT": 400,
    "UNAVAILABLE": 503,
    "UNKNOWN": 500,
    "INTERNAL": 500,
}
PROBLEMS = {error.code: error.http_status for error in IdempotencyError.__subclasses__()}


_loops: list[asyncio.AbstractEventLoop] = []


def loop() -> asyncio.AbstractEventLoop:
    """One for servers that are made and never serve."""
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    asyncio.set_event_loop(_loops[0])
    return _loops[0]


@contextmanager
def sync_server(
    add: Callable[[Any], None],
    *,
    workers: int = 10,
    prepare: Callable[[Any], None] = lambda server: None,
    credentials: grpc.ServerCredentials | None = None,
    **options: Any,
) -> Iterator[str]:
    """A sync server to which ``add`` adds; its address. ``prepare`` comes before: ``idem.install``."""
    with ThreadPoolExecutor(workers) as pool:
        server = grpc.server(pool, **options)
        prepare(server)
        add(server)
        port = _port(server, credentials)
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(2).wait(10)


@contextmanager
def aio_server(
    add: Callable[[Any], None],
    *,
    prepare: Callable[[Any], None] = lambda server: None,
    after: Callable[[], Any] | None = None,
    credentials: grpc.ServerCredentials | None = None,
    **options: Any,
) -> Iterator[str]:
    """As :func:`sync_server`, on aio in a thread; ``after`` is awaited when it has stopped."""
    address: list[str] = []
    loop, started, ending = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        server = grpc.aio.server(**options)
        try:
            prepare(server)
            add(server)
            address.append(f"127.0.0.1:{_port(server, credentials)}")
            await server.start()
        finally:
            started.set()
        await ending.wait()
        await server.stop(2)
        if after is not None:
            await after()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    started.wait(20)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(20)
        loop.close()


def _port(server: Any, credentials: grpc.ServerCredentials | None) -> int:
    if credentials is None:
        return int(server.add_insecure_port("127.0.0.1:0"))
    return int(server.add_secure_port("127.0.0.1:0", credentials))


@contextmanager
def channel(address: str, **options: Any) -> Iterator[grpc.Channel]:
    """A channel of its own: gRPC shares connections between channels that are alike."""
    settings = {"grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0, **options}
    with grpc.insecure_channel(address, options=list(settings.items())) as opened:
        yield opened


@contextmanager
def client(address: str) -> Iterator[Client]:
    """Asks as the contract does."""
    with channel(address) as opened:
        yield Client(RpcHttp(opened))  # type: ignore[arg-type]  # as far as the contract goes, it is one


class RpcHttp:
    """``httpx.Client``, as far as the contract uses it."""

    def __init__(self, opened: grpc.Channel) -> None:
        self._channel = opened

    def post(
        self,
        path: str,
        *,
        headers: Any,
        json: Any = None,
        content: bytes | None = None,
        timeout: float = 30,
    ) -> httpx.Response:
        pairs = headers.items() if isinstance(headers, dict) else headers
        metadata = tuple((name, value) for name, value in pairs if name != "content-type")
        route, message = _message(path, json if content is None else content)
        name = "".join(word.capitalize() for word in route[1:].split("-"))
        call = self._channel.unary_unary(f"/{SERVICE}/{name}")
        try:
            body, done = call.with_call(message, metadata=metadata, timeout=timeout)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and timeout < 30:
                raise httpx.ReadTimeout("deadline") from None
            return _failure(error)
        return _success(SUCCESSES.get(route, 201), body, done)


def _message(path: str, given: Any) -> tuple[str, bytes]:
    path, _, query = path.partition("?")
    route, _, account = path[1:].partition("/")
    members = json.loads(given) if isinstance(given, bytes) else given
    parts = [pb2.Ask(account=account + query)] if account else []
    for name, value in members.items():
        parts.append(pb2.Ask(**{name: -1 if value == "many" else value}))
    return f"/{route}", b"".join(part.SerializeToString() for part in parts)


def _headers(call: Any) -> dict[str, str]:
    pairs = [*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())]
    return {name: value for name, value in pairs if isinstance(value, str)}


def _success(status: int, body: bytes, call: Any) -> httpx.Response:
    reply = pb2.Reply.FromString(body)
    content = {"id": reply.id, "amount": reply.amount, "text": reply.text, "raw": body.hex()}
    return httpx.Response(status, headers=_headers(call), json=content)


def _failure(error: Any) -> httpx.Response:
    headers, problem = _headers(error), problem_of(error)
    if problem is None:
        return httpx.Response(FAILURES[error.code().name], headers=headers, text=error.details())
    code, seconds = problem
    if seconds is not None:
        headers["retry-after"] = str(seconds)
    headers["content-type"] = "application/problem+json"
    return httpx.Response(PROBLEMS[code], headers=headers, content=json.dumps({"code": code}).encode())


def problem_of(error: Any) -> tuple[str, int | None] | None:
    """The code of a refusal and its RetryInfo in seconds; its status agrees with the RPC's own."""
    packed = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if packed is None:
        return None
    status = Status.FromString(packed)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    info, retry = ErrorInfo(), RetryInfo()
    assert status.details[0].Unpack(info)
    seconds = (
        retry.retry_delay.seconds if len(status.details) > 1 and status.details[1].Unpack(retry) else None
    )
    return info.metadata["code"], seconds
