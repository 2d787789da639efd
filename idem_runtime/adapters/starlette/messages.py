"""What a Starlette request is read from and answered with: bodies that can be read again, responses as exact bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from anyio import CancelScope
from starlette.background import BackgroundTasks
from starlette.responses import Response as StarletteResponse
from starlette.types import Message, Receive, Scope, Send

from idem_runtime.adapters.http import request
from idem_runtime.adapters.starlette import routes
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import TOO_LARGE, BodyTooLarge
from idem_runtime.model import Request, Response

T = TypeVar("T")


class Body:
    """The request body: kept while it is read, so that it can be read again, where the route is marked or not yet known."""

    def __init__(self, receive: Receive, scope: Scope, templates: routes.Templates, cap: int) -> None:
        """Nothing is read yet; ``cap``: bytes that are kept at most. ``scope`` has the endpoint, once it is known."""
        self._receive = receive
        self._scope = scope
        self._templates = templates
        self._cap = cap
        self._messages: list[Message] = []
        self._next = 0
        self._size = 0
        self._forgotten = False

    async def receive(self) -> Message:
        """What the inner application sees as ``receive``.

        :raises BodyTooLarge: the route is marked, and the body is larger than what is kept.
        :raises KeyMissing: the route is marked, and its key is not in the headers, where it should be.
        :raises KeyInvalid: as above, and it cannot be used.
        """
        if not self._keeps():
            return await self._receive()
        if self._next == len(self._messages):
            message = await self._receive()
            if self._complete() or message["type"] != "http.request":
                return message
            self._keep(message)
            if self._forgotten:
                self._look_at_the_route()
                return message
        self._next += 1
        return self._messages[self._next - 1]

    def _keeps(self) -> bool:
        if not self._forgotten:
            self._look_at_the_route()
        return not self._forgotten

    def _look_at_the_route(self) -> None:
        """An unmarked route's body is nobody's business; a marked one's headers say whether to read it at all."""
        mark = routes.mark_in_force(self._scope)
        if mark is not None:
            if not self._messages:
                request.check_headers(mark, request_of(self._scope))
            self._must_fit()
        elif self._templates.unmarked(self._scope):
            self._forget()

    def _must_fit(self) -> None:
        if self._forgotten or announced(self._scope) > self._cap:
            raise BodyTooLarge(TOO_LARGE.format(self._cap))

    def _keep(self, message: Message) -> None:
        self._messages.append(message)
        self._size += len(message.get("body", b""))
        if self._size > self._cap:
            self._forget()

    def _forget(self) -> None:
        self._messages, self._next, self._forgotten = [], 0, True

    def rewind(self) -> None:
        """The next passage reads from the start."""
        self._next = 0

    async def whole(self) -> bytes:
        """The whole body, wherever the application is in reading it.

        :raises BodyTooLarge: more than is kept.
        """
        self._must_fit()
        while not self._complete():
            message = await self._receive()
            if message["type"] != "http.request":
                raise asyncio.CancelledError("the client left before its request was complete")
            self._keep(message)
            self._must_fit()
        return self._joined()

    def _joined(self) -> bytes:
        """The bytes, kept once: as one message, where the application is at its start or end."""
        body = b"".join(message.get("body", b"") for message in self._messages)
        if self._next in (0, len(self._messages)):
            self._next = min(self._next, 1)
            self._messages = [{"type": "http.request", "body": body, "more_body": False}]
        return body

    def _complete(self) -> bool:
        return bool(self._messages) and not self._messages[-1].get("more_body", False)


def announced(scope: Scope) -> int:
    """The body's length as the headers say it; 0 where they do not."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() else 0


def request_of(scope: Scope) -> Request:
    """The request without its body, as resolvers and key helpers see it."""
    return Request(
        method=scope["method"],
        path=scope["path"],
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ),
        path_params=tuple((name, str(value)) for name, value in scope.get("path_params", {}).items()),
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
    )


def again(whole: Callable[[], Awaitable[bytes]]) -> Receive:
    """``receive`` for whoever reads the body beside the application, such as a principal resolver: only where it does."""

    async def receive() -> Message:
        return {"type": "http.request", "body": await whole(), "more_body": False}

    return receive


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Await ``work`` to its end, whoever cancels: asyncio once, or an anyio scope over and over."""
    done: list[T] = []
    with CancelScope(shield=True):
        done.append(await uncancelled(work))
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
