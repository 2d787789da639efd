"""One request to an aiohttp application, and its ways through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from aiohttp import web
from multidict import CIMultiDict

from idem_runtime.adapters.aiohttp.request import Entry, head, read_body
from idem_runtime.adapters.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.returned_response import ReturningHandling, ReturningPassage
from idem_runtime.marks import Function, Mark, MoneyMoving
from idem_runtime.model import Answer, Response, Unstorable
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Endpoint, function_of_endpoint, mark_of_endpoint

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected application: what all its requests share. ``endpoints``: of its routes, once it has started."""

    runtime: Runtime
    threads: Threads
    endpoints: dict[web.AbstractRoute, Endpoint]


class AiohttpHandling(ReturningHandling):
    """One request."""

    body = b""
    _entry: Entry | None = None

    def __init__(self, protected: Protected, request: web.Request, handler: Handler) -> None:
        """Nothing is read yet."""
        self.protected = protected
        self.request = request
        self.application = handler  # with the middleware of the application around it
        self.mark = mark_of_endpoint(request.match_info.route.handler, request.method)

    async def begin(self) -> None:
        """Read the body, where the mark needs it.

        :raises BodyTooLarge: it is larger than what is kept.
        """
        if isinstance(self.mark, MoneyMoving):
            self.body = await read_body(self.request, self.mark, self.protected.runtime.settings.body_cap)
            self._entry = Entry(self.request, self.body)
            if self.body:
                self._entry.restore()

    def new_passage(self) -> AiohttpPassage:
        """One more way."""
        return AiohttpPassage(self)

    def rewind(self) -> None:
        """Put the request back as it came in."""
        assert self._entry is not None  # only a claim is lost
        self._entry.restore()


class AiohttpPassage(ReturningPassage):
    """One way of one request through an aiohttp application."""

    answers: ClassVar[tuple[type[BaseException], ...]] = (web.HTTPException,)

    def __init__(self, handling: AiohttpHandling) -> None:
        """Nothing is admitted yet."""
        super().__init__(handling.protected.runtime)
        self.handling = handling
        self.request = handling.request
        self.waiting = AsyncioWaiting(handling.protected.threads)

    @property
    def mark(self) -> Mark | None:
        """The mark of this request's handler."""
        return self.handling.mark

    def incoming(self) -> Incoming:
        """The request."""
        route, method = self.request.match_info.route, self.request.method
        return Incoming(
            native=self.request,
            head=head(self.request),
            body=lambda: self.handling.body,
            operation=lambda: self.handling.protected.endpoints[route].operation(method),
        )

    def path(self) -> str:
        """Of the request."""
        return self.request.path

    def handler(self) -> Function:
        """The marked function of this request's route, or of the method of its view."""
        return function_of_endpoint(self.request.match_info.route.handler, self.request.method)  # type: ignore[no-any-return]  # - the application's own

    async def dispatch(self) -> web.StreamResponse:
        """Go through; an answer that is raised is given as what it is: a response."""
        try:
            return await self.handling.application(self.request)
        except web.HTTPException as error:
            self.note(error)
            return error

    async def read(self, native: Any) -> Answer:
        """``native`` as it is stored; a file or another stream is not waited for.

        :raises TypeError: it is no response.
        """
        if not isinstance(native, web.StreamResponse):
            raise TypeError(f"the handler returned {type(native).__qualname__}, which is no web.Response")
        body = native.body if isinstance(native, web.Response) else native
        if body is not None and not isinstance(body, bytes | bytearray):
            return Unstorable(native.status)
        headers = self.runtime.storable(tuple(native.headers.items()))
        return Response(native.status, headers, bytes(body or b""))

    def native(self, response: Response) -> web.Response:
        """``response`` as aiohttp sends it."""
        return web.Response(body=response.body, status=response.status, headers=CIMultiDict(response.headers))

    def as_recorded(self, native: Any, recorded: Response) -> web.Response:
        """``recorded``, with the cookies and other headers of this request."""
        replay = self.native(recorded)
        replay.headers.extend(self.besides(native.headers.items(), recorded))
        replay.cookies.update(native.cookies)
        return replay
