"""The seal stands around every handler, with the error handlers that make its answers; the admission is in the mark."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import wraps
from typing import Any, cast

from sanic import Request, Sanic
from sanic_routing.route import Route

from idem_runtime.adapters.asyncio_waiting import Threads
from idem_runtime.adapters.http.passage import PassageOver
from idem_runtime.adapters.sanic.passage import SanicHandling, SanicPassage
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import MoneyMoving, context_admission
from idem_runtime.model import Unstorable
from idem_runtime.runtime import Runtime
from idem_runtime.startup.connection_check import LENT_PARAMETER
from idem_runtime.startup.loop_checks import refuse_in_the_event_loop
from idem_runtime.startup.route_checks import Checks, Endpoint


def install(runtime: Runtime, app: Any, **options: Any) -> None:
    """Put the seal around ``app``'s handlers when it starts; options: :class:`idem_runtime.startup.route_checks.Checks`.

    :raises ConfigurationError: the application is protected already.
    """
    if issubclass(app.request_class, WatchedRequest):
        raise ConfigurationError("idem.install(app) was called for this application before: one is enough")
    app.request_class = type("WatchedRequest", (WatchedRequest, app.request_class), {"__slots__": ()})
    seal = Seal(runtime, Checks.of(runtime, options))
    app.register_listener(seal.start, "before_server_start")
    app.register_listener(seal.end, "after_server_stop")


class WatchedRequest(Request[Any, Any]):
    """A request that sees when its handler begins to send an answer by itself."""

    __slots__ = ()

    async def respond(self, response: Any = None, **options: Any) -> Any:
        """As Sanic's.

        :raises PassageOver: the answer is not sent, because another takes its place.
        """
        passage = context_admission()
        if isinstance(passage, SanicPassage) and passage.request is self:
            status = options.get("status", 200) if response is None else response.status
            if not await passage.before_a_stream(Unstorable(status)):
                raise PassageOver
        return cast("Any", await super().respond(response, **options))


class Seal:
    """What protects one application."""

    def __init__(self, runtime: Runtime, checks: Checks) -> None:
        """Nothing is checked yet: routes may still be added."""
        self._runtime = runtime
        self._checks = checks
        self._threads = Threads()
        self._look: asyncio.Task[None] | None = None

    async def start(self, app: Any) -> None:
        """A worker begins to serve.

        :raises ConfigurationError: names every route that is refused.
        """
        endpoints = list(_endpoints(app))
        refuse_in_the_event_loop(endpoint for _, endpoint in endpoints)
        _refuse_streamed(endpoint for _, endpoint in endpoints)
        self._checks.run(endpoint for _, endpoint in endpoints)
        for route, endpoint in endpoints:
            route.handler = self._sealed(route.handler, endpoint)
        self._look = asyncio.create_task(self._runtime.look(), name="idem-look")

    async def end(self, _: Any) -> None:
        """The worker ends."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait([self._look])
        await self._runtime.aclose()

    def _sealed(self, handler: Any, endpoint: Endpoint) -> Callable[..., Awaitable[Any]]:
        @wraps(handler)
        async def sealed(request: Any, *args: Any, **kwargs: Any) -> Any:
            handling = SanicHandling(
                self._runtime, self._threads, endpoint, request, lambda: handler(request, *args, **kwargs)
            )
            return await handling.answer()

        return sealed


def _endpoints(app: Sanic[Any, Any]) -> Generator[tuple[Route, Endpoint], None, None]:
    """Every route but those of websockets, and what is known of it."""
    routes: Any = app.router.routes
    for route in routes:
        if not hasattr(route.handler, "is_websocket"):
            yield (
                route,
                Endpoint(
                    f"/{route.path}",
                    frozenset(route.methods),
                    route.handler,
                    name=route.name,
                    host=route.requirements.get("host", ""),
                    parameter=LENT_PARAMETER,
                ),
            )


def _refuse_streamed(endpoints: Any) -> None:
    """:raises ConfigurationError: a money-moving handler reads its request as a stream: nobody could compare its payload."""
    found = [
        str(handler)
        for endpoint in endpoints
        for handler in endpoint.handlers()
        if hasattr(endpoint.function, "is_stream") and isinstance(handler.mark, MoneyMoving)
    ]
    if found:
        raise ConfigurationError(
            f"@money_moving on a handler with stream=True: leave it out, and use request.body: {', '.join(found)}"
        )
