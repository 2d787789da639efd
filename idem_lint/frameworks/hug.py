"""hug: ``@hug.post``, ``@hug.http(accept=…)``, routes of an API, routers that are chained, classes.

Source: hug/routing.py (``URLRouter``: without ``accept`` every method is answered; the function's name is the path where
none is given), hug/route.py (``object`` notes routes on methods, ``http_methods`` takes those named for a method).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import External, Klass, Value
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, VERBS, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_URLS = Slot(0, ("urls",))
_ACCEPT = Slot(1, ("accept",))
_HTTP = Route(path=_URLS, methods=_ACCEPT, default=ANY, needs_path=False, bare=True)
_ROUTES = {
    **{
        verb: Route(fixed=frozenset({verb.upper()}), path=_URLS, needs_path=False, bare=True)
        for verb in VERBS
    },
    **{
        f"{verb}_post": Route(
            fixed=frozenset({verb.upper(), "POST"}), path=_URLS, needs_path=False, bare=True
        )
        for verb in ("get", "put")
    },
    "http": _HTTP,
    "call": _HTTP,
    "object": _HTTP,
    "accept": Route(path=Slot(None), methods=Slot(0), needs_path=False),
    "http_methods": Route(path=_URLS, fixed=ANY, needs_path=False),
}


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """A class answers by its methods: those of HTTP's names, or those that note a route themselves."""
    if not isinstance(found.target, Klass):
        yield replace(found, deferred=_is_noted(found.owner))
    elif found.written == "http_methods":
        for verb in VERBS:
            if finder.evaluator.class_attribute(found.target, verb) is not None:
                method = replace(found, methods=frozenset({verb.upper()}), evidence="explicit")
                yield from view_methods.member(finder, method, found.target, verb)


def _is_noted(owner: Value) -> bool:
    """``@hug.object.post()`` on a method: the class registers it later."""
    return isinstance(owner, External) and owner.name.startswith("hug.object.")


FRAMEWORK = Framework(
    name="hug",
    titles=("hug",),
    packages=("hug",),
    methods=_ROUTES,
    functions=_ROUTES,
    refine=_refine,
    tokens=("hug",),
    local=frozenset({"http", "call", "object", "http_methods", "accept", "get_post", "put_post"}),
)
