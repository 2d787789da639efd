"""A client that calls an ASGI application in its own loop, without a network, and costs next to nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

Message = MutableMapping[str, Any]
Application = Callable[..., Awaitable[None]]
BODY = b'{"source": 1, "target": 2, "amount": 1}'
TENANT = "bench"
HEADERS = [
    (b"host", b"bank.example"),
    (b"content-type", b"application/json"),
    (b"content-length", str(len(BODY)).encode()),
    (b"x-tenant", TENANT.encode()),
]
VERSIONS = {"version": "3.0", "spec_version": "2.3"}


async def post(app: Application, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
    """The status of one POST, once the last byte of its answer was sent and the application has returned."""
    received, status = False, 0
    answered = asyncio.Event()

    async def receive() -> Message:
        nonlocal received
        if not received:
            received = True
            return {"type": "http.request", "body": body, "more_body": False}
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif not message.get("more_body", False):
            answered.set()

    scope = {
        "type": "http",
        "asgi": VERSIONS,
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, send)
    return status


@asynccontextmanager
async def running(app: Application) -> AsyncGenerator[None]:
    """The application's lifespan, as a server drives it."""
    started, ending, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        if not started.is_set():
            return {"type": "lifespan.startup"}
        await ending.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Message) -> None:
        if message["type"].endswith("failed"):
            raise RuntimeError(message["message"])
        (ended if started.is_set() else started).set()

    scope = {"type": "lifespan", "asgi": VERSIONS, "state": {}}
    lifespan = asyncio.ensure_future(app(scope, receive, send))
    begun = asyncio.ensure_future(started.wait())
    await asyncio.wait({lifespan, begun}, return_when=asyncio.FIRST_COMPLETED)
    if not started.is_set():
        await lifespan
    yield
    ending.set()
    await lifespan
