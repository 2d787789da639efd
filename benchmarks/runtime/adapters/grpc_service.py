"""gRPC, methods of ``grpc.server`` and of ``grpc.aio.server``; the client is another process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc
from grpc import aio

from benchmarks.runtime.adapters.asked import Key, WayOf, bare_ways, our_ways
from benchmarks.runtime.adapters.caller import calling
from benchmarks.runtime.adapters.in_thread import in_thread
from benchmarks.runtime.functions import async_pool_of, pool_of
from benchmarks.runtime.grpc_methods import async_methods, handlers, sync_methods
from benchmarks.runtime.worker import Way
from idem_runtime import Idempotency

METHODS = {
    False: {"/unmarked": "/bare.Bank/Echo", "/transfer": "/bare.Bank/Own"},
    True: {"/unmarked": "/ours.Bank/Echo", "/transfer": "/ours.Bank/Marked"},
}


def add(server: Any, idem: Idempotency, methods: dict[str, Any], *, marked: bool) -> int:
    """The methods of one kind; the port."""
    if marked:
        idem.install(server)
    named = {name: method for name, method in methods.items() if marked or name != "Marked"}
    server.add_generic_rpc_handlers((handlers("ours.Bank" if marked else "bare.Bank", **named),))
    return int(server.add_insecure_port("127.0.0.1:0"))


def methods_of(way: WayOf, *, marked: bool) -> WayOf:
    """``way``, with methods for paths."""

    def called(path: str, key: Key) -> Way:
        return way(METHODS[marked][path], key)

    return called


@contextmanager
def serving(dsn: str, *, marked: bool) -> Generator[int]:
    """The port of a server with threads."""
    with pool_of(dsn) as pool:
        idem = Idempotency(pool=pool, principal=lambda _: "bench")
        server = grpc.server(ThreadPoolExecutor(4))
        port = add(server, idem, sync_methods(idem, pool), marked=marked)
        server.start()
        yield port
        server.stop(None)
        idem.close()


@asynccontextmanager
async def serving_aio(dsn: str, *, marked: bool) -> AsyncGenerator[int]:
    """The port of a server with an event loop."""
    async with async_pool_of(dsn) as pool:
        await pool.wait()
        idem = Idempotency(pool=pool, principal=lambda _: "bench")
        server = aio.server()
        port = add(server, idem, async_methods(idem, pool), marked=marked)
        await server.start()
        yield port
        await server.stop(None)
        await idem.aclose()


@contextmanager
def plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """Threads, without us."""
    with serving(dsn, marked=False) as port, calling("grpc", port) as way:
        yield bare_ways(methods_of(way, marked=False))


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """Threads, with the mark."""
    with serving(dsn, marked=True) as port, calling("grpc", port) as way:
        yield our_ways(methods_of(way, marked=True))


@contextmanager
def aio_plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """An event loop, without us."""
    with in_thread(serving_aio(dsn, marked=False)) as port, calling("grpc", port) as way:
        yield bare_ways(methods_of(way, marked=False))


@contextmanager
def aio_ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """An event loop, with the mark."""
    with in_thread(serving_aio(dsn, marked=True)) as port, calling("grpc", port) as way:
        yield our_ways(methods_of(way, marked=True))
