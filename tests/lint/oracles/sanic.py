"""Sanic's truth: the application's router, class views resolved to their methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sanic import Sanic

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    app: Sanic[Any, Any] = load(case).app
    app.router.finalize()
    truths = Truths(case)
    for route in app.router.routes:
        view = getattr(route.handler, "view_class", None)
        if view is None:
            truths.add(route.handler, route.methods, route.uri)
        elif "POST" in route.methods:
            truths.add_method(view, "post", {"POST"}, route.uri)
    return truths.result()
