"""SQLAdmin's truth: the routes of the admin's application, and the methods that its forms call (positions/sqladmin.py)."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import Truth, Truths, load

HOOKS = ("insert_model", "update_model")


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``admin``."""
    admin = load(case).admin
    truths = Truths(case)
    for route in admin.admin.routes:
        truths.add(getattr(route, "endpoint", None), getattr(route, "methods", None) or ())
    for view in admin.views:
        for name in HOOKS:
            if hasattr(view, name):
                truths.add(getattr(type(view), name), {"POST"})
    return truths.result()
