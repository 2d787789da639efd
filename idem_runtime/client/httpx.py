"""Transports for httpx: ``httpx.Client(transport=IdempotentTransport(httpx.HTTPTransport()))``.

For servers that honour an ``Idempotency-Key``, and no others: a retry pays again where nobody looks at the key. An answer
is read to its end before it is returned, because one that is cut off has to be asked for again.
"""

from __future__ import annotations

from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx

from idem_runtime.client.call import NOTED, Call
from idem_runtime.client.http_answers import (
    HEADER,
    Gathered,
    begin_http_call,
    gets_key,
    judge,
    until_answered,
    what_is_missing,
)
from idem_runtime.client.policy import CallPolicy

MARK = "idem_runtime"
"""The extension of a request that got its key here."""
NEVER_LEFT = httpx.UnsupportedProtocol
"""What says that nothing can leave; any other error of httpx says nothing about the outcome."""


class IdempotentTransport(httpx.BaseTransport):
    """Gives each call a key and makes it, over ``wrapped``, until there is an answer. Threads may share it.

    Raises what ``wrapped`` raises, when there are no more attempts, and :class:`ClientError`.
    """

    def __init__(self, wrapped: httpx.BaseTransport, policy: CallPolicy | None = None) -> None:
        self._wrapped = wrapped
        self._policy = policy or CallPolicy()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make the call."""
        if not gets_key(self._policy, request.method, str(request.url)):
            return self._wrapped.handle_request(request)
        if not isinstance(request.stream, httpx.ByteStream):
            assert isinstance(request.stream, httpx.SyncByteStream)
            body = Gathered(self._policy.body_cap).take_all(request.stream)
            request.stream = httpx.ByteStream(body)
        call = _begin(self._policy, request, request.read())
        return _unread(
            until_answered(call, lambda: self._answer(request, call), httpx.RequestError, NEVER_LEFT)
        )

    def _answer(self, request: httpx.Request, call: Call) -> httpx.Response:
        response = self._wrapped.handle_request(request)
        try:
            assert isinstance(response.stream, httpx.SyncByteStream)
            return _whole(response, b"".join(response.stream), request, call)
        finally:
            response.close()

    def __enter__(self) -> Self:
        self._wrapped.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._wrapped.__exit__(exc_type, exc_value, traceback)

    def close(self) -> None:
        """Close what is wrapped."""
        self._wrapped.close()


class AsyncIdempotentTransport(httpx.AsyncBaseTransport):
    """:class:`IdempotentTransport` for ``httpx.AsyncClient``."""

    def __init__(self, wrapped: httpx.AsyncBaseTransport, policy: CallPolicy | None = None) -> None:
        self._wrapped = wrapped
        self._policy = policy or CallPolicy()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make the call."""
        from anyio import sleep  # httpx has it imported by now, where its user is async

        if not gets_key(self._policy, request.method, str(request.url)):
            return await self._wrapped.handle_async_request(request)
        if not isinstance(request.stream, httpx.ByteStream):
            assert isinstance(request.stream, httpx.AsyncByteStream)
            body = Gathered(self._policy.body_cap)
            async for part in request.stream:
                body.take(part)
            request.stream = httpx.ByteStream(body.whole)
        with _begin(self._policy, request, await request.aread()) as call:
            while True:
                call.attempts.made += 1
                try:
                    response = await self._answer(request, call)
                except httpx.RequestError as error:
                    pause = call.failed(error, left=not isinstance(error, NEVER_LEFT))
                    if pause is None:
                        raise
                else:
                    pause = judge(call, response)
                    if pause is None:
                        return _unread(response)
                await sleep(pause)

    async def _answer(self, request: httpx.Request, call: Call) -> httpx.Response:
        response = await self._wrapped.handle_async_request(request)
        try:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            parts = [part async for part in response.stream]
            return _whole(response, b"".join(parts), request, call)
        finally:
            await response.aclose()

    async def __aenter__(self) -> Self:
        await self._wrapped.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._wrapped.__aexit__(exc_type, exc_value, traceback)

    async def aclose(self) -> None:
        """Close what is wrapped."""
        await self._wrapped.aclose()


def _begin(policy: CallPolicy, request: httpx.Request, body: bytes) -> Call:
    """A call for ``request``, which has its key from now on: sent again, or after a redirect, it is the same call."""
    given, minted = request.headers.get(HEADER), request.extensions.get(MARK)
    content_type = request.headers.get("content-type")
    call = begin_http_call(
        policy, request.method, str(request.url), body, content_type, given=given, minted=minted
    )
    if call.key != given:
        request.headers[HEADER] = call.key
        request.extensions = {**request.extensions, MARK: call.mark}
    return call


def _whole(response: httpx.Response, raw: bytes, request: httpx.Request, call: Call) -> httpx.Response:
    """``response`` with its body in memory.

    :raises httpx.DecodingError: the body is not in the encoding that it says.
    :raises httpx.RemoteProtocolError: it may be cut off.
    """
    framed = not response.extensions.get("http_version", b"").startswith(b"HTTP/1")
    missing = what_is_missing(response.status_code, response.headers, raw, framed=framed)
    if missing is not None:
        raise httpx.RemoteProtocolError(missing, request=request)
    whole = _response(response, httpx.ByteStream(raw), request)
    whole.read()
    whole.elapsed = timedelta(
        seconds=call.attempts.elapsed
    )  # which the client sets only when it reads the body itself
    return whole


def _unread(whole: httpx.Response) -> httpx.Response:
    """The same answer for the client, which reads it itself: decoded, or as it came."""
    assert isinstance(whole.stream, httpx.ByteStream)
    unread = _response(whole, whole.stream, whole.request)
    vars(unread).update({name: value for name, value in vars(whole).items() if name in NOTED})
    return unread


def _response(of: httpx.Response, body: httpx.ByteStream, request: httpx.Request) -> httpx.Response:
    return httpx.Response(
        of.status_code, headers=of.headers, stream=body, extensions=of.extensions, request=request
    )
