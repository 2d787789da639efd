"""What an HTTP answer means for its call: an answer, a refusal, or another attempt. The same for every HTTP library."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

from idem_runtime.client.call import Call, Minted, begin_call
from idem_runtime.client.errors import BodyTooLarge
from idem_runtime.client.policy import CallPolicy
from idem_runtime.client.whole_bodies import CUT, is_cut
from idem_runtime.protocol import multipart

HEADER = "Idempotency-Key"
TRY_AGAIN = frozenset({408, 425, 429, 502, 503, 504})
"""Statuses that say nothing about the outcome, or that it may be asked for again."""

BODILESS = frozenset({204, 304})
PROBLEM = "application/problem+json"


class HttpResponse(Protocol):
    """What both libraries' responses have."""

    @property
    def status_code(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By names in any case."""
        ...

    @property
    def content(self) -> bytes:
        """The body, decoded."""
        ...


Answer = TypeVar("Answer", bound=HttpResponse)
Lost: TypeAlias = type[Exception] | tuple[type[Exception], ...]
"""Exceptions that say nothing about the outcome."""


def gets_key(policy: CallPolicy, method: str | None, url: str | None) -> bool:
    """Whether the policy has a request's call made under a key."""
    return method in policy.methods and urlsplit(url or "").path not in policy.without_key


def begin_http_call(
    policy: CallPolicy,
    method: str,
    url: str,
    body: bytes,
    content_type: str | None,
    *,
    given: str | None,
    minted: Minted | None,
) -> Call:
    """As :func:`begin_call`. The operation is method and path; host, query and body are what is asked."""
    address = urlsplit(url)
    operation = f"{method} {address.path or '/'}"
    host = f"{address.scheme}://{address.netloc}"
    asked = (host.encode(), address.query.encode(), *_asked(body, content_type or ""))
    return begin_call(policy, operation, *asked, given=given, minted=minted)


def _asked(body: bytes, content_type: str) -> Iterable[bytes]:
    """What a body asks for: as the server compares it, a multipart form is its parts, without the boundary of the moment."""
    form = content_type.lower().lstrip().startswith("multipart/form-data")
    parts = multipart.parts(body, content_type) if form else None
    if parts is None:
        return (body,)
    return (b"multipart", *(piece for part in parts for piece in (repr(part[0]).encode(), part[1])))


def until_answered(call: Call, attempt: Callable[[], Answer], lost: Lost, never_left: Lost = ()) -> Answer:
    """Make ``attempt`` until there is an answer. Raises what ``attempt`` raises: ``lost``, where there are no more attempts.

    ``never_left``: those of ``lost`` that another attempt cannot mend, because nothing can leave.

    :raises CallRefused: as :func:`judge`.
    """
    with call:
        while True:
            call.attempts.made += 1
            try:
                response = attempt()
            except lost as error:
                pause = call.failed(error, left=not isinstance(error, never_left))
                if pause is None:
                    raise
            else:
                pause = judge(call, response)
                if pause is None:
                    return response
            time.sleep(pause)


def judge(call: Call, response: HttpResponse) -> float | None:
    """Seconds to wait before the next attempt; ``None``: ``response`` is the answer, or the last one there is.

    :raises CallRefused: the server refused the key, and the policy has that raised.
    """
    code = problem_code(response)
    refused = call.refused(code, response)
    call.note(response, replayed="idempotent-replayed" in response.headers)
    if refused is not None:
        if call.policy.raise_refusals:
            raise refused
        return None
    if code == "in_progress" or response.status_code in TRY_AGAIN:
        return call.again(f"status {response.status_code}", retry_after(response.headers))
    if response.status_code >= 500:  # it may come from what stands between, after the effect
        call.warn(f"status {response.status_code}")
    call.succeeded = 200 <= response.status_code < 300
    return None


UNFRAMED = (
    "the answer says no length, and ended with its connection: it may be cut off, so it is asked for again"
)


def what_is_missing(status: int, headers: Mapping[str, str], raw: bytes, *, framed: bool) -> str | None:
    """Why an answer may be cut off; ``None``: it is whole. ``raw``: its body as it came; ``framed``: by its protocol.

    ``http.client`` takes a head that is cut off for a whole one.
    """
    if not (framed or "content-length" in headers or "transfer-encoding" in headers or status in BODILESS):
        return UNFRAMED
    return CUT if is_cut(raw, headers.get("content-encoding", "")) else None


def problem_code(response: HttpResponse) -> str | None:
    """The ``code`` of an RFC 9457 problem."""
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != PROBLEM:
        return None
    try:
        problem: Any = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    code = cast("dict[str, Any]", problem).get("code") if isinstance(problem, dict) else None
    return code if isinstance(code, str) else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from ``Retry-After`` in either form; a date is compared with the server's own ``Date`` where it sends one."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the year 99999999999999999999
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Gathered:
    """A body that can be sent only once, read into memory so that it can be sent again."""

    def __init__(self, cap: int) -> None:
        """``cap``: bytes that are taken at most."""
        self._cap = cap
        self._size = 0
        self._parts: list[bytes] = []

    def take(self, part: bytes) -> None:
        """:raises BodyTooLarge: it is more than is taken."""
        self._size += len(part)
        if self._size > self._cap:
            raise BodyTooLarge(
                f"The request's body is over {self._cap} bytes and could be sent only once, so nothing was sent: raise "
                "CallPolicy(body_cap=…), or give the body as bytes."
            )
        self._parts.append(part)

    def take_all(self, parts: Iterable[bytes]) -> bytes:
        """The whole of ``parts``."""
        for part in parts:
            self.take(part)
        return self.whole

    @property
    def whole(self) -> bytes:
        """What was taken."""
        return b"".join(self._parts)
