"""The seal stands around a route, with the exception handlers that make its answers; the admission is in the mark."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, ClassVar

from litestar import Litestar
from litestar import Response as LitestarResponse
from litestar.background_tasks import BackgroundTasks
from litestar.exceptions import HTTPException
from litestar.middleware._internal.exceptions import ExceptionHandlerMiddleware
from litestar.routes import HTTPRoute
from litestar.utils.scope.state import ScopeState

from idem_runtime.adapters.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.http.asgi import AsgiHandling, AsgiPassage, send_response
from idem_runtime.adapters.http.asgi_place import Place
from idem_runtime.adapters.http.passage import PassageOver
from idem_runtime.adapters.http.problem_json import refusal
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.litestar.routes import Marks, http_routes, walk
from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.marks import Function, marked_function
from idem_runtime.model import Response
from idem_runtime.runtime import Runtime
from idem_runtime.startup.loop_checks import refuse_in_the_event_loop
from idem_runtime.startup.route_checks import Checks


def install(runtime: Runtime, app: Litestar, **options: Any) -> None:
    """Put the seal around ``app``'s routes; options: :class:`idem_runtime.startup.route_checks.Checks`, checked at start-up.

    :raises ConfigurationError: the application is protected already.
    """
    if any(isinstance(route, SealedRoute) for route in app.routes):
        raise ConfigurationError("idem.install(app) was called for this application before: one is enough")
    seal = Seal(runtime, app, Checks.of(runtime, options))
    seal.seal_routes()
    app.on_startup.insert(0, seal.start)
    app.on_shutdown.append(seal.end)


class Seal:
    """What protects one application."""

    def __init__(self, runtime: Runtime, app: Litestar, checks: Checks) -> None:
        """Nothing is checked yet: routes may still be registered."""
        self.runtime = runtime
        self._app = app
        self._checks = checks
        self._passage = type("Passage", (LitestarPassage,), {"routes": Marks(), "threads": Threads()})
        self._look: asyncio.Task[None] | None = None

    def seal_routes(self) -> None:
        """Put the seal around every route that has none; the application builds its stacks of middleware anew then."""
        new = [route for route in http_routes(self._app) if not isinstance(route, SealedRoute)]
        for route in new:
            route.__class__ = type("Sealed", (SealedRoute, type(route)), {"__slots__": (), "seal": self})
        if new:
            router = self._app.asgi_router
            router._registered_routes.clear()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - there is no other way
            router.construct_routing_trie()

    async def start(self) -> None:
        """The application starts.

        :raises ConfigurationError: names every route that is refused.
        """
        self.seal_routes()
        rows = list(walk(self._app))
        refuse_in_the_event_loop(row for handler, row in rows if handler.has_sync_callable)
        self._checks.run(row for _, row in rows)
        self._look = asyncio.create_task(self.runtime.look(), name="idem-look")

    async def end(self) -> None:
        """The application ends."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait([self._look])
        await self.runtime.aclose()

    async def serve(self, app: Any, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request; ``app``: the route."""
        refused = await LitestarHandling(self.runtime, app, self._passage, scope, receive, send).handle()
        if refused is not None:
            request = request_of(scope, receive)
            await send_response(send, refusal(self.runtime, refused, request, path=scope["path"]))


class SealedRoute(HTTPRoute):
    """A route with the seal around it."""

    __slots__ = ()
    seal: ClassVar[Seal]

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        await self.seal.serve(super().handle, scope, receive, send)


class LitestarHandling(AsgiHandling):
    """One request."""

    def __init__(self, *args: Any) -> None:
        """Litestar keeps what it has read of a request beside its scope; only what is marked goes through again."""
        super().__init__(*args)
        self._connection: dict[str, Any] = {}
        if not self._passage.routes.unmarked(self.scope):
            connection = ScopeState.from_scope(self.scope)
            self._connection = {name: _own(getattr(connection, name)) for name in ScopeState.__slots__}

    def rewind(self) -> None:
        """Put scope and body back as they came in."""
        super().rewind()
        connection = ScopeState.from_scope(self.scope)
        for name, value in self._connection.items():
            setattr(connection, name, _own(value))


def _own(value: Any) -> Any:
    """What grows is copied; the rest is put in anew by who changes it."""
    return value.copy() if type(value) in (dict, list) else value


class LitestarPassage(AsgiPassage):
    """One way of one request through a route."""

    answers: ClassVar[tuple[type[BaseException], ...]] = (HTTPException,)
    threads: ClassVar[Threads]

    def __init__(self, handling: AsgiHandling) -> None:
        """Nothing is admitted yet."""
        super().__init__(handling)
        self.waiting = AsyncioWaiting(self.threads)

    def application(self) -> Awaitable[None]:
        """Goes through the route. Exceptions of a marked one are answered inside the seal: what is answered is recorded."""
        if self.routes.unmarked(self.scope):
            return self.handling.app(self.scope, self._receive, self._hold)
        return ExceptionHandlerMiddleware(self._route, None)(self.scope, self._receive, self._hold)

    async def _route(self, scope: Any, receive: Any, send: Any) -> None:
        """Go through the route; what is ours is none of the application's exceptions, which it logs and answers."""
        try:
            await self.handling.app(scope, receive, send)
        except PassageOver:
            return
        except IdempotencyError as error:
            if not await self._failed(error):
                raise

    def incoming(self) -> Incoming:
        """The request."""
        return Incoming(
            native=request_of(self.scope, self.body.again),
            head=Place.of(self.handling.entry).on(self.handling.head()),
            body=self.body.whole,
            operation=lambda: f"{self.scope['method']} {self.scope['path_template']}",
        )

    def native(self, response: Response) -> LitestarResponse[bytes]:
        """``response`` as a handler returns it; the empty list keeps the tasks of the route's decorator from a replay."""
        return LitestarResponse(
            response.body,
            status_code=response.status,
            headers=dict(response.headers),
            background=BackgroundTasks([]),
        )

    def handler(self) -> Function:
        """The marked function of this request's route."""
        return marked_function(self.scope["route_handler"].fn)  # type: ignore[no-any-return]  # - the application's own


def request_of(scope: Any, receive: Any) -> Any:
    """The request, of the class that the application gives its requests."""
    return scope["route_handler"].resolve_request_class()(scope, receive)
