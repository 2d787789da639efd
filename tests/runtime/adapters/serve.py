"""Applications on real servers in a thread, and a client that shows what came over the wire."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import uvicorn
from aiohttp import web
from werkzeug.serving import make_server


@dataclass(frozen=True)
class Client:
    """Speaks to one server; may be used by many threads."""

    http: httpx.Client

    def post(self, path: str, key: str | None = "k", *, who: str = "alice", **more: Any) -> httpx.Response:
        """POST as ``who`` with ``key``; ``json={"amount": 5}`` unless told otherwise."""
        headers = {"x-tenant": who, **more.pop("headers", {})}
        if key is not None:
            headers["idempotency-key"] = key
        if not {"content", "json"} & set(more):
            more["json"] = {"amount": 5}
        return self.http.post(path, headers=headers, **more)


@contextmanager
def client(port: int) -> Iterator[Client]:
    """A client with connections enough for a storm."""
    limits = httpx.Limits(max_connections=300, max_keepalive_connections=0)  # a 500 closes its connection
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=30, limits=limits, trust_env=False
    ) as http:
        yield Client(http)


@contextmanager
def asgi(app: Any, lifespan: Literal["on", "off"] = "on") -> Iterator[Client]:
    """``app`` on uvicorn; ``lifespan``: whether it knows of one."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_level="critical", lifespan=lifespan, ws="none", timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            with client(listener.getsockname()[1]) as speaking:
                yield speaking
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def wsgi(app: Any) -> Iterator[Client]:
    """``app`` on Werkzeug's threaded server."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        with client(server.server_port) as speaking:
            yield speaking
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def aiohttp(app: web.Application) -> Iterator[Client]:
    """``app`` on aiohttp's own server."""
    ready, port = threading.Event(), 0

    async def serve(over: asyncio.Event) -> None:
        nonlocal port
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        ready.set()
        await over.wait()
        await runner.cleanup()

    with _in_a_thread(serve, ready), client(port) as speaking:
        yield speaking


@contextmanager
def _in_a_thread(
    serve: Callable[[asyncio.Event], Coroutine[Any, Any, None]], ready: threading.Event
) -> Iterator[None]:
    """``serve`` in an event loop of its own, from when it is ``ready`` until it is told that it is over."""
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(over),), daemon=True)
    thread.start()
    while not ready.wait(0.01) and thread.is_alive():
        pass
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def several_sanics(app: Any) -> None:
    """Let ``app`` be one of several in this process."""
    type(app).test_mode = True
    app.config.MOTD = False  # it would import what has been deprecated


@contextmanager
def sanic(app: Any) -> Iterator[Client]:
    """``app`` on Sanic's own server."""
    several_sanics(app)
    ready, port = threading.Event(), 0

    async def serve(over: asyncio.Event) -> None:
        nonlocal port
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            server = await app.create_server(sock=listener, return_asyncio_server=True, access_log=False)
            await server.startup()
            await server.before_start()
            await server.after_start()
            ready.set()
            await over.wait()
            await server.before_stop()
            await server.close()
            await server.after_stop()

    with _in_a_thread(serve, ready), client(port) as speaking:
        yield speaking
