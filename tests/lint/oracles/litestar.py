"""Litestar's truth: ``Litestar.routes``, where controllers are already resolved to their methods."""

from __future__ import annotations

from pathlib import Path

from litestar.routes import ASGIRoute, HTTPRoute

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``; an inherited controller method is its own ``def``, which has the route."""
    truths = Truths(case)
    for route in load(case).app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                methods = [getattr(method, "value", method) for method in handler.http_methods]
                truths.add(handler.fn, methods, route.path)
        elif isinstance(route, ASGIRoute):
            truths.add(route.route_handler.fn, {"*"}, route.path)
    return truths.result()
