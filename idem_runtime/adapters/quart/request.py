"""What a Quart request carries into the application, and how it is read: whole and bounded, before it is parsed."""

from __future__ import annotations

import asyncio
from typing import Any

from quart import Request as QuartRequest
from quart import g
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from idem_runtime.adapters.http.asgi_place import Place
from idem_runtime.adapters.http.request import check_headers
from idem_runtime.adapters.quart.version import current_context, kept_body
from idem_runtime.errors import TOO_LARGE, BodyTooLarge, IdempotencyError
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request


def head(request: QuartRequest) -> Request:
    """The request without its body."""
    return Place.of(request.scope).on(
        Request(
            method=request.method,
            path=request.path,
            headers=tuple((name.lower(), value) for name, value in request.headers.items()),
            path_params=tuple((name, str(value)) for name, value in (request.view_args or {}).items()),
            query=tuple(request.args.items(multi=True)),
        )
    )


def template(request: QuartRequest) -> str:
    """The rule of this request, with its host or subdomain where it has one."""
    rule: Any = request.url_rule
    host = rule.host or rule.subdomain
    return f"//{host}{rule.rule}" if host else str(rule.rule)


async def read_body(request: QuartRequest, mark: MoneyMoving, cap: int) -> bytes:
    """The whole body; nothing where the key is no good.

    :raises BodyTooLarge: it is over ``cap``, announced or received.
    :raises RequestEntityTooLarge: it is over the application's own ``MAX_CONTENT_LENGTH``.
    :raises RequestTimeout: it has not come within the application's ``BODY_TIMEOUT``.
    """
    try:
        check_headers(mark, head(request))
    except IdempotencyError:
        return b""  # the admission says it, after the application's own authentication
    own = request.max_content_length
    ours = own is None or cap < own
    limit = cap if own is None else min(cap, own)
    # what comes after too much is not kept by a Quart that counts
    vars(request.body)["_max_content_length"] = limit
    try:
        body = await asyncio.wait_for(_received(request, limit), request.body_timeout)
    except RequestEntityTooLarge:
        if ours:
            raise BodyTooLarge(TOO_LARGE.format(cap)) from None
        raise
    except TimeoutError:
        raise RequestTimeout from None
    put_back(request, body)
    return body


async def _received(request: QuartRequest, limit: int) -> bytes:
    """Piece by piece: not every Quart counts before all of it is there."""
    received = bytearray()
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    async for piece in request.body:
        received += piece
        if len(received) > limit:
            raise RequestEntityTooLarge
    return bytes(received)


def put_back(request: QuartRequest, body: bytes) -> None:
    """Let ``body`` be read as if it had just come, whole or in pieces."""
    whole = request.body_class(None, None)
    whole.set_result(body)
    vars(whole)["_data"] = kept_body(body)
    request.body = whole


class Entry:
    """What a request carries into the application, for every way through it to start alike."""

    def __init__(self, request: QuartRequest, body: bytes) -> None:
        """As it is now: body, ``g``, the session, and what is to be done after the request."""
        self._request = request
        self._body = body
        self._g = {name: g.get(name) for name in g}
        self._context = current_context()
        self._session = self._context.session
        self._items = dict(self._session)
        self._session.accessed = False  # our look is none of the program's: no "Vary: Cookie" for it
        self._after = list(self._after_request())

    def restore(self) -> None:
        """As it was."""
        unread: dict[bool, Any] = {False: ..., True: ...}
        vars(self._request).update(_form=None, _files=None, _cached_json=unread)
        put_back(self._request, self._body)
        for name in [*g]:
            g.pop(name)
        for name, value in self._g.items():
            setattr(g, name, value)
        if self._session.modified:
            self._session.clear()
            self._session.update(self._items)
            self._session.modified = False
        self._after_request()[:] = self._after

    def _after_request(self) -> list[Any]:
        """What ``quart.after_this_request`` keeps."""
        return self._context._after_request_functions  # type: ignore[no-any-return]  # noqa: SLF001 - there is no other way to it
