"""Chalice's truth: ``app.routes``, by path and method. Schedules, queues and plain Lambda functions are not in it."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    for path, by_method in load(case).app.routes.items():
        for method, entry in by_method.items():
            truths.add(entry.view_function, {method}, path)
    return truths.result()
