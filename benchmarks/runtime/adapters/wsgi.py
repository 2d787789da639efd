"""A client that calls a WSGI application in its own process, without a network, and costs next to nothing itself."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.runtime.adapters.asked import Key
from benchmarks.runtime.asgi import BODY, TENANT
from benchmarks.runtime.worker import Way, repeated

Application = Callable[..., Iterable[bytes]]


def post(app: Application, path: str, key: str) -> int:
    """The status of one POST, once its answer was read to its end and closed, as a server does."""
    said: list[str] = []

    def start_response(status: str, _headers: Any, _error: Any = None) -> Any:
        said.append(status)

    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(BODY)),
        "SERVER_NAME": "bank.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "bank.example",
        "HTTP_X_TENANT": TENANT,
        "HTTP_IDEMPOTENCY_KEY": key,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(BODY),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answer = app(environ, start_response)
    for _ in answer:
        pass
    close = getattr(answer, "close", None)
    if close is not None:
        close()
    return int(said[-1].split()[0])


def way(app: Application, path: str, key: Key) -> Way:
    """Calls of ``path``."""

    def call() -> None:
        status = post(app, path, key())
        assert status == 200, f"{path}: {status}"

    return repeated(call)
