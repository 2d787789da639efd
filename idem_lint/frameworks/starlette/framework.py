"""Starlette: ``Route``, ``HTTPEndpoint``, ``add_route``, and what is mounted.

Source: starlette/routing.py (a function answers GET unless methods are given; any other endpoint, or what is
mounted, is an ASGI application and answers every method), starlette/endpoints.py (``dispatch`` picks the method).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import terminal
from idem_lint.engine.value_types import Applied, Bound, Func, Klass, Lambda, Made, Value, options
from idem_lint.finding import runtime_adapters, view_methods
from idem_lint.finding.interface import ANY, Framework, Include, Prefixes, Registration, Route, Slot, View

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_TARGET = Slot(1, ("endpoint", "route", "app"))
_MOUNTS = frozenset({"mount", "Mount"})
MOUNT = Route(target=_TARGET, fixed=ANY)
ADD_ROUTE = Route(target=_TARGET, methods=Slot(2, ("methods",)))


def refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """Functions and view classes as they are; an ASGI application answers any method, one of a package is not ours."""
    for option in options(found.target):
        each = replace(found, target=option)
        if _is_application(finder, option):
            yield each if found.has_methods else replace(each, methods=ANY, evidence="any-method", problem="")
        elif found.written not in _MOUNTS or isinstance(_innermost(option), Func | Lambda | Bound):
            yield each


def _is_application(finder: Finder, target: Value) -> bool:
    """Whether a target is an instance of a project class that can be called."""
    target = _innermost(target)
    klass = target.callee if isinstance(target, Made) else None
    return isinstance(klass, Klass) and finder.evaluator.class_attribute(klass, "__call__") is not None


def _innermost(target: Value) -> Value:
    while isinstance(target, Applied):
        target = target.target
    return target


def _dispatch(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """An endpoint class with a ``dispatch`` of its own answers any method, unless that hands on to Starlette's."""
    own = finder.evaluator.class_attribute(klass, "dispatch")
    if own is not None and not any(map(_hands_on, options(own))):
        for found in view_methods.of_attribute(finder, klass, "starlette", View(bases=()), "dispatch", ANY):
            yield replace(found, evidence="any-method")


def _hands_on(method: Value) -> bool:
    """Whether a method calls the one of its bases."""
    return isinstance(method, Func) and any(
        isinstance(site.node.func, ast.Attribute)
        and site.node.func.attr == method.node.name
        and isinstance(site.node.func.value, ast.Call)
        and terminal(site.node.func.value.func) == "super"
        for site in method.module.sites_in(method.body)
    )


_PREFIX = Slot(0, ("path",))
_MOUNTED = Slot(1, ("app",))
INCLUDED = {"mount": Include(router=_MOUNTED, prefix=_PREFIX)}
# What a list of routes is given to: the objects of this list may be routes, or mounts with lists of their own.
HOLDERS = {
    "Starlette": Include(router=Slot(1, ("routes",)), parent="result"),
    "Router": Include(router=Slot(0, ("routes",)), parent="result"),
    "Mount": Include(router=Slot(2, ("routes", "app")), parent="result"),
}
PREFIXES = Prefixes(
    own={"Mount": _PREFIX},
    applications=frozenset({"Starlette"}),
    methods=INCLUDED,
    functions=HOLDERS,
)


FRAMEWORK = Framework(
    name="starlette",
    titles=("Starlette",),
    adapter=runtime_adapters.STARLETTE,
    packages=("starlette", "sse_starlette", "starlette_context"),
    methods={
        "route": Route(methods=Slot(1, ("methods",))),
        "add_route": ADD_ROUTE,
        "mount": MOUNT,
    },
    functions={
        "Route": Route(target=_TARGET),
        "Mount": MOUNT,
    },
    views=(View(bases=("HTTPEndpoint",)),),
    refine=refine,
    view_hook=_dispatch,
    tokens=(r"HTTPEndpoint", r"mount\("),
    prefixes=PREFIXES,
)
