"""Connexion's truth: its routing middleware says which operation a method leads to, the wrapped application which
function that is. Rules added in code are Flask's or Starlette's own."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from connexion import FlaskApp
from connexion.middleware.routing import RoutingMiddleware
from starlette.routing import Mount

from tests.lint.oracles import Truth, Truths, flask, load, starlette


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``; specifications are looked for in the case's folder."""
    os.chdir(case)
    truths = Truths(case)
    app = load(case).app
    _, stack = app.middleware._build_middleware_stack()
    inner = app._middleware_app
    if isinstance(app, FlaskApp):
        walk_flask(inner.app, truths)
    else:
        walk_async(inner, stack, truths)
    return truths.result()


def walk_flask(app: Any, truths: Truths) -> None:
    """Flask's own tables hold the operations."""
    for rule in app.url_map.iter_rules():
        add(truths, app.view_functions[rule.endpoint], rule.methods, rule.rule)


def walk_async(inner: Any, stack: Iterable[Any], truths: Truths) -> None:
    """Operations are found by the id that the routing middleware's routes carry."""
    starlette.walk([route for route in inner.router.routes if not isinstance(route, Mount)], truths)
    operations = {
        name: operation
        for apis in inner.apis.values()
        for api in apis
        for name, operation in api.operations.items()
    }
    for routing in (layer for layer in stack if isinstance(layer, RoutingMiddleware)):
        for route, path in leaves(routing.router.routes):
            add(truths, operations[route.endpoint.operation_id], route.methods, path)


def add(truths: Truths, operation: Any, methods: set[str], path: str) -> None:
    """Add an operation's function; a method of an object a resolver made counts as its class's."""
    function = getattr(operation, "_fn", operation)
    if inspect.ismethod(function) and not inspect.isclass(function.__self__):
        truths.add_method(type(function.__self__), function.__name__, methods, path)
    else:
        flask.add_view(truths, function, methods, path)


def leaves(table: Iterable[Any], prefix: str = "") -> Iterator[tuple[Any, str]]:
    """The routes below all mounts, with their paths."""
    for route in table:
        if isinstance(route, Mount):
            yield from leaves(route.routes, prefix + route.path)
        else:
            yield route, prefix + route.path
