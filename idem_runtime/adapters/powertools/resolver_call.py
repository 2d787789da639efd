"""One request to a resolver: its route, how its event is read, how long its invocation lasts."""

from __future__ import annotations

import copy
import inspect
import math
from functools import cached_property
from typing import Any

from aws_lambda_powertools.event_handler import Response as LambdaResponse

from idem_runtime.adapters.powertools.resolver_event import body_of, must_be_readable, request_of
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import Mark, MoneyMoving
from idem_runtime.model import Headers, Request, Response
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import mark_of_endpoint

OVERTAKEN = (
    "another event took the place of this request's in the resolver: Powertools keeps one for the whole process, so that a "
    "handler may read another request's body. Nothing was committed. Resolve one event at a time, or use HttpResolverLocal, "
    "which keeps one for each request"
)

NO_NUMBER = (
    "context.get_remaining_time_in_millis() gave {!r}, which is no number of milliseconds: nobody knows when Lambda ends "
    "this invocation. Hand Lambda's own context to the resolver, or one in a test that says how long it lasts; or None"
)
AWAITED = (
    "{} is async def, and resolve() does not await it: its effect would never happen. Call "
    "asyncio.run(app.resolve_async(event, context)), or make it a def"
)
LONGEST = 24 * 60 * 60 * 1000
"""Milliseconds: longer than any invocation."""
SPELLED = {name.lower(): name for name in ("Content-Type", "Content-Encoding", "Cache-Control")}
"""Headers that the resolver itself sets, and looks for in this spelling only."""


def listed(headers: dict[str, Any]) -> Headers:
    """Of a resolver's response, each value by itself."""
    return tuple(
        (name, value)
        for name, given in headers.items()
        for value in ([given] if isinstance(given, str) else given or ())
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
        """The whole body.

        :raises KeyInvalid: the event is not what any of its sources sends.
        """
        must_be_readable(self.event)
        return body_of(self.event)

    def time_left(self) -> float | None:
        """Seconds until an effect has to be undone, because Lambda ends the invocation; ``None``: nobody knows.

        :raises ConfigurationError: the context says no number.
        """
        remaining = getattr(self.app.lambda_context, "get_remaining_time_in_millis", None)
        if remaining is None:
            return None
        milliseconds = remaining()
        if not isinstance(milliseconds, int | float) or not milliseconds < math.inf:  # NaN is not, either
            raise ConfigurationError(NO_NUMBER.format(milliseconds))
        return min(milliseconds, LONGEST) / 1000 - self.margin

    def must_not_be_awaited(self) -> None:
        """:raises ConfigurationError: the handler is money-moving, and ``async def``."""
        function = self.route.func
        if isinstance(self.mark, MoneyMoving) and inspect.iscoroutinefunction(function):
            raise ConfigurationError(AWAITED.format(function.__qualname__))

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
            spelled = SPELLED.get(name, name)
            headers[spelled] = [*headers.get(spelled, ()), value]
        content_type = next((value for name, value in response.headers if name == "content-type"), None)
        headers.pop("Content-Type", None)
        answer = LambdaResponse(response.status, content_type, body, headers)
        return self.app._response_builder_class(answer, self.app._serializer, self.route)  # noqa: SLF001 - as the resolver does

    def fits(self, built: Any) -> bool:
        """Whether ``built`` is no larger than the resolver lets it be; its body is JSON afterwards, where it is to be that.

        :raises Exception: whatever would come out of the resolver when it makes of ``built`` what Lambda returns.
        """
        response = built.response
        if response.is_json() and not isinstance(response.body, str):
            response.body = built.serializer(response.body)
        trial = copy.copy(built)
        trial.response = copy.copy(response)
        trial.response.headers = dict(response.headers)
        returned = trial.build(self.event, self.app._cors)  # noqa: SLF001 - as the resolver does
        return not getattr(self.app, "_enable_response_size_validation", False) or self._is_small(returned)

    def _is_small(self, returned: dict[str, Any]) -> bool:
        from aws_lambda_powertools.event_handler.exceptions import (
            ResponseSizeExceededError,
        )  # only where the resolver validates sizes: older versions have neither

        try:
            self.app._validate_response_size(returned)  # noqa: SLF001 - as the resolver does
        except ResponseSizeExceededError:
            return False
        return True
