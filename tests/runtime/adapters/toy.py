"""An adapter for a framework that nobody uses, on the shared passage alone: how much a new one takes."""

from typing import Any, ClassVar

from idem_runtime.adapters.http.passage import note_raised
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.sync_passage import SyncPassage, handle
from idem_runtime.marks import Function, Mark, mark_of
from idem_runtime.model import Answer, Request, Response, Unstorable
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks, Endpoint
from tests.runtime.adapters import toy_framework
from tests.runtime.adapters.toy_framework import Toy, ToyError, ToyRequest


def install(runtime: Runtime, app: Toy, **options: Any) -> None:
    rows = (Endpoint(path, frozenset({method}), handler) for (method, path), handler in app.routes.items())
    Checks.of(runtime, options).run(rows)
    dispatch, on_error = app.dispatch, app.on_error

    def noting(error: ToyError) -> toy_framework.Answer:
        note_raised(error)
        return on_error(error)

    def sealed(request: ToyRequest) -> Any:
        return handle(lambda: ToyPassage(runtime, request), lambda: dispatch(request), request.state.clear)

    app.dispatch, app.on_error = sealed, noting  # type: ignore[method-assign]


class ToyPassage(SyncPassage):
    answers: ClassVar[tuple[type[BaseException], ...]] = (ToyError,)

    def __init__(self, runtime: Runtime, request: ToyRequest) -> None:
        super().__init__(runtime)
        self.request = request

    @property
    def mark(self) -> Mark | None:
        return mark_of(self.request.handler)

    def handler(self) -> Function:
        return self.request.handler  # type: ignore[return-value]

    def path(self) -> str:
        return self.request.path

    def incoming(self) -> Incoming:
        request, left = self.request, self.request.headers.get("x-time-left")
        params, headers = tuple(request.params.items()), tuple(request.headers.items())
        head = Request(request.method, request.path, headers, params, tuple(request.query))
        operation = f"{request.method} {request.template}"
        time_left = None if left is None else float(left)
        return Incoming(request, head, lambda: request.body, lambda: operation, time_left)

    def read(self, native: toy_framework.Answer) -> Answer:
        if not isinstance(native.body, bytes):
            return Unstorable(native.status)
        return Response(native.status, self.runtime.storable(tuple(native.headers)), native.body)

    def native(self, response: Response) -> toy_framework.Answer:
        return toy_framework.Answer(response.status, response.body, [*response.headers])
