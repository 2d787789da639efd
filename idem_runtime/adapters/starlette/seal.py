"""The seal is pure ASGI middleware, the innermost of the application's; the admission is in the mark."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

import anyio.from_thread
import anyio.to_thread
from anyio import CancelScope, CapacityLimiter
from starlette.background import BackgroundTasks
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from idem_runtime.adapters.http.asgi import AsgiHandling, AsgiPassage, send_response
from idem_runtime.adapters.http.asgi_place import Place
from idem_runtime.adapters.http.passage import note_raised
from idem_runtime.adapters.http.problem_json import refusal
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.starlette import application, routes
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.run_steps import Waits, run_to_the_end
from idem_runtime.marks import Function, marked_function
from idem_runtime.model import Response
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks

T = TypeVar("T")
THREADS = 40
"""As many as Starlette runs sync handlers in."""


def install(runtime: Runtime, app: Any, **options: Any) -> None:
    """Put the seal innermost of ``app``'s middleware; options: :class:`idem_runtime.startup.route_checks.Checks`.

    :raises ConfigurationError: the application has started already.
    """
    if app.middleware_stack is not None:
        raise ConfigurationError(
            "idem.install(app) has to come before the application serves its first request"
        )
    if any(middleware.cls is Seal for middleware in app.user_middleware):
        raise ConfigurationError("idem.install(app) was called for this application before: one is enough")
    checks = Checks.of(runtime, options)
    app.user_middleware.append(Middleware(Seal, runtime=runtime, root=app, checks=checks))
    application.close_with(app, runtime)
    application.describe(app, runtime)


class Seal:
    """The middleware. It is built when the application starts, so that the routing table is complete and can be checked."""

    def __init__(self, app: ASGIApp, *, runtime: Runtime, root: Any, checks: Checks) -> None:
        """:raises ConfigurationError: names every route that is refused."""
        self.app = app
        self.runtime = runtime
        checks.run(routes.walk(root))
        application.note_exceptions(app, root, note_raised)
        application.describe_mounted(root, runtime)
        table = routes.Table(root)
        attributes = {"routes": table, "table": table, "waiting": Waiting()}
        self._passage = type("Passage", (StarlettePassage,), attributes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = await AsgiHandling(self.runtime, self.app, self._passage, scope, receive, send).handle()
        if refused is not None:
            request = StarletteRequest(scope)
            await send_response(send, refusal(self.runtime, refused, request, path=scope["path"]))


class Waiting:
    """How Starlette waits: with anyio."""

    def __init__(self) -> None:
        """Threads that seal are no others' threads, because all others may be waiting for them."""
        self._limiters: dict[bool, CapacityLimiter] = {}

    async def in_thread(self, work: Callable[[], Any], *, takes: bool = False) -> Any:
        """Run what waits for the database, to its end; what ``takes`` a connection in threads of its own."""
        limiter = self._limiters.get(takes) or CapacityLimiter(THREADS)
        self._limiters[takes] = limiter
        with CancelScope(shield=True):
            return await uncancelled(anyio.to_thread.run_sync(work, limiter=limiter))

    def from_thread(self, given: Awaitable[Any]) -> Any:
        """Wait for what the event loop has to do."""
        return anyio.from_thread.run(_awaited, given)

    async def shielded(self, steps: Waits[T]) -> T:
        """Take ``steps`` to their end, whoever cancels: asyncio once, or an anyio scope over and over."""
        result: list[T] = []
        with CancelScope(shield=True):
            result.append(await run_to_the_end(steps))
        return result[0]


async def _awaited(given: Awaitable[Any]) -> Any:
    return await given


class StarlettePassage(AsgiPassage):
    """One way of one request through a Starlette application."""

    answers: ClassVar[tuple[type[BaseException], ...]] = (HTTPException,)
    table: routes.Table

    def incoming(self) -> Incoming:
        """The request."""
        place, body, head = Place.of(self.handling.entry), self.body, self.handling.head
        return Incoming(
            native=StarletteRequest(self.scope, body.again),
            head=place.on(head()),
            body=body.whole,
            operation=lambda: f"{self.scope['method']} {self.table.template(self.scope, place)}",
            key=head.key,
        )

    def native(self, response: Response) -> StarletteResponse:
        """``response`` as a handler returns it; the empty task list keeps FastAPI from adding its own to a replay."""
        headers = dict(response.headers)
        return StarletteResponse(response.body, response.status, headers, background=BackgroundTasks())

    def handler(self) -> Function:
        """The marked function of this request's endpoint."""
        return marked_function(self.scope.get("endpoint"))  # type: ignore[no-any-return]  # - the application's own
