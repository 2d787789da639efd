"""The seal stands around ``full_dispatch_request``; the admission is in the mark."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeAlias, cast

from flask import Flask, current_app, g
from flask import Response as FlaskResponse
from flask import request as flask_request
from werkzeug.exceptions import HTTPException

from idem_runtime.adapters.flask import request
from idem_runtime.adapters.flask.rules import Rules
from idem_runtime.adapters.http.passage import note_raised
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.sync_passage import SyncPassage, handle
from idem_runtime.errors import BodyTooLarge, ConfigurationError
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.marks import Function, Mark, MoneyMoving
from idem_runtime.model import Answer, Loanable, Response, Unstorable
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks, mark_of_endpoint

Dispatch: TypeAlias = Callable[[], FlaskResponse]


def install(runtime: Runtime, app: Flask, **options: Any) -> None:
    """Put the seal around ``app``'s dispatch; options are those of :class:`idem_runtime.startup.route_checks.Checks`.

    Rules that are there are checked now, others when they are registered, and what is given later at the first request.

    :raises ConfigurationError: names every rule that is refused.
    """
    dispatch, handle_user_exception = app.full_dispatch_request, app.handle_user_exception
    rules = Rules(app, Checks.of(runtime, options))
    rules.watch()

    def full_dispatch_request() -> FlaskResponse:
        rules.complete()
        return _sealed(runtime, app, dispatch, handle_user_exception)

    def noting(error: Exception) -> Any:
        note_raised(error)
        return handle_user_exception(error)

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]  # - wrapped for this application only
    app.handle_user_exception = noting  # type: ignore[method-assign, assignment]  # - as above


def _sealed(
    runtime: Runtime, app: Flask, dispatch: Dispatch, handle_user_exception: Callable[..., Any]
) -> FlaskResponse:
    mark, body, entry = _mark_in_force(app), b"", None
    if isinstance(mark, MoneyMoving):
        try:
            body = request.body(mark, runtime.settings.body_cap)
        except BodyTooLarge as error:
            passage = FlaskPassage(runtime, mark, body)
            return app.finalize_request(passage.native(passage.problem(error)))
        except HTTPException as error:  # the body is too large for the application itself
            return app.finalize_request(handle_user_exception(error))
        entry = request.Entry()

    def rewind() -> None:
        assert entry is not None  # only a claim is lost
        entry.restore()

    return handle(lambda: FlaskPassage(runtime, mark, body), dispatch, rewind)  # type: ignore[no-any-return]  # - the application's


def _mark_in_force(app: Flask) -> Mark | None:
    asked = cast("Any", flask_request)._get_current_object()  # noqa: SLF001 - werkzeug's way past its proxy
    rule = asked.url_rule
    view = None if rule is None else app.view_functions.get(rule.endpoint)
    return None if view is None else mark_of_endpoint(view, asked.method)


class FlaskPassage(SyncPassage):
    """One way of one request through a Flask application."""

    answers: ClassVar[tuple[type[BaseException], ...]] = (HTTPException,)

    def __init__(self, runtime: Runtime, mark: Mark | None, body: bytes) -> None:
        """Nothing is admitted yet; ``mark``: of this request's view. ``body``: all of it, where the mark needs it."""
        super().__init__(runtime)
        self._mark = mark
        self._body = body

    @property
    def mark(self) -> Mark | None:
        """The mark of this request's view."""
        return self._mark

    def incoming(self) -> Incoming:
        """The request."""
        return Incoming(
            native=flask_request,
            head=request.head(),
            body=lambda: self._body,
            operation=lambda: f"{flask_request.method} {request.template()}",
        )

    def path(self) -> str:
        """Of the request, with what the application is mounted under."""
        return flask_request.root_path + flask_request.path

    def read(self, native: FlaskResponse) -> Answer:
        """``native`` as it is stored; a stream is not waited for."""
        announced = 0 < int(native.headers.get("content-length", 0)) <= self.policy.cap
        if native.direct_passthrough or (native.is_streamed and not announced):
            return Unstorable(native.status_code)
        headers = self.runtime.storable(tuple(native.headers.items()))
        return Response(native.status_code, headers, native.get_data())

    def native(self, response: Response) -> FlaskResponse:
        """``response`` as Flask sends it."""
        return FlaskResponse(response.body, response.status, list(response.headers))

    def as_recorded(self, native: FlaskResponse, recorded: Response) -> FlaskResponse:
        """``recorded``; of ``native``, the headers that are never stored: cookies, and what stands for one request."""
        replay = self.native(recorded)
        replay.headers.extend(self.besides(native.headers.items(), recorded))
        replay.call_on_close(native.close)
        return replay

    def handler(self) -> Function:
        """This request's view."""
        return current_app.view_functions[str(flask_request.endpoint)]

    def arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The view's, with our connection where it asks for it."""
        return kwargs | {name: self.borrow_sync(kind) for name, kind in lent_parameters(function)}

    @contextmanager
    def running(self, execution: Execution) -> Generator[None, None, None]:
        """``g.idem_connection`` is the connection of a view, as long as it runs."""
        with execution.running():
            g.idem_connection = self.borrow_sync()
            try:
                yield
            finally:
                g.pop("idem_connection", None)

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """There is none: Flask runs every async view in an event loop of its own.

        :raises ConfigurationError: always.
        """
        raise ConfigurationError(f"in Flask use idem.sync_{kind}(), also in async views")
