"""One request to a handler of Sanic's, and its ways through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import isawaitable
from typing import Any, ClassVar

from sanic.exceptions import SanicException
from sanic.response import HTTPResponse

from idem_runtime.adapters.asyncio_waiting import AsyncioWaiting, Threads
from idem_runtime.adapters.http.passage import PassageOver
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.returned_response import ReturningHandling, ReturningPassage
from idem_runtime.errors import IdempotencyError
from idem_runtime.marks import Function, Mark
from idem_runtime.model import Answer, Request, Response, Unstorable
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Endpoint, function_of_endpoint, mark_of_endpoint

PARSED = ("parsed_json", "parsed_form", "parsed_files")
"""What a request keeps of its parsed body."""


class SanicHandling(ReturningHandling):
    """One request. Sanic has read its body, up to ``REQUEST_MAX_SIZE``."""

    last: SanicPassage

    def __init__(
        self, runtime: Runtime, threads: Threads, endpoint: Endpoint, request: Any, call: Callable[[], Any]
    ) -> None:
        """``call``: calls the handler."""
        self.runtime = runtime
        self.threads = threads
        self.endpoint = endpoint
        self.request = request
        self.call = call
        self.mark = mark_of_endpoint(endpoint.function, request.method)
        self._context = _context(request).copy()

    def new_passage(self) -> SanicPassage:
        """One more way."""
        self.last = SanicPassage(self)
        return self.last

    def rewind(self) -> None:
        """Put the request back as it came in."""
        for name in PARSED:
            setattr(self.request, name, None)
        _context(self.request).clear()
        _context(self.request).update(self._context)

    async def answer(self) -> Any:
        """What the handler answers; raises what it raised, where the answer to that is an error of ours."""
        native = await self.respond()
        failure = self.last.failure
        if failure is not None and not self.last.decided and native.status >= 500:
            raise failure
        return native


class SanicPassage(ReturningPassage):
    """One way of one request through a handler."""

    answers: ClassVar[tuple[type[BaseException], ...]] = (SanicException,)
    failure: Exception | None = None
    """What the handler raised, and an error handler has answered."""

    def __init__(self, handling: SanicHandling) -> None:
        """Nothing is admitted yet."""
        super().__init__(handling.runtime)
        self.handling = handling
        self.request = handling.request
        self.waiting = AsyncioWaiting(handling.threads)

    @property
    def mark(self) -> Mark | None:
        """The mark of this request's handler."""
        return self.handling.mark

    def incoming(self) -> Incoming:
        """The request."""
        return Incoming(
            native=self.request,
            head=self._head(),
            body=lambda: self.request.body,
            operation=lambda: self.handling.endpoint.operation(self.request.method),
        )

    def _head(self) -> Request:
        return Request(
            method=self.request.method,
            path=self.request.path,
            headers=tuple((name.lower(), value) for name, value in self.request.headers.items()),
            path_params=tuple((name, str(value)) for name, value in self.request.match_info.items()),
            query=tuple(self.request.get_query_args(keep_blank_values=True)),
        )

    def path(self) -> str:
        """Of the request."""
        return str(self.request.path)

    def handler(self) -> Function:
        """The marked function of this request's handler, or of the method of its view."""
        return function_of_endpoint(self.handling.endpoint.function, self.request.method)  # type: ignore[no-any-return]  # - the application's own

    async def dispatch(self) -> Any:
        """Call the handler; what an error handler makes of its exception is the answer."""
        try:
            return await _awaited(self.handling.call())
        except (PassageOver, IdempotencyError):
            raise
        except Exception as error:
            errors: Any = self.request.app.error_handler
            own = errors._lookup(error, self.request.name)  # noqa: SLF001 - without one, it is an error of ours
            answers = own is not None or isinstance(error, SanicException)
            if self.execution is None or self.decided or not answers:
                raise
            self.note(error)
            self.failure = error
            return await _awaited(errors.response(self.request, error))

    async def read(self, native: Any) -> Answer:
        """``native`` as it is stored; a stream is not waited for.

        :raises TypeError: it is no response.
        """
        if native is None:
            raise TypeError("the handler returned None, which is no response")
        if not isinstance(native, HTTPResponse):
            return Unstorable(getattr(native, "status", 200))
        return Response(native.status, self.runtime.storable(_headers(native)), native.body or b"")

    def native(self, response: Response) -> HTTPResponse:
        """``response`` as a handler returns it."""
        return _with_headers(HTTPResponse(response.body, response.status), response.headers)

    def as_recorded(self, native: Any, recorded: Response) -> HTTPResponse:
        """``recorded``, with the cookies and other headers of this request."""
        return _with_headers(self.native(recorded), self.besides(_headers(native), recorded))


def _context(request: Any) -> dict[str, Any]:
    """What the program keeps with a request."""
    kept: dict[str, Any] = request.ctx.__dict__
    return kept


def _headers(native: Any) -> tuple[tuple[str, str], ...]:
    """Of a response, with its content type, which Sanic keeps beside them."""
    headers: dict[str, Any] = {} if native.content_type is None else {"content-type": native.content_type}
    own = [(str(name), str(value)) for name, value in native.headers.items()]
    return (*((name, value) for name, value in headers.items() if name not in native.headers), *own)


def _with_headers(native: HTTPResponse, headers: Iterable[tuple[str, str]]) -> HTTPResponse:
    own: Any = native.headers
    for name, value in headers:
        own.add(name, value)
    return native


async def _awaited(given: Any) -> Any:
    return await given if isawaitable(given) else given
