"""gRPC calls: bare, unmarked on a server that is installed, a first execution, a replay; on grpc.server and grpc.aio.server.

``python -m benchmarks.runtime.grpc_calls`` in the environment of the tests. Server and client are processes of their own; the
client calls one after the other. Milliseconds per call: on the client's clock (median), and of the server's processor. Ways take
turns, so that a slow moment of the machine hits them all alike.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import grpc
import psycopg
from google.protobuf.wrappers_pb2 import StringValue
from grpc import aio
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from benchmarks.runtime.bank import SETUP
from benchmarks.runtime.grpc_methods import async_methods, handlers, sync_methods
from examples import demo_postgres as postgres
from idem_runtime import Idempotency
from idem_runtime.drivers.table import Table

TURNS, CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 40, 50
KINDS = ("sync", "aio")
WAYS = {
    "echo, bare": ("/bare.Bank/Echo", None),
    "echo, unmarked": ("/ours.Bank/Echo", None),
    "transfer, bare": ("/bare.Bank/Own", None),
    "transfer, unmarked": ("/ours.Bank/Own", None),
    "transfer, first": ("/ours.Bank/Marked", lambda: str(uuid4())),
    "transfer, replay": ("/ours.Bank/Marked", lambda: "replayed"),
}


@dataclass
class Figures:
    clock: list[float] = field(default_factory=list[float])
    processor: list[float] = field(default_factory=list[float])


def serve(kind: str, dsn: str, pipe: Any) -> None:
    """A server whose processor time can be asked for."""
    asyncio.run(serve_aio(dsn, pipe)) if kind == "aio" else serve_sync(dsn, pipe)


def add(server: Any, idem: Idempotency, methods: dict[str, Any]) -> int:
    bare = {name: method for name, method in methods.items() if name != "Marked"}
    server.add_generic_rpc_handlers((handlers("bare.Bank", **bare),))
    idem.install(server)
    server.add_generic_rpc_handlers((handlers("ours.Bank", **methods),))
    return int(server.add_insecure_port("127.0.0.1:0"))


def serve_sync(dsn: str, pipe: Any) -> None:
    with ConnectionPool(dsn, min_size=2, max_size=2, open=True) as pool:
        idem = Idempotency(pool=pool, principal=lambda _: "bench")
        server = grpc.server(ThreadPoolExecutor(4))
        pipe.send(add(server, idem, sync_methods(idem, pool)))
        server.start()
        while pipe.recv():
            pipe.send(time.process_time())
        server.stop(None)
    idem.close()


async def serve_aio(dsn: str, pipe: Any) -> None:
    async with AsyncConnectionPool(dsn, min_size=2, max_size=2) as pool:
        idem = Idempotency(pool=pool, principal=lambda _: "bench")
        server = aio.server()
        pipe.send(add(server, idem, async_methods(idem, pool)))
        await server.start()
        while await asyncio.to_thread(pipe.recv):
            pipe.send(time.process_time())
        await server.stop(None)
        await idem.aclose()


def turn(channel: grpc.Channel, pipe: Any, way: str, figures: Figures) -> None:
    path, key = WAYS[way]
    call = channel.unary_unary(path)
    message = StringValue(value="500 to the shop").SerializeToString()
    pipe.send(True)
    before = pipe.recv()
    for _ in range(CALLS):
        metadata = () if key is None else (("idempotency-key", key()),)
        began = time.perf_counter()
        call(message, metadata=metadata)
        figures.clock.append((time.perf_counter() - began) * 1000)
    pipe.send(True)
    figures.processor.append((pipe.recv() - before) * 1000 / CALLS)


def measure(kind: str, dsn: str) -> dict[str, Figures]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(kind, dsn, theirs))
    process.start()
    with grpc.insecure_channel(f"127.0.0.1:{ours.recv()}") as channel:
        for way in WAYS:  # until connections have prepared their statements
            turn(channel, ours, way, Figures())
        found = {way: Figures() for way in WAYS}
        for _ in range(TURNS):
            for way in random.sample(list(WAYS), len(WAYS)):
                turn(channel, ours, way, found[way])
    ours.send(False)
    process.join()
    return found


def main() -> None:
    server = postgres.start()
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as db:
            db.execute(SETUP + Table().creation())  # type: ignore[call-overload]
        for kind in KINDS:
            print(f"\n{kind:20}{'clock':>8}{'server':>8}")
            for way, figures in measure(kind, server.dsn()).items():
                clock, processor = statistics.median(figures.clock), statistics.median(figures.processor)
                print(f"{way:20}{clock:8.2f}{processor:8.2f}")
    finally:
        postgres.stop(server)


if __name__ == "__main__":
    main()
