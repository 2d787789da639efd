"""One request to a resolver: its route, how its event is read, how long its invocation lasts."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from aws_lambda_powertools.event_handler import Response as LambdaResponse

from idem_runtime.adapters.powertools.resolver_event import body_of, request_of
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import Mark
from idem_runtime.model import Request, Response
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import mark_of_endpoint

OVERTAKEN = (
    "another event took the place of this request's in the resolver: Powertools keeps one for the whole process, so that a "
    "handler may read another request's body. Nothing was committed. Resolve one event at a time, or use HttpResolverLocal, "
    "which keeps one for each request"
)


class Call:
    """What is the same for every way of a request through its resolver."""

    def __init__(
        self, runtime: Runtime, app: Any, route: Any, arguments: dict[str, str], margin: float
    ) -> None:
        """``arguments``: what the path says. ``margin``: seconds before the deadline in which an effect is undone."""
        self.runtime = runtime
        self.app = app
        self.route = route
        self.margin = margin
        self.event = app.current_event
        self._context = dict(app.context)
        self._arguments = arguments

    @property
    def arguments(self) -> dict[str, str]:
        """The path's, which Powertools adds to: a copy for every way."""
        return dict(self._arguments)

    @property
    def mark(self) -> Mark | None:
        """Of the route's function."""
        return mark_of_endpoint(self.route.func, self.route.method)

    @property
    def operation(self) -> str:
        """Method and template, in the form of OpenAPI, which other frameworks have too: ``POST /accounts/{name}``."""
        return f"{self.route.method} {self.route.openapi_path}"

    @cached_property
    def head(self) -> Request:
        """The request without its body.

        A prefix that the resolver strips may be the program's own business (two tenants) or nobody's (two stages), which
        nothing tells apart: a key that comes in under another one is refused, neither replayed nor run.
        """
        path = self.event.path
        mount = () if path == self._context["_path"] else (("", path),)
        return request_of(self.event, (*mount, *self._arguments.items()))

    def body(self) -> bytes:
        """The whole body."""
        return body_of(self.event)

    def time_left(self) -> float | None:
        """Seconds until an effect has to be undone, because Lambda ends the invocation; ``None``: nobody knows."""
        remaining = getattr(self.app.lambda_context, "get_remaining_time_in_millis", None)
        return None if remaining is None else remaining() / 1000 - self.margin

    def must_be_current(self) -> None:
        """:raises ConfigurationError: the resolver has another request's event by now."""
        if self.app.current_event is not self.event:
            raise ConfigurationError(OVERTAKEN)

    def rewind(self) -> None:
        """Put back what a handler may have changed: the parsed body, and what middleware has put beside the route."""
        self.event.__dict__.pop("json_body", None)
        self.app.context.clear()
        self.app.context.update(self._context)

    def built(self, response: Response) -> Any:
        """``response`` as the resolver builds what Lambda returns of; text where it is text."""
        try:
            body: str | bytes = response.body.decode()
        except UnicodeDecodeError:
            body = response.body
        headers: dict[str, str | list[str]] = {}
        for name, value in response.headers:
            headers[name] = [*headers.get(name, ()), value]
        content_type = next((value for name, value in response.headers if name == "content-type"), None)
        headers.pop("content-type", None)
        answer = LambdaResponse(response.status, content_type, body, headers)
        return self.app._response_builder_class(answer, self.app._serializer, self.route)  # noqa: SLF001 - as the resolver does
