"""Starlette's truth: the ``routes`` of the application, mounted applications included."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.endpoints import HTTPEndpoint
from starlette.routing import Host, Mount, Route, Router

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    walk(load(case).app.routes, truths)
    return truths.result()


def walk(table: Iterable[Any], truths: Truths, prefix: str = "") -> None:
    """Add every route of a Starlette routing table; WebSocket routes are no POST handlers."""
    for route in table:
        if isinstance(route, Mount | Host):
            walk_application(route.app, truths, prefix + getattr(route, "path", ""))
        elif isinstance(route, Route):
            add(route.endpoint, route.methods, truths, prefix + route.path)


def walk_application(app: Any, truths: Truths, prefix: str) -> None:
    """Add what a mounted application serves; one without routes of its own answers every method."""
    inside = app
    while not isinstance(inside, Router) and not hasattr(inside, "routes") and hasattr(inside, "app"):
        inside = inside.app
    if hasattr(inside, "routes"):
        walk(inside.routes, truths, prefix)
    else:
        truths.add(app, {"*"}, prefix)


def add(endpoint: Any, methods: set[str] | None, truths: Truths, path: str) -> None:
    """Add one endpoint: a function, an endpoint class with a method per verb, or a bare ASGI application."""
    if inspect.isclass(endpoint) and issubclass(endpoint, HTTPEndpoint):
        if endpoint.dispatch is not HTTPEndpoint.dispatch:
            truths.add_method(endpoint, "dispatch", methods or {"*"}, path)
        elif hasattr(endpoint, "post") and (methods is None or "POST" in methods):
            truths.add_method(endpoint, "post", {"POST"}, path)
    else:
        truths.add(endpoint, {"*"} if methods is None else methods, path)
