"""What a key, an intent and a store cost the caller: ``python -m benchmarks.runtime.client_calls``.

Processor time of the calling process per call, user and system, to a server in another process that answers at once over a
connection that stays open: so that is what the library adds, and what its own library takes. The ways take turns; medians.
Entries of the store are on a disk, so its row says what the clock says, too.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import grpc
import httpx
import requests

from idem_runtime.client import CallPolicy, FileIntents, intent
from idem_runtime.client.grpc import IdempotentInterceptor
from idem_runtime.client.httpx import IdempotentTransport
from idem_runtime.client.requests import IdempotentAdapter

TURNS, CALLS, WARM_UP = 25, 200, 50
ANSWER = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{"id": 1, "amount": 5}'
BODY = {"to": "alice", "amount": 5}
METHOD = "/bank.Wallet/Transfer"
POLICY = CallPolicy()
Call = Callable[[], Any]
Scope = Callable[[], AbstractContextManager[Any]]


def serve_http(listener: socket.socket) -> None:
    """Answer each request on the only connection, whatever it says."""
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, contextlib.suppress(OSError):
            gathered = b""
            while part := client.recv(65_536):
                gathered += part
                if gathered.endswith(b"}"):
                    client.sendall(ANSWER)
                    gathered = b""


@contextlib.contextmanager
def http_server() -> Iterator[str]:
    """Its URL; one process per connection, so that each way has its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            serve_http(listener)
        children.append(child)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)


@contextlib.contextmanager
def grpc_server() -> Iterator[str]:
    """Its address. It runs in a process that has not used gRPC before."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        server = grpc.server(ThreadPoolExecutor(2))
        handler = grpc.unary_unary_rpc_method_handler(lambda *_: b"\x08\x01")
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("bank.Wallet", {"Transfer": handler}),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        os.write(writing, str(port).encode())
        server.wait_for_termination()
    try:
        yield f"127.0.0.1:{os.read(reading, 10).decode()}"
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def with_httpx(url: str, *, ours: bool) -> Call:
    plain = httpx.HTTPTransport(verify=False)
    client = httpx.Client(transport=IdempotentTransport(plain, POLICY) if ours else plain, trust_env=False)
    return lambda: client.post(f"{url}/transfers", json=BODY)


def with_requests(url: str, *, ours: bool) -> Call:
    session = requests.Session()
    session.trust_env = False
    if ours:
        session.mount(url, IdempotentAdapter(policy=POLICY))
    return lambda: session.post(f"{url}/transfers", json=BODY)


def with_grpc(address: str, *, ours: bool) -> Call:
    channel = grpc.insecure_channel(address)
    if ours:
        channel = grpc.intercept_channel(channel, IdempotentInterceptor(POLICY, methods=[METHOD]))
    method = channel.unary_unary(METHOD)
    return lambda: method(b"\x08\x05")


def ways(url: str, address: str, folder: str) -> dict[str, tuple[Call, Scope]]:
    """Each library bare, with a key of its own for each call, in an intent, and in one whose key is on the disk."""
    found: dict[str, tuple[Call, Scope]] = {}
    store, numbers = FileIntents(folder), itertools.count()
    for name, make, target in (
        ("httpx", with_httpx, url),
        ("requests", with_requests, url),
        ("gRPC", with_grpc, address),
    ):
        call = make(target, ours=True)
        found[f"{name}, bare"] = make(target, ours=False), nullcontext
        found[f"{name}, a key per call"] = call, nullcontext
        found[f"{name}, an intent per call"] = call, intent
        if make is with_httpx:
            found[f"{name}, a stored intent per call"] = (
                call,
                lambda: intent(f"n{next(numbers)}", store=store),
            )
    return found


def turn(call: Call, scope: Scope, calls: int) -> tuple[float, float]:
    """Milliseconds of processor and of clock per call."""
    cpu, clock = time.process_time(), time.perf_counter()
    for _ in range(calls):
        with scope():
            call()
    return (time.process_time() - cpu) / calls * 1000, (time.perf_counter() - clock) / calls * 1000


def main() -> int:
    """Measure and print."""
    with (
        grpc_server() as address,
        http_server() as url,
        tempfile.TemporaryDirectory(dir=Path.cwd()) as folder,
    ):
        measured = ways(url, address, folder)
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in measured}
        for call, scope in measured.values():
            turn(call, scope, WARM_UP)
        for _ in range(TURNS):
            for name in random.sample(list(measured), len(measured)):
                taken[name].append(turn(*measured[name], CALLS))
    print(f"{'':38}{'CPU':>10}{'added':>10}{'':>8}{'clock':>12}")
    bare = 0.0
    for name, figures in taken.items():
        cpu, clock = (statistics.median(column) for column in zip(*figures, strict=True))
        bare = cpu if name.endswith("bare") else bare
        print(f"{name:38}{cpu:>7.3f} ms{cpu - bare:>7.3f} ms{cpu / bare:>7.2f}x{clock:>9.3f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
