"""Bottle's truth: the routes of ``app``, one for each rule and verb; ``ANY`` and ``PROXY`` match all verbs."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import ANY, Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    for route in load(case).app.routes:
        methods = ANY if route.method in {"ANY", "PROXY"} else {route.method}
        truths.add(route.callback, methods, route.rule)
    return truths.result()
