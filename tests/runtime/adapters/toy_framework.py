"""A web framework as small as one can be: a dict of functions, JSON in and out, one error of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Handler: TypeAlias = Callable[..., Any]
Route: TypeAlias = tuple[str, str]


class ToyError(Exception):
    """An answer that is raised."""

    def __init__(self, status: int, value: Any = None) -> None:
        super().__init__(status, value)
        self.status = status
        self.value = value


@dataclass
class Answer:
    """What is sent: ``body`` is bytes, or a stream of them."""

    status: int
    body: bytes | Iterable[bytes]
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class ToyRequest:
    """A request and its route, if it has one; ``state`` is the program's."""

    def __init__(self, environ: dict[str, Any], routes: dict[Route, Handler]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ["PATH_INFO"]
        self.query = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
        self.headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith(("HTTP_", "CONTENT_"))
        }
        self.state: dict[str, Any] = {}
        self.template, self.params = match(
            self.path, [path for method, path in routes if method == self.method]
        )
        self.handler = routes.get((self.method, self.template))

    @cached_property
    def body(self) -> bytes:
        """The whole body."""
        whole: bytes = self.environ["wsgi.input"].read(int(self.headers.get("content-length") or 0))
        return whole


request: ContextVar[ToyRequest] = ContextVar("toy_request")
"""The request that is served here."""


class Toy:
    """The application. Handlers take the parsed JSON body and what is in the path, and return (status, value[, headers])."""

    def __init__(self) -> None:
        self.routes: dict[Route, Handler] = {}

    def post(self, template: str) -> Callable[[Handler], Handler]:
        """Register a handler."""

        def register(handler: Handler) -> Handler:
            self.routes["POST", template] = handler
            return handler

        return register

    def dispatch(self, request: ToyRequest) -> Answer:
        """Call the handler; an error of its own is its answer."""
        if request.handler is None:
            return self.on_error(ToyError(404))
        try:
            return answer(request.handler(json.loads(request.body), **request.params))
        except ToyError as error:
            return self.on_error(error)

    def on_error(self, error: ToyError) -> Answer:
        """The answer that ``error`` is."""
        return answer((error.status, error.value))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        here = ToyRequest(environ, self.routes)
        token = request.set(here)
        try:
            told = self.dispatch(here)
        except Exception:
            told = Answer(500, b"failed", [("Content-Type", "text/plain")])
        finally:
            request.reset(token)
        start_response(f"{told.status} {HTTPStatus(told.status).phrase}", told.headers)
        return [told.body] if isinstance(told.body, bytes) else told.body


def match(path: str, templates: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The first of ``templates`` that ``path`` has the form of, and what stands in its places."""
    parts = path.split("/")
    for template in templates:
        wanted = template.split("/")
        params = {want[1:-1]: part for want, part in zip(wanted, parts, strict=False) if want[:1] == "{"}
        if len(wanted) == len(parts) and template.format(**params) == path:
            return template, params
    return "", {}


def answer(returned: Any) -> Answer:
    """What a handler returned, as it is sent; an answer that is made already stays as it is."""
    if isinstance(returned, Answer):
        return returned
    status, value, *more = returned
    body = b"" if status == 204 else json.dumps(value).encode()
    return Answer(status, body, [("Content-Type", "application/json"), *(more[0] if more else [])])
