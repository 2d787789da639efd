"""One request to a Quart application, and its ways through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from quart import Quart
from quart import Request as QuartRequest
from quart import Response as QuartResponse
from quart.wrappers.response import DataBody
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from idem_runtime.adapters.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.returned_response import ReturningHandling, ReturningPassage
from idem_runtime.adapters.quart.request import Entry, head, read_body, template
from idem_runtime.marks import Function, Mark, MoneyMoving
from idem_runtime.model import Answer, Response, Unstorable
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import function_of_endpoint, mark_of_endpoint

WITHOUT_BODY = (204, 304)
Dispatch = Callable[[], Awaitable[Any]]


class QuartHandling(ReturningHandling):
    """One request."""

    body = b""
    mark: Mark | None = None
    view: Any = None
    _entry: Entry | None = None

    def __init__(
        self, runtime: Runtime, app: Quart, threads: Threads, request: QuartRequest, dispatch: Dispatch
    ) -> None:
        """Nothing is read yet; ``dispatch``: goes through the application."""
        self.runtime = runtime
        self.threads = threads
        self.request = request
        self.dispatch = dispatch
        if request.url_rule is not None:
            self.view = app.view_functions.get(request.url_rule.endpoint)
            self.mark = mark_of_endpoint(self.view, request.method)

    async def begin(self) -> None:
        """Read the body, where the mark needs it.

        :raises BodyTooLarge: it is larger than what is kept.
        """
        if isinstance(self.mark, MoneyMoving):
            self.body = await read_body(self.request, self.mark, self.runtime.settings.body_cap)
            self._entry = Entry(self.request, self.body)

    def new_passage(self) -> QuartPassage:
        """One more way."""
        return QuartPassage(self)

    def rewind(self) -> None:
        """Put the request back as it came in."""
        assert self._entry is not None  # only a claim is lost
        self._entry.restore()


class QuartPassage(ReturningPassage):
    """One way of one request through a Quart application."""

    answers: ClassVar[tuple[type[BaseException], ...]] = (HTTPException,)

    def __init__(self, handling: QuartHandling) -> None:
        """Nothing is admitted yet."""
        super().__init__(handling.runtime)
        self.handling = handling
        self.request = handling.request
        waiting = AsyncioWaiting(handling.threads)
        self.waiting, self.loop = waiting, waiting.loop

    @property
    def mark(self) -> Mark | None:
        """The mark of this request's view."""
        return self.handling.mark

    def incoming(self) -> Incoming:
        """The request."""
        return Incoming(
            native=self.request,
            head=head(self.request),
            body=lambda: self.handling.body,
            operation=lambda: f"{self.request.method} {template(self.request)}",
        )

    def path(self) -> str:
        """Of the request, with what the application is mounted under."""
        return self.request.root_path + self.request.path

    def handler(self) -> Function:
        """The marked function of this request's view, or of the method of its class."""
        return function_of_endpoint(self.handling.view, self.request.method)  # type: ignore[no-any-return]  # - the application's own

    def dispatch(self) -> Awaitable[Any]:
        """Go through the application."""
        return self.handling.dispatch()

    async def read(self, native: Any) -> Answer:
        """``native`` as it is stored; a stream is not waited for, unless its length is known."""
        announced = 0 < int(native.headers.get("content-length", 0)) <= self.policy.cap
        if native.status_code in WITHOUT_BODY:
            body = b""
        elif isinstance(native, WerkzeugResponse):
            if native.is_streamed and not announced:
                return Unstorable(native.status_code)
            body = native.get_data()
        elif isinstance(native.response, DataBody) or announced:
            body = await native.get_data(as_text=False)
        else:
            return Unstorable(native.status_code)
        return Response(native.status_code, self.runtime.storable(tuple(native.headers.items())), body)

    def native(self, response: Response) -> QuartResponse:
        """``response`` as Quart sends it."""
        return QuartResponse(response.body, response.status, Headers(response.headers))

    def as_recorded(self, native: Any, recorded: Response) -> QuartResponse:
        """``recorded``, with the cookies and other headers of this request."""
        replay = self.native(recorded)
        replay.headers.extend(self.besides(native.headers.items(), recorded))
        return replay
