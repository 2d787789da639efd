"""An HTTP request out of the event that a function was invoked with.

API Gateway in both formats, an Application Load Balancer, a function URL and VPC Lattice say the same things by other names.
What is read is the raw event: Powertools' own properties give one value of a repeated header.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl

from idem_runtime.errors import KeyInvalid
from idem_runtime.model import Headers, Request

HEADERS = ("multiValueHeaders", "headers")
UNREADABLE = "The event is not one of an HTTP request, so that no key can be trusted: {}."
QUERY = ("multiValueQueryStringParameters", "queryStringParameters", "query_string_parameters")


def request_of(event: Any, path_params: Headers) -> Request:
    """The request without its body. ``event``: the resolver's ``current_event``."""
    headers = _pairs(_first(event, HEADERS))
    return Request(
        method=event.http_method.upper(),
        path=event.path,
        headers=tuple((name.lower(), value) for name, value in headers),
        path_params=path_params,
        query=_query(event),
    )


def body_of(event: Any) -> bytes:
    """The body as it was sent, whether it came as text or in base64."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.is_base64_encoded else body.encode("utf-8", "surrogatepass")


def must_be_readable(event: Any) -> None:
    """:raises KeyInvalid: a header, a field of the query or the body is no text, or the body is not base64 as it says."""
    for what, names in (("header", HEADERS), ("field of the query", QUERY)):
        for name, given in _first(event, names).items():
            if not all(isinstance(value, str) for value in _all(given)):
                raise KeyInvalid(UNREADABLE.format(f"the {what} {name!r} is no text"))
    if not isinstance(event.get("body") or "", str):
        raise KeyInvalid(UNREADABLE.format("its body is no text"))
    try:
        body_of(event)
    except ValueError:
        raise KeyInvalid(UNREADABLE.format("its body is not base64, as it says")) from None


def _query(event: Any) -> Headers:
    raw = event.get(
        "rawQueryString"
    )  # the second format joins what is repeated, so that "1,2" may be one value or two
    return _pairs(_first(event, QUERY)) if raw is None else tuple(parse_qsl(raw, keep_blank_values=True))


def _first(event: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What the event calls by the first of ``names`` that it has; the one with every value is before the others."""
    return next((event.get(name) for name in names if event.get(name)), dict[str, Any]())


def _pairs(values: dict[str, Any]) -> Headers:
    return tuple((name, value) for name, given in values.items() for value in _listed(given))


def _listed(given: Any) -> list[str]:
    return [value for value in _all(given) if isinstance(value, str)]


def _all(given: Any) -> list[Any]:
    return list[Any](given) if isinstance(given, list) else [given]  # pyright: ignore[reportUnknownArgumentType] - what an event has
