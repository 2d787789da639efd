"""Powertools' truth: the static and dynamic routes of the resolver ``app`` (or of each in ``apps``)."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's resolvers."""
    truths = Truths(case)
    module = load(case)
    for app in getattr(module, "apps", None) or [module.app]:
        for route in [*app._static_routes, *app._dynamic_routes]:
            truths.add(route.func, {route.method}, route.path)
    return truths.result()
