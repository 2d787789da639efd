"""What a Flask request carries into the application, and how it is read."""

from __future__ import annotations

from typing import Any

from flask import g
from flask import request as flask_request
from flask.globals import request_ctx
from werkzeug.wsgi import LimitedStream

from idem_runtime.adapters.http.request import check_headers
from idem_runtime.errors import TOO_LARGE, BodyTooLarge, IdempotencyError
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Request


class Entry:
    """What a request carries into the application, for every way through it to start alike."""

    def __init__(self) -> None:
        """As it is now: ``g``, the session, and what is to be done after the request."""
        self._g = {name: g.get(name) for name in g}
        self._session = request_ctx.session
        self._items = dict(self._session)
        self._session.accessed = False  # our look is none of the program's: no "Vary: Cookie" for it
        self._after = list(_after_request())

    def restore(self) -> None:
        """As it was."""
        for name in [*g]:
            g.pop(name)
        for name, value in self._g.items():
            setattr(g, name, value)
        if self._session.modified:
            self._session.clear()
            self._session.update(self._items)
            self._session.modified = False
        _after_request()[:] = self._after


def _after_request() -> list[Any]:
    """What ``flask.after_this_request`` keeps."""
    found: list[Any] = request_ctx._after_request_functions  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - there is no other way to it
    return found


def head() -> Request:
    """The request without its body."""
    # Where the application is mounted may be a proxy's business or the program's own (two tenants, two currencies),
    # which nothing tells apart: a key that comes in under another mount is refused, neither replayed nor run.
    mount = (("", flask_request.root_path),) if flask_request.root_path else ()
    view_args = flask_request.view_args or {}
    return Request(
        method=flask_request.method,
        path=flask_request.path,
        headers=tuple((name.lower(), value) for name, value in flask_request.headers.items()),
        path_params=(*mount, *((name, str(value)) for name, value in view_args.items())),
        query=tuple(flask_request.args.items(multi=True)),
    )


def body(mark: MoneyMoving, cap: int) -> bytes:
    """The whole body, read before anything parses a form, which would consume it; nothing where the key is no good.

    :raises BodyTooLarge: it is over ``cap``, announced or read.
    """
    try:
        check_headers(mark, head())
    except IdempotencyError:
        return b""  # the admission says it, after the application's own authentication
    if (flask_request.content_length or 0) > cap:
        raise BodyTooLarge(TOO_LARGE.format(cap))
    if flask_request.content_length is None:  # a byte more than is taken tells that it is too large
        stream = flask_request.environ["wsgi.input"]
        flask_request.environ["wsgi.input"] = LimitedStream(stream, cap + 1, is_max=True)
    whole: bytes = flask_request.get_data(cache=True, parse_form_data=False)
    if len(whole) > cap:
        raise BodyTooLarge(TOO_LARGE.format(cap))
    return whole


def template() -> str:
    """The rule of this request, with its host or subdomain where it has one."""
    rule = flask_request.url_rule
    host = (rule and (rule.host or rule.subdomain)) or ""
    return f"//{host}{rule}" if host else str(rule)
