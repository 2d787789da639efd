"""The routing table of a Starlette or FastAPI application: templates, start-up checks, OpenAPI, the end of its life."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import WebSocketRoute, compile_path

from idem_runtime.adapters.http.problem_json import described
from idem_runtime.errors import (
    BodyTooLarge,
    ConfigurationError,
    ExecutedResponseLost,
    HandlerTimeout,
    IdempotencyError,
    InProgress,
    KeyInvalid,
    KeyMissing,
    KeyReused,
    OutcomeUnknown,
    PrincipalMissing,
    RaisedSuccess,
    ResponseUnstorable,
    RetriesExhausted,
    StoreUnavailable,
    TransactionBroken,
)
from idem_runtime.key import HEADER
from idem_runtime.mark_callables import is_async
from idem_runtime.marks import Mark, MoneyMoving, mark_of
from idem_runtime.runtime import Runtime
from idem_runtime.startup.connection_check import DEPENDENCY
from idem_runtime.startup.route_checks import Endpoint, mark_of_endpoint, several_operations

Overrides: TypeAlias = Mapping[Any, Any]
"""FastAPI's ``app.dependency_overrides``."""
TOLD = (
    KeyMissing,
    KeyInvalid,
    PrincipalMissing,
    BodyTooLarge,
    KeyReused,
    InProgress,
    OutcomeUnknown,
    TransactionBroken,
    RetriesExhausted,
    StoreUnavailable,
)
"""What a marked operation may answer besides its own, whatever its effect is; and what either effect adds."""
TOLD_OF: Mapping[str, tuple[type[IdempotencyError], ...]] = {
    "local": (ResponseUnstorable, RaisedSuccess, HandlerTimeout),
    "external": (ExecutedResponseLost,),
}
PROBLEM = "application/problem+json"


def walk(
    app: Any, prefix: str = "", host: str = "", overrides: Overrides | None = None
) -> Generator[Endpoint, None, None]:
    """Every endpoint below ``app``, mounted applications and lazily included routers too."""
    overrides = getattr(app, "dependency_overrides", overrides)
    for route in _contexts(getattr(app, "routes", None) or ()):
        if isinstance(getattr(route, "original_route", route), WebSocketRoute):
            continue
        path, endpoint = getattr(route, "path", "") or "", getattr(route, "endpoint", None)
        if endpoint is not None:
            dependant = getattr(route, "dependant", None)
            yield Endpoint(
                prefix + path,
                _methods(route, endpoint),
                endpoint,
                host=host,
                dependencies=dependant and partial(_dependencies, dependant, overrides or {}),
                parameter=dependant and DEPENDENCY,
            )
        else:
            inner, below = getattr(route, "app", None), getattr(route, "host", "") or host
            inner = inner if getattr(inner, "routes", None) else route
            yield from walk(inner, prefix + path, below, overrides)


def _contexts(routes: Iterable[Any]) -> Iterable[Any]:
    """FastAPI keeps included routers lazily: only its own iterator sees what is in them."""
    own = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", None)
    return (_mounted(each) for each in own(routes)) if own is not None else routes


def _mounted(context: Any) -> Any:
    return context if context.endpoint is not None else context.original_route


def _methods(route: Any, endpoint: Any) -> frozenset[str] | None:
    methods = getattr(route, "methods", None)
    if methods is None and inspect.isclass(endpoint):
        return frozenset(
            name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(endpoint, name)
        )
    return None if methods is None else frozenset(methods)


def carries(endpoint: Any, mark: MoneyMoving) -> bool:
    """Whether ``mark`` is the one on this request's endpoint."""
    return any(own is mark for own in _marks(endpoint))


def _marks(endpoint: Any) -> Iterator[Mark | None]:
    """Of a function its mark, of a class those of all its methods."""
    if inspect.isclass(endpoint):
        return (mark_of(getattr(endpoint, name)) for name in dir(endpoint) if name.islower())
    return iter((mark_of(endpoint),))


def mark_in_force(scope: Any) -> MoneyMoving | None:
    """The mark that makes this request's route money-moving, as far as it has a route yet."""
    mark = mark_of_endpoint(scope.get("endpoint"), scope["method"])
    return mark if isinstance(mark, MoneyMoving) else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came in: the mounts above this application, the path below them, the host."""

    mount: str
    path: str
    host: str

    @classmethod
    def of(cls, scope: Any) -> Place:
        """From the scope as this application got it. A proxy's root path is no mount: it changes with the deployment."""
        root = scope.get("root_path", "")
        outer = scope.get("app_root_path", root)
        path, below = scope["path"], f"{root}/" if root else ""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        return cls(
            mount=root.removeprefix(outer),
            path=path[len(root) :] if below and path.startswith(below) else path,
            host=host.partition(":")[0],
        )


class Templates:
    """The route templates of an application by endpoint: looked up once, and anew when a route was added."""

    def __init__(self, app: Any) -> None:
        """Nothing is looked up yet: routes may still be added."""
        self._app = app
        self._routes = 0
        self._found: dict[int, list[Endpoint]] = {}

    def of(self, scope: Any, place: Place) -> str:
        """The template of this request: stable across path parameters, deployments and framework versions.

        :raises ConfigurationError: a route that was added after the start leads to the same function.
        """
        endpoint = scope.get("endpoint")
        found = self._of_endpoint(endpoint)
        names = {f"//{row.host}{row.template}" if row.host else row.template: row for row in found}
        if not names:
            return place.mount + place.path
        if len(names) > 1:
            raise ConfigurationError(several_operations(names, found[0].where()))
        return next(iter(names))

    def unmarked(self, scope: Any) -> bool:
        """Whether it is certain that nothing money-moving answers this request: what is mounted decides about that later."""
        endpoint = scope.get("endpoint")
        return bool(self._of_endpoint(endpoint)) and not any(
            isinstance(mark, MoneyMoving) for mark in _marks(endpoint)
        )

    def _of_endpoint(self, endpoint: Any) -> list[Endpoint]:
        routes = len(self._app.routes)
        if id(endpoint) not in self._found or routes != self._routes:
            self._found, self._routes = {}, routes
            for each in walk(self._app):
                self._found.setdefault(id(each.function), []).append(each)
        return self._found.get(id(endpoint), [])


