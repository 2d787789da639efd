"""The console for a WSGI server or dispatcher (PEP 3333)."""

from __future__ import annotations

import http
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from idem_runtime.errors import ConfigurationError
from idem_runtime.operate.console.messages import ConsoleRequest, Reply
from idem_runtime.operate.console.page_headers import HEADERS, LARGEST_FORM, TOO_LARGE
from idem_runtime.operate.console.visits import User

Application: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]
Answer: TypeAlias = Callable[[ConsoleRequest, object], Reply]


def application(answer: Answer, user: User) -> Application:
    """A WSGI application that answers with ``answer``."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = _request(environ)
        if request is None:
            reply = TOO_LARGE
        else:
            who = user(request)
            if inspect.iscoroutine(who):
                who.close()
                raise ConfigurationError("idem.console(user=…): under WSGI a function, not async")
            reply = answer(request, who)
        encoded = reply.body.encode()
        headers = [("content-type", reply.media_type), *HEADERS, *reply.headers]
        phrase = http.HTTPStatus(reply.status).phrase
        start_response(f"{reply.status} {phrase}", [*headers, ("content-length", str(len(encoded)))])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else encoded]

    return serve


def _request(environ: dict[str, Any]) -> ConsoleRequest | None:
    """``None``: more than a form of ours can have."""
    size = environ.get("CONTENT_LENGTH") or "0"
    if not size.isdecimal() or int(size) > LARGEST_FORM:
        return None
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    return ConsoleRequest(
        method=environ["REQUEST_METHOD"],
        prefix=_text(environ.get("SCRIPT_NAME", "")).rstrip("/"),
        path=_text(environ.get("PATH_INFO", "")) or "/",
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        scope=environ,
        body=environ["wsgi.input"].read(int(size)),
        secure=environ.get("wsgi.url_scheme") == "https",
    )


def _text(path: str) -> str:
    """WSGI has the bytes of a path as Latin-1."""
    return path.encode("latin-1").decode(errors="replace")
