"""Robyn's truth: the application's list of routes, included routers merged."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    app = load(case).app
    truths = Truths(case)
    for route in app.router.get_routes():
        method = str(route.route_type).rpartition(".")[2]
        truths.add(route.function.handler, {method}, route.route)
    return truths.result()
