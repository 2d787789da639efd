"""Which headers of a response are stored and replayed, and which never are."""

from __future__ import annotations

from collections.abc import Collection

from idem_runtime.model import Headers

REPLAYED = (
    "content-type",
    "content-encoding",
    "content-language",
    "content-disposition",
    "location",
    "link",
    "etag",
    "vary",
    "retry-after",
    "www-authenticate",
)
"""What is replayed unless the application says otherwise."""

_COOKIE_REASON = "it would hand one caller's session to another request"
_CONNECTION_REASON = "it is about one connection, not about the answer (RFC 9110 section 7.6.1)"
_SIZE_REASON = "it says how the bytes are sent, and is made anew for each answer (RFC 9110 section 8.6, RFC 9112 section 6)"
NEVER_REPLAYED = {
    **dict.fromkeys(("set-cookie", "set-cookie2"), _COOKIE_REASON),
    **dict.fromkeys(
        ("connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "proxy-authenticate"),
        _CONNECTION_REASON,
    ),
    **dict.fromkeys(("proxy-authorization", "proxy-authentication-info"), _CONNECTION_REASON),
    **dict.fromkeys(("content-length", "transfer-encoding", "content-range"), _SIZE_REASON),
    "date": "it says when this answer was made (RFC 9110 section 6.6.1), and every answer has its own",
    "age": "it says how old a cached answer is (RFC 9111 section 5.1)",
    "idempotent-replayed": "it is what tells a replay from the first answer",
}
"""Response headers that a replay must not repeat, and why."""


def storable(headers: Headers, replayed: Collection[str]) -> Headers:
    """Those of ``headers`` that are in ``replayed``, their names in lower case."""
    lower = [(name.lower(), value) for name, value in headers]
    return tuple([header for header in lower if header[0] in replayed])
