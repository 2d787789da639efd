"""The body of an ASGI request: kept while it is read, so that it can be read again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qsl

from idem_runtime.adapters.http.request import check_headers, key_in_header
from idem_runtime.errors import TOO_LARGE, BodyTooLarge
from idem_runtime.marks import Mark, MoneyMoving
from idem_runtime.model import Request

Message = Any
"""An event of ASGI, a dict."""
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Routes(Protocol):
    """What is known of the routes of an application."""

    def mark_in_force(self, scope: Any) -> Mark | None:
        """The mark of the handler that this request is routed to, as far as it is by now."""
        ...

    def unmarked(self, scope: Any) -> bool:
        """Whether it is certain that nothing money-moving answers this request."""
        ...


class Body:
    """A request body: kept where the route is marked or not yet known."""

    __slots__ = (
        "_announced",
        "_cap",
        "_forgotten",
        "_head",
        "_messages",
        "_next",
        "_receive",
        "_routes",
        "_scope",
        "_size",
    )

    def __init__(self, receive: Receive, scope: Any, routes: Routes, cap: int, head: Head) -> None:
        """Nothing is read yet; ``cap``: bytes that are kept at most. ``scope`` tells the route, once it is known.

        ``head`` gives the request without its body.
        """
        self._head = head
        self._receive = receive
        self._scope = scope
        self._routes = routes
        self._cap = cap
        self._messages: list[Message] = []
        self._next = 0
        self._size = 0
        self._announced: int | None = None
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
        """The headers of a marked route say whether to read its body at all."""
        mark = self._routes.mark_in_force(self._scope)
        if isinstance(mark, MoneyMoving):
            if not self._messages:
                self._head.check(mark)
            self._must_fit()

    def _must_fit(self) -> None:
        if self._announced is None:
            self._announced = announced(self._scope)
        if self._forgotten or self._announced > self._cap:
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

    def whole(self) -> bytes | Awaitable[bytes]:
        """The whole body, wherever the application is in reading it; to be awaited where there is more to come.

        :raises BodyTooLarge: more than is kept.
        """
        self._must_fit()
        return self._joined() if self._complete() else self._rest()

    async def _rest(self) -> bytes:
        while not self._complete():
            message = await self._receive()
            if message["type"] != "http.request":
                raise asyncio.CancelledError("the client left before its request was complete")
            self._keep(message)
            self._must_fit()
        return self._joined()

    def _joined(self) -> bytes:
        """The bytes, kept once: as one message, where the application is at its start or end."""
        body = b"".join([message.get("body", b"") for message in self._messages])
        if self._next in (0, len(self._messages)):
            self._next = min(self._next, 1)
            self._messages = [{"type": "http.request", "body": body, "more_body": False}]
        return body

    def _complete(self) -> bool:
        return bool(self._messages) and not self._messages[-1].get("more_body", False)

    async def again(self) -> Message:
        """``receive`` for whoever reads the body beside the application, such as a principal resolver."""
        self._must_fit()
        return {"type": "http.request", "body": await self._rest(), "more_body": False}


def announced(scope: Any) -> int:
    """The body's length as the headers say it; 0 where they do not."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


class Head:
    """Gives the request without its body, once its route is known."""

    __slots__ = ("_key", "_request", "_scope")

    def __init__(self, scope: Any) -> None:
        """Nothing is read yet."""
        self._scope = scope
        self._key: str | None = None
        self._request: Request | None = None

    def __call__(self) -> Request:
        """The same for everybody who asks."""
        if self._request is None:
            self._request = request_of(self._scope)
        return self._request

    def key(self) -> str:
        """The key that is in ``Idempotency-Key``; raises as :func:`idem_runtime.key.parse_key` does."""
        if self._key is None:
            self._key = key_in_header(self())
        return self._key

    def check(self, mark: MoneyMoving) -> None:
        """What the headers have to say under ``mark``; raises as :func:`check_headers` does."""
        if mark.key is None:
            self.key()
        else:
            check_headers(mark, self())

    def forget(self) -> None:
        """The request goes through again."""
        self._request = None


def request_of(scope: Any) -> Request:
    """The request without its body, as resolvers and key helpers see it."""
    return Request(
        method=scope["method"],
        path=scope["path"],
        headers=tuple(
            [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        ),
        path_params=tuple([(name, str(value)) for name, value in scope.get("path_params", {}).items()]),
        query=_query(scope["query_string"]),
    )


def _query(text: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(text.decode("latin-1"), keep_blank_values=True)) if text else ()
