"""Whether a form was sent from a page of the console: no other site may have a browser decide about money.

Two independent signs, as OWASP's cheat sheet on cross-site request forgery has them: where the browser says that the request
comes from, and a token that only a page of the console can have put into the form.
"""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import urlsplit

from idem_runtime.operate.console.messages import ConsoleRequest

COOKIE = "idem_console"
FIELD = "token"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def token_of(request: ConsoleRequest) -> str | None:
    """The token that this browser has; ``None``: none yet."""
    token = request.cookies.get(COOKIE, "")
    return token if TOKEN.fullmatch(token) else None


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def cookie(request: ConsoleRequest, token: str) -> tuple[str, str]:
    """The header that gives a browser its token: sent to this console alone, and never from another site."""
    secure = "; Secure" if request.secure else ""
    return "set-cookie", f"{COOKIE}={token}; Path={request.prefix or '/'}; HttpOnly; SameSite=Strict{secure}"


def is_forged(request: ConsoleRequest) -> bool:
    """Whether a request that changes something was not sent from a page of the console."""
    token, sent = token_of(request), request.form().get(FIELD, "")
    if token is None or not hmac.compare_digest(token.encode(), sent.encode()):
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return not origin.netloc or origin.netloc != request.headers.get("host", "")
