"""One request of a storm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from idem_runtime.errors import ConfigurationError


@dataclass(frozen=True)
class HttpRequest:
    """What is sent; header names are lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """Decoded, without the query."""
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        """As it is sent."""
        return self.target.partition("?")[2]

    def with_headers(self, headers: Mapping[str, str]) -> HttpRequest:
        """The same, with these headers in the place of its own."""
        lower = {name.lower(): value for name, value in headers.items()}
        return replace(self, headers=tuple({**dict(self.headers), **lower}.items()))

    def with_body(self, content: Any) -> HttpRequest:
        """The same, with another body: bytes, or a JSON value."""
        return replace(self, body=_encoded(content))


def http_request(
    method: str, path: str, headers: Mapping[str, str], *, json: Any, body: bytes | None, key: str
) -> HttpRequest:
    """A request with ``key`` in its ``Idempotency-Key``.

    :raises ConfigurationError: both a JSON value and a body.
    """
    if json is not None and body is not None:
        raise ConfigurationError("json= or body=, not both")
    content = body if json is None else _encoded(json)
    own = {} if json is None else {"content-type": "application/json"}
    request = HttpRequest(method, path, (), content or b"")
    return request.with_headers({"host": "testserver", **own, "idempotency-key": key, **headers})


def _encoded(content: Any) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()