def _dependencies(dependant: Any, overrides: Overrides) -> Generator[Any, None, None]:
    """What FastAPI calls before an endpoint: its own dependencies, its routers' and its application's."""
    for below in dependant.dependencies:
        yield from _flattened(below, overrides)


def _flattened(dependant: Any, overrides: Overrides) -> Generator[Any, None, None]:
    if dependant.call in overrides:
        utilities: Any = sys.modules["fastapi.dependencies.utils"]
        remaining = {call: instead for call, instead in overrides.items() if call != dependant.call}
        yield from _flattened(utilities.get_dependant(path="", call=overrides[dependant.call]), remaining)
        return
    yield dependant.call
    for below in dependant.dependencies:
        yield from _flattened(below, overrides)


def close_with(app: Any, runtime: Runtime) -> None:
    """Look at the store when the application's lifespan begins, and close our pools when it ends."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: Any) -> AsyncGenerator[Any, None]:
        async with inner(application) as state:
            look = asyncio.create_task(runtime.look(), name="idem-look")
            try:
                yield state
            finally:
                look.cancel()
                await asyncio.wait([look])
                await runtime.aclose()

    app.router.lifespan_context = lifespan


def describe(app: Any, runtime: Runtime) -> None:
    """Say in FastAPI's OpenAPI what marked operations require and answer, and for how long (the IETF draft's MUST)."""
    original = getattr(app, "openapi", None)
    if original is None:
        return

    def openapi() -> dict[str, Any]:
        schema: dict[str, Any] = original()
        for endpoint in walk(app):
            path = schema.get("paths", {}).get(compile_path(endpoint.template)[1], {})
            for method in endpoint.methods or ():
                mark = mark_of_endpoint(endpoint.function, method)
                operation = path.get(method.lower())
                if isinstance(mark, MoneyMoving) and operation is not None:
                    _describe(operation, mark, runtime)
        return schema

    app.openapi = openapi


def describe_mounted(app: Any, runtime: Runtime) -> None:
    """As :func:`describe`, for the applications below ``app``, which have descriptions of their own."""
    for route in getattr(app, "routes", None) or ():
        inner = getattr(route, "app", None)
        if getattr(route, "endpoint", None) is None and inner is not None:
            describe(inner, runtime)
            describe_mounted(inner, runtime)


def _describe(operation: dict[str, Any], mark: MoneyMoving, runtime: Runtime) -> None:
    name = getattr(mark.key, "header", None) if mark.key else HEADER
    known = {parameter.get("name", "").lower() for parameter in operation.get("parameters", ())}
    if name is not None and name.lower() not in known:
        operation.setdefault("parameters", []).append(_parameter(name, mark, runtime))
    responses = operation.setdefault("responses", {})
    for status, response in responses.items():
        if status.startswith("2"):
            response.setdefault("headers", {})["Idempotent-Replayed"] = {"schema": {"enum": ["true"]}}
    ours = described((*TOLD, *TOLD_OF[mark.effect]), runtime.settings.profile, shape=runtime.refusal_response)
    for status, response in ours.items():
        own = responses.setdefault(status, response)
        if "content" in response:  # beside what the application says of the same status
            own.setdefault("content", {}).setdefault(PROBLEM, response["content"][PROBLEM])


def _parameter(name: str, mark: MoneyMoving, runtime: Runtime) -> dict[str, Any]:
    seconds = int(mark.kept(runtime.settings.retention).total_seconds())
    return {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": f"The same on every retry. A completed request is replayed for {seconds} seconds.",
    }


def note_exceptions(seal_app: Any, root: Any, note: Callable[[Exception], None]) -> None:
    """Have ``note`` called with every exception that an exception handler answers.

    Middleware inside the application may send an answer from another task than the one in which it was raised, so that who
    sees the answer does not see the exception. ``seal_app``: what the seal stands around; ``root``: the application.
    """
    for name in ("_exception_handlers", "_status_handlers"):
        _note(getattr(seal_app, name, {}), note)
    for app in _mounted_apps(root):
        app.exception_handlers.setdefault(HTTPException, ExceptionMiddleware(app).http_exception)
        _note(app.exception_handlers, note)


def _mounted_apps(app: Any) -> Generator[Any, None, None]:
    for route in getattr(app, "routes", None) or ():
        inner = getattr(route, "app", None)
        if hasattr(inner, "exception_handlers"):
            yield inner
        yield from _mounted_apps(inner if getattr(inner, "routes", None) else route)


def _note(handlers: dict[Any, Any], note: Callable[[Exception], None]) -> None:
    for key, handler in handlers.items():
        handlers[key] = _noting(handler, note)


def _noting(handler: Any, note: Callable[[Exception], None]) -> Any:
    if is_async(handler):

        async def awaited(connection: Any, error: Exception) -> Any:
            note(error)
            return await handler(connection, error)

        return awaited

    def called(connection: Any, error: Exception) -> Any:
        note(error)
        return handler(connection, error)

    return called
