"""One request to a WSGI application in this process."""

from __future__ import annotations

import io
import sys
from typing import Any

from idem_runtime.testing.http_requests import HttpRequest
from idem_runtime.testing.reports import Answer

_PLAIN = ("content-type", "content-length")


def call(app: Any, request: HttpRequest) -> Answer:
    """The answer to ``request``; what the application raises is a 500, as a server makes of it."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
        started.append((status, headers))
        return written.append

    written: list[bytes] = []
    try:
        chunks = app(_environ(request), start_response)
        try:
            written.extend(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
    except Exception as error:  # noqa: BLE001 - whatever it is, a server answers it
        return Answer(500, body=f"{type(error).__name__}: {error}".encode())
    status, headers = started[-1]
    return Answer(int(status.split()[0]), tuple(headers), b"".join(written))


def _environ(request: HttpRequest) -> dict[str, Any]:
    sent = {**dict(request.headers), "content-length": str(len(request.body))}
    prefixed = {name: "" if name in _PLAIN else "HTTP_" for name in sent}
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),  # PEP 3333
        "QUERY_STRING": request.query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{prefixed[name] + name.upper().replace("-", "_"): value for name, value in sent.items()},
    }
