"""What a Starlette request is read from and answered with: bodies that can be read again, responses as exact bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from anyio import CancelScope
from starlette.background import BackgroundTasks
from starlette.responses import Response as StarletteResponse
from starlette.types import Message, Receive, Send

from idem_runtime.execution_async import unbroken
from idem_runtime.model import Response

T = TypeVar("T")


class Body:
    """The request body: recorded while it is read, so that it can be read again."""

    def __init__(self, receive: Receive) -> None:
        """Nothing is read yet."""
        self._receive = receive
        self._messages: list[Message] = []
        self._next = 0

    async def receive(self) -> Message:
        """What the inner application sees as ``receive``."""
        if self._next == len(self._messages):
            message = await self._receive()
            if self._complete() or message["type"] != "http.request":
                return message
            self._messages.append(message)
        self._next += 1
        return self._messages[self._next - 1]

    def rewind(self) -> None:
        """The next passage reads from the start."""
        self._next = 0

    async def whole(self) -> bytes:
        """The whole body, wherever the application is in reading it."""
        while not self._complete():
            message = await self._receive()
            if message["type"] != "http.request":
                raise asyncio.CancelledError("the client left before its request was complete")
            self._messages.append(message)
        return b"".join(message.get("body", b"") for message in self._messages)

    def _complete(self) -> bool:
        return bool(self._messages) and not self._messages[-1].get("more_body", False)


def again(whole: Callable[[], Awaitable[bytes]]) -> Receive:
    """``receive`` for whoever reads the body beside the application, such as a principal resolver: only where it does."""

    async def receive() -> Message:
        return {"type": "http.request", "body": await whole(), "more_body": False}

    return receive


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Await ``work`` to its end, whoever cancels: asyncio once, or an anyio scope over and over."""
    done: list[T] = []
    with CancelScope(shield=True):
        done.append(await unbroken(work))
    return done[0]


def native(response: Response) -> StarletteResponse:
    """``response`` as a handler returns it; the empty task list keeps FastAPI from adding its own to a replay."""
    headers = dict(response.headers)
    return StarletteResponse(response.body, response.status, headers, background=BackgroundTasks())


async def send_response(send: Send, response: Response) -> None:
    """Send exactly ``response``."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
