"""aiohttp's truth: every resource's routes, sub-applications included."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.web_urldispatcher import PrefixedSubAppResource

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    for route in _routes(load(case).app):
        path = route.resource.canonical
        if inspect.isclass(route.handler) and issubclass(route.handler, web.View):
            if hasattr(route.handler, "post") and route.method in {"*", "POST"}:
                truths.add_method(route.handler, "post", {"POST"}, path)
        else:
            truths.add(route.handler, {route.method}, path)
    return truths.result()


def _routes(app: web.Application) -> Iterator[Any]:
    for resource in app.router.resources():
        if isinstance(resource, PrefixedSubAppResource):
            yield from _routes(resource._app)
        else:
            yield from resource
