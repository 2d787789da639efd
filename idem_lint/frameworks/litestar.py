"""Litestar: bare ``@post``, ``@route``, ``HTTPRouteHandler`` and what extends them; controllers and routers.

Source: litestar/handlers/http_handlers (``http_method`` is required), litestar/controller.py (the routes of a
controller are registered with the class, and with each subclass that is registered, unless it overrides them).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import constants
from idem_lint.engine.value_types import Func, Klass, Value, innermost, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import (
    ANY,
    PATH,
    Framework,
    Include,
    Prefixes,
    Registration,
    Route,
    Slot,
    verbs,
)
from idem_lint.finding.prefix_tables import rooted

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_CONTAINERS = frozenset({"Litestar", "Starlite", "Router", "register"})
_ROUTE = Route(methods=Slot(None, ("http_method",)), default=frozenset())
_HANDLERS = Slot(0, ("route_handlers",))
_APPLICATION = Route(target=_HANDLERS, fixed=ANY)
_OWN_PATH = Slot(None, ("path",))


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    if found.written in _CONTAINERS:
        classes = [
            option for item in _registered(found) for option in options(item) if isinstance(option, Klass)
        ]
        yield from (replace(found, target=klass) for klass in classes)
        return
    if not (found.has_methods or found.problem):
        found = replace(found, problem="no `http_method` is given where it is registered")
    if given.complete and given.get(PATH) is None:
        found = replace(found, route="/")
    yield replace(found, klass=_base_of_overrides(finder, found))


def _registered(found: Registration) -> tuple[Value, ...]:
    return constants.items(found.target) if found.written != "register" else (found.target,)


def _base_of_overrides(finder: Finder, found: Registration) -> Klass | None:
    """The controller of a method, if every class that extends it overrides the method: it may have no route itself."""
    scope = found.scope
    if not isinstance(scope.node, ast.ClassDef) or scope.parent is None or not isinstance(found.target, Func):
        return None
    heirs = finder.evaluator.heirs.get(scope.node, {}).values()
    name = found.target.node.name
    own = innermost(found.target)
    kept = [heir for heir in heirs if _method(finder, heir, name) is own]
    return Klass(scope.node, scope.parent) if heirs and not kept else None


def _method(finder: Finder, klass: Klass, name: str) -> object:
    found = finder.evaluator.class_attribute(klass, name)
    return innermost(found) if found is not None else None


def _normal(route: str) -> str:
    """A route as Litestar keeps it: one slash at the start, none at the end."""
    return rooted(route.rstrip("/"))


FRAMEWORK = Framework(
    name="litestar",
    titles=("Litestar",),
    adapter=runtime_adapters.LITESTAR,
    packages=("litestar",),
    methods={"register": Route(target=Slot(0, ("value",)), fixed=ANY)},
    functions={
        **verbs(needs_path=False),
        "route": _ROUTE,
        "HTTPRouteHandler": _ROUTE,
        "asgi": Route(fixed=ANY),
        "Litestar": _APPLICATION,
        "Starlite": _APPLICATION,
        "Router": Route(target=Slot(1, ("route_handlers",)), fixed=ANY),
    },
    refine=_refine,
    local=_CONTAINERS,
    prefixes=Prefixes(
        own={"Litestar": _OWN_PATH, "Starlite": _OWN_PATH, "Router": Slot(0, ("path",))},
        applications=frozenset({"Litestar", "Starlite"}),
        methods={"register": Include(router=Slot(0, ("value",)))},
        functions={
            **dict.fromkeys(("Litestar", "Starlite"), Include(router=_HANDLERS, parent="result")),
            "Router": Include(router=Slot(1, ("route_handlers",)), parent="result"),
        },
        finish=_normal,
        attribute="path",
        by_definition=True,
    ),
)
