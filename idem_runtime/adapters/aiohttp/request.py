"""How an aiohttp request is read: whole and bounded, before anything of the application consumes its stream."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.http_writer import StreamWriter
from aiohttp.streams import EmptyStreamReader

from idem_runtime.adapters.http.request import check_headers
from idem_runtime.errors import TOO_LARGE, BodyTooLarge, IdempotencyError
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request


def head(request: web.Request) -> Request:
    """The request without its body."""
    return Request(
        method=request.method,
        path=request.path,
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        path_params=tuple(request.match_info.items()),
        query=tuple(request.query.items()),
    )


async def read_body(request: web.Request, mark: MoneyMoving, cap: int) -> bytes:
    """The whole body; nothing where the key is no good.

    :raises BodyTooLarge: it is over ``cap``, announced or read.
    :raises HTTPRequestEntityTooLarge: it is over the application's own ``client_max_size``.
    """
    try:
        check_headers(mark, head(request))
    except IdempotencyError:
        return b""  # the admission says it, after the application's own authentication
    own = request.client_max_size or cap
    if (request.content_length or 0) > cap and cap <= own:
        raise BodyTooLarge(TOO_LARGE.format(cap))
    try:
        return await request.clone(client_max_size=min(own, cap)).read()
    except web.HTTPRequestEntityTooLarge:
        if own < cap:
            raise
        raise BodyTooLarge(TOO_LARGE.format(cap)) from None


def renew_writer(request: web.Request) -> None:
    """A response that will not be sent has prepared the connection's writer for itself: another begins with a new one."""
    vars(request)["_payload_writer"] = StreamWriter(request.protocol, asyncio.get_running_loop())


class Entry:
    """What a request carries into the application, for every way through it to start alike."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        """As it is now; ``body``: what was read of it."""
        self._request = request
        self._body = body
        self._state = dict(request.items())

    def restore(self) -> None:
        """As it was, the body unread: a form in parts is read from the stream, and from nothing else."""
        self._request._finish()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - closes the files of a form that was parsed
        inside: dict[str, Any] = vars(self._request)
        inside["_state"].clear()
        inside["_state"].update(self._state)
        inside["_cache"].pop("content", None)
        inside.update(_read_bytes=None, _post=None)
        if not isinstance(inside["_payload"], EmptyStreamReader):
            inside["_payload"] = self._stream()

    def _stream(self) -> StreamReader:
        """The body as a stream whose limit it does not reach, so that the connection is never paused for it."""
        loop = asyncio.get_running_loop()
        stream = StreamReader(self._request.protocol, len(self._body) + 1, loop=loop)
        stream.feed_data(self._body)
        stream.feed_eof()
        return stream
