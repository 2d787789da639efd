"""FastAPI's truth: its own iterator over routes, because included routers are kept lazily."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Host, Mount

from tests.lint.oracles import Truth, Truths, load, starlette


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    walk(load(case).app.routes, truths)
    return truths.result()


def walk(table: Iterable[Any], truths: Truths, prefix: str = "") -> None:
    """Add every route, included routers and mounted applications too."""
    for context in iter_route_contexts(list(table)):
        route = context.original_route
        if isinstance(route, APIRoute):
            truths.add(route.endpoint, route.methods, prefix + context.path)
        elif isinstance(route, Mount | Host) and hasattr(route.app, "routes"):
            walk(route.app.routes, truths, prefix + (context.path or getattr(route, "path", "")))
        else:
            starlette.walk([route], truths, prefix)
