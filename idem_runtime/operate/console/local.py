"""For a console on this machine: only the browser that was given its address gets in, and only by the machine's own name."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from idem_runtime.operate.console.messages import cookies_of
from idem_runtime.operate.console.wsgi import Application

HOSTS = ("127.0.0.1", "localhost")
REFUSED = b"Open the address that idem-runtime console has printed, with the secret at its end.\n"


class OneBrowser:
    """``application`` behind ``secret``, which comes once in the address and then as a cookie.

    Other accounts of the machine reach the port, too, and a page of any site may send a browser there, also under a name of
    its own that means this machine: so the secret is asked for, and the name.
    """

    PARAMETER = "secret"
    COOKIE = "idem_console_secret"

    def __init__(self, application: Application, secret: str) -> None:
        """``secret``: such that nobody guesses it."""
        self.secret = secret
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI."""
        if urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname not in HOSTS:
            return _refuse(start_response)
        if self._is_secret(cookies_of(environ.get("HTTP_COOKIE", "")).get(self.COOKIE, "")):
            return self._application(environ, start_response)
        given = parse_qs(environ.get("QUERY_STRING", "")).get(self.PARAMETER, [""])[-1]
        if not self._is_secret(given):
            return _refuse(start_response)
        # without the secret in the address: it would stand in the history
        cookie = f"{self.COOKIE}={self.secret}; Path=/; HttpOnly; SameSite=Strict"
        start_response("303 See Other", [("location", "/"), ("set-cookie", cookie), ("content-length", "0")])
        return [b""]

    def _is_secret(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.secret.encode())


def _refuse(start_response: Any) -> Iterable[bytes]:
    headers = [("content-type", "text/plain"), ("content-length", str(len(REFUSED)))]
    start_response("403 Forbidden", headers)
    return [REFUSED]
