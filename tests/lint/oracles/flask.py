"""Flask's truth: ``url_map`` joined with ``view_functions``. Its relatives that keep Flask's tables share ``walk``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lint.oracles import ANY, Truth, Truths, load
from tests.lint.oracles import _beneath as beneath


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``."""
    truths = Truths(case)
    walk(load(case).app, truths)
    return truths.result()


def walk(app: Any, truths: Truths) -> None:
    """Add every rule of a Flask (or Quart) application; a werkzeug rule without methods accepts all of them."""
    for rule in app.url_map.iter_rules():
        methods = ANY if rule.methods is None else rule.methods
        add_view(truths, app.view_functions[rule.endpoint], methods, rule.rule)


def add_view(truths: Truths, view: Any, methods: set[str] | frozenset[str], route: str) -> None:
    """Add a view function: a class view's handler is its ``post``, or its ``dispatch_request`` where it has none."""
    view_class = next((layer.view_class for layer in layers(view) if hasattr(layer, "view_class")), None)
    if view_class is None:
        truths.add(view, methods, route)
    elif not hasattr(view_class, "post"):
        truths.add_method(view_class, "dispatch_request", methods, route)
    elif methods & {"POST", "*"}:
        truths.add_method(view_class, "post", {"POST"}, route)


def layers(view: Any) -> list[Any]:
    """The view and all that is wrapped below it: ``as_view`` leaves ``view_class`` on one of them."""
    found = []
    while view is not None and view not in found:
        found.append(view)
        view = beneath(view)
    return found
