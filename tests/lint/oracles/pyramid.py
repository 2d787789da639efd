"""Pyramid's truth: the introspected views, restricted by their route's methods; exception views are left out."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from tests.lint.oracles import ANY, Truth, Truths, load

ALL = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app`` (a Pyramid router)."""
    truths = Truths(case)
    introspector = load(case).app.registry.introspector
    found = [item["introspectable"] for item in introspector.get_category("routes", [])]
    limits = {route["name"]: methods_of(route["request_methods"]) for route in found}
    patterns = {route["name"]: "/" + route["pattern"].lstrip("/") for route in found}
    for item in introspector.get_category("views", []):
        view = item["introspectable"]
        if not is_exception(view["context"]):
            name = view["route_name"]
            add_view(truths, view, limits.get(name, ANY), patterns.get(name))
    return truths.result()


def add_view(truths: Truths, view: Any, limit: frozenset[str], pattern: str | None) -> None:
    """Add the callable; a class is its ``attr``, else its ``__call__``."""
    methods = both(methods_of(view["request_methods"]), limit)
    if inspect.isclass(view["callable"]):
        truths.add_method(view["callable"], view["attr"] or "__call__", methods, pattern)
    else:
        truths.add(view["callable"], methods, pattern)


def methods_of(value: Any) -> frozenset[str]:
    """The methods a ``request_method`` predicate accepts: nothing, a name, several names, or ``not_`` of these."""
    if value is None:
        return ANY
    if hasattr(value, "value"):
        return ALL - methods_of(value.value)
    return frozenset({value} if isinstance(value, str) else value)


def both(first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
    """What both predicates let through."""
    if first == ANY or second == ANY:
        return second if first == ANY else first
    return first & second


def is_exception(context: Any) -> bool:
    """Whether the view answers an exception, not a request."""
    return inspect.isclass(context) and issubclass(context, BaseException)
