"""The console for an ASGI server, also mounted below a path (ASGI 3.0, https://asgi.readthedocs.io)."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from idem_runtime.operate.console.messages import ConsoleRequest, Reply
from idem_runtime.operate.console.page_headers import HEADERS, LARGEST_FORM, TOO_LARGE
from idem_runtime.operate.console.visits import User

Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
Answer: TypeAlias = Callable[[ConsoleRequest, object], Reply]


def application(answer: Answer, user: User) -> Application:
    """An ASGI application that answers with ``answer``, in a thread."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await _other(scope["type"], receive, send)
            return
        body = await _body(receive)
        request = _request(scope, body or b"")
        if body is None:
            reply = TOO_LARGE
        else:
            who = user(request)
            who = await who if inspect.isawaitable(who) else who
            reply = await asyncio.to_thread(answer, request, who)
        headers = (("content-type", reply.media_type), *HEADERS, *reply.headers)
        encoded = reply.body.encode()
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [
                    *((name.encode(), value.encode("latin-1")) for name, value in headers),
                    (b"content-length", str(len(encoded)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else encoded})

    return serve


async def _other(kind: str, receive: Any, send: Any) -> None:
    """A server's start and end, where the console is all that it serves; a WebSocket, which nothing here opens."""
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def _request(scope: Any, body: bytes) -> ConsoleRequest:
    prefix, path = scope.get("root_path", "").rstrip("/"), scope["path"]
    path = path[len(prefix) :] if prefix and path.startswith(f"{prefix}/") else path.removeprefix(prefix)
    return ConsoleRequest(
        method=scope["method"],
        prefix=prefix,
        path=path or "/",
        query=scope.get("query_string", b"").decode("latin-1"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        scope=scope,
        body=body,
        secure=scope.get("scheme") == "https",
    )


async def _body(receive: Any) -> bytes | None:
    """``None``: more than a form of ours can have."""
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)  # the browser has gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_FORM:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)
