"""An adapter for requests: ``session.mount("https://bank.example", IdempotentAdapter())``.

For servers that honour an ``Idempotency-Key``, and no others: a retry pays again where nobody looks at the key. An answer
is read to its end before it is returned, because one that is cut off has to be asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from idem_runtime.client.call import Call, Minted, mark_of
from idem_runtime.client.http_answers import (
    HEADER,
    UNFRAMED,
    Gathered,
    begin_http_call,
    is_framed,
    until_answered,
)
from idem_runtime.client.policy import CallPolicy

MARK = "_idem_runtime"
"""The attribute of a request that got its key here."""
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

        if request.method not in self._policy.methods:
            return send()
        return until_answered(_begin(self._policy, request), lambda: _whole(send()), LOST)

    def close(self) -> None:
        """Close what is wrapped."""
        self._wrapped.close()


def _begin(policy: CallPolicy, request: requests.PreparedRequest) -> Call:
    """A call for ``request``, which has its key from now on: sent again, or after a redirect, it is the same call."""
    body = _body(policy, request)
    given, minted = _text(request.headers.get(HEADER)), cast("Minted | None", vars(request).get(MARK))
    url, method = request.url or "", request.method or ""
    call = begin_http_call(policy, method, url, body, given=given, minted=minted)
    if call.key != given:
        request.headers[HEADER] = call.key
        setattr(request, MARK, mark_of(call))
    return call


def _whole(response: requests.Response) -> requests.Response:
    """``response``, read to its end. :raises requests.ConnectionError: it may be cut off."""
    response.content  # noqa: B018 - reads it
    if not is_framed(response.status_code, response.headers):
        raise requests.ConnectionError(UNFRAMED, response=response, request=response.request)
    return response


def _text(header: str | bytes | None) -> str | None:
    return header.decode("latin-1") if isinstance(header, bytes) else header


def _body(policy: CallPolicy, request: requests.PreparedRequest) -> bytes:
    """The body; one that could be sent only once is read into memory, and the request has it from there."""
    body: Any = request.body
    if body is None or isinstance(body, bytes | str):
        return body.encode() if isinstance(body, str) else body or b""
    whole = Gathered(policy.body_cap).take_all(_parts(body))
    request.body = whole
    if "Content-Length" not in request.headers:
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(whole))
    return whole


def _parts(body: Any) -> Iterable[bytes]:
    """A file in blocks, anything else as it comes."""
    parts: Iterable[bytes | str] = iter(lambda: body.read(65_536), b"") if hasattr(body, "read") else body
    for part in parts:
        if not part:  # a text file ends with ""
            return
        yield part.encode() if isinstance(part, str) else part
