"""The routing table of a Starlette or FastAPI application."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from starlette.routing import WebSocketRoute

from idem_runtime.adapters.http.asgi_place import Place
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import Mark, MoneyMoving, mark_of
from idem_runtime.startup.connection_check import DEPENDENCY
from idem_runtime.startup.route_checks import Endpoint, mark_of_endpoint, several_operations

Overrides: TypeAlias = Mapping[Any, Any]
"""FastAPI's ``app.dependency_overrides``."""


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
    return (_mounted(context) for context in own(routes)) if own is not None else routes


def _mounted(context: Any) -> Any:
    return context if context.endpoint is not None else context.original_route


def _methods(route: Any, endpoint: Any) -> frozenset[str] | None:
    methods = getattr(route, "methods", None)
    if methods is None and inspect.isclass(endpoint):
        return frozenset(
            name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(endpoint, name)
        )
    return None if methods is None else frozenset(methods)


def _handlers(endpoint: Any) -> Iterator[Any]:
    """A function itself, of a class all its methods."""
    if inspect.isclass(endpoint):
        return (getattr(endpoint, name) for name in dir(endpoint) if name.islower())
    return iter((endpoint,))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one endpoint: kept with it, because only what is kept has an identity of its own."""

    endpoint: Any
    rows: tuple[Endpoint, ...]
    unmarked: bool
    """Whether it is certain that nothing money-moving answers its requests: what is mounted decides about that later."""
    templates: tuple[str, ...] = ()
    """Of all its routes, with their hosts."""
    _marks: dict[str, Mark | None] = field(default_factory=dict["str", "Mark | None"], compare=False)

    def mark(self, method: str) -> Mark | None:
        """The mark of what answers ``method``."""
        if method not in self._marks:
            self._marks[method] = mark_of_endpoint(self.endpoint, method)
        return self._marks[method]


NOTHING = Known(None, (), unmarked=False)


class Table:
    """The routes of an application by endpoint: looked up once, and anew when a route was added."""

    def __init__(self, app: Any) -> None:
        """Nothing is looked up yet: routes may still be added."""
        self._app = app
        self._routes = 0
        self._known: dict[int, Known] = {}

    def mark_in_force(self, scope: Any) -> Mark | None:
        """The mark of the handler that this request is routed to, as far as it is by now."""
        endpoint = scope.get("endpoint")
        known = self._of_endpoint(endpoint)
        return (
            mark_of_endpoint(endpoint, scope["method"]) if known is NOTHING else known.mark(scope["method"])
        )

    def template(self, scope: Any, place: Place) -> str:
        """The template of this request: stable across path parameters, deployments and framework versions.

        :raises ConfigurationError: a route that was added after the start leads to the same function.
        """
        known = self._of_endpoint(scope.get("endpoint"))
        if not known.templates:
            return place.mount + place.path
        if len(known.templates) > 1:
            raise ConfigurationError(several_operations(known.templates, known.rows[0].where()))
        return next(iter(known.templates))

    def unmarked(self, scope: Any) -> bool:
        """Whether it is certain that nothing money-moving answers this request."""
        return self._of_endpoint(scope.get("endpoint")).unmarked

    def _of_endpoint(self, endpoint: Any) -> Known:
        if len(self._app.router.routes) != self._routes:
            self._look()
        return self._known.get(id(endpoint), NOTHING)

    def _look(self) -> None:
        self._routes = len(self._app.router.routes)
        rows: dict[int, list[Endpoint]] = {}
        for row in walk(self._app):
            rows.setdefault(id(row.function), []).append(row)
        self._known = {place: _known(tuple(listed)) for place, listed in rows.items()}


def _known(rows: tuple[Endpoint, ...]) -> Known:
    endpoint = rows[0].function
    marks = map(mark_of, _handlers(endpoint))
    templates = dict.fromkeys(f"//{row.host}{row.template}" if row.host else row.template for row in rows)
    unmarked = not any(isinstance(mark, MoneyMoving) for mark in marks)
    return Known(endpoint, rows, unmarked, tuple(templates))


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
