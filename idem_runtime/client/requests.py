"""An adapter for requests: ``session.mount("https://bank.example", IdempotentAdapter())``.

For servers that honour an ``Idempotency-Key``, and no others: a retry pays again where nobody looks at the key. An answer
is read to its end before it is returned, because one that is cut off has to be asked for again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from io import BytesIO
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from idem_runtime.client.call import Call
from idem_runtime.client.http_answers import (
    HEADER,
    Gathered,
    begin_http_call,
    gets_key,
    until_answered,
    what_is_missing,
)
from idem_runtime.client.policy import CallPolicy

BLOCK = 65_536


MARK = "idem_runtime"
"""The entry among a request's hooks that says that it got its key here: copies of it (by redirects, Digest, callers) have
its hooks, and lose its other attributes; a header that a caller copies is a key of the caller's own."""
LOST = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.RetryError,
)
"""What says nothing about the outcome."""


class IdempotentAdapter(BaseAdapter):
    """Gives each call a key and makes it, over ``wrapped``, until there is an answer. Threads may share it.

    Raises what ``wrapped`` raises, when there are no more attempts, and :class:`ClientError`.
    """

    def __init__(self, wrapped: BaseAdapter | None = None, policy: CallPolicy | None = None) -> None:
        """``wrapped``: what sends; default: an ``HTTPAdapter`` without retries of its own."""
        super().__init__()
        self._wrapped = wrapped or HTTPAdapter()
        self._policy = policy or CallPolicy()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - the signature is requests'
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - as above
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Make the call."""

        def send() -> requests.Response:
            return self._wrapped.send(request, stream, timeout, verify, cert, proxies)

        if not gets_key(self._policy, request.method, request.url):
            return send()
        response = until_answered(_begin(self._policy, request), lambda: _whole(send()), LOST)
        vars(response)["connection"] = self  # by which HTTPDigestAuth sends its second request
        return response

    def close(self) -> None:
        """Close what is wrapped."""
        self._wrapped.close()


def _begin(policy: CallPolicy, request: requests.PreparedRequest) -> Call:
    """A call for ``request``, which has its key from now on: sent again, or after a redirect, it is the same call."""
    body = _body(policy, request)
    hooks: dict[str, Any] = vars(request)["hooks"]
    given, content_type = (_text(request.headers.get(name)) for name in (HEADER, "Content-Type"))
    url, method, minted = request.url or "", request.method or "", hooks.get(MARK)
    call = begin_http_call(policy, method, url, body, content_type, given=given, minted=minted)
    if call.key != given:
        request.headers[HEADER] = call.key
        vars(request)["hooks"] = {**hooks, MARK: call.mark}
    return call


def _whole(response: requests.Response) -> requests.Response:
    """``response``, read to its end. :raises requests.ConnectionError: it may be cut off."""
    received = response.raw
    known = isinstance(received, urllib3.HTTPResponse)  # else it is of an adapter that does without
    raw = _as_it_came(received) if known else response.content
    missing = what_is_missing(response.status_code, response.headers, raw, framed=False)
    if missing is not None:
        raise requests.ConnectionError(missing, response=response, request=response.request)
    if known:
        response.raw = _unread(received, raw)
        response.content  # noqa: B018 - decodes it
        response.raw = _unread(received, raw)
    return response


class _AsItCame:
    """What ``Response.iter_content`` reads: the body before it is decoded."""

    def __init__(self, received: Any) -> None:
        self._received = received

    def stream(self, size: int, decode_content: bool) -> Iterable[bytes]:  # noqa: FBT001, ARG002 - as urllib3 has it
        return self._received.stream(size, decode_content=False)  # type: ignore[no-any-return]  # - what urllib3 has read


def _as_it_came(received: Any) -> bytes:
    """The body before it is decoded; errors are those of requests."""
    reading = requests.Response()
    reading.raw = _AsItCame(received)
    return b"".join(reading.iter_content(BLOCK))


def _unread(received: Any, raw: bytes) -> urllib3.HTTPResponse:
    """The same answer as ``received``, with a body in memory that nobody has read."""
    return urllib3.HTTPResponse(
        BytesIO(raw),
        headers=received.headers,
        status=received.status,
        version=received.version,
        reason=received.reason,
        preload_content=False,
        decode_content=received.decode_content,
        original_response=getattr(received, "_original_response", None),  # has the cookies
    )


def _text(header: str | bytes | None) -> str | None:
    return header.decode("latin-1") if isinstance(header, bytes) else header


def _body(policy: CallPolicy, request: requests.PreparedRequest) -> bytes:
    """The body; one that could be sent only once is read into memory, and the request has it from there."""
    body: Any = request.body
    if body is None or isinstance(body, bytes | bytearray | memoryview | str):
        return _bytes(body or b"")
    whole = Gathered(policy.body_cap).take_all(_parts(body))
    request.body = whole
    vars(request)["_body_position"] = None  # a redirect sends it as it is: there is no file to rewind
    request.headers.pop("Transfer-Encoding", None)
    request.headers["Content-Length"] = str(len(whole))
    return whole


def _parts(body: Any) -> Generator[bytes]:
    """A file in blocks, to its end; anything else as it comes, whatever is empty in it."""
    if hasattr(body, "read"):
        while part := _bytes(body.read(BLOCK)):
            yield part
    else:
        yield from map(_bytes, body)


def _bytes(part: Any) -> bytes:
    """:raises TypeError: it is neither text nor bytes."""
    return part.encode() if isinstance(part, str) else memoryview(part).tobytes()
