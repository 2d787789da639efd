"""Ray Serve: a deployment answers every method by its ``__call__``, unless an ingress routes to its methods.

Source: python/ray/serve/api.py (``deployment``, ``ingress``). The routes of an ingress are those of its FastAPI application.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import External, Klass, Made
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_CALLED = "__call__"


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    klass = found.target
    if not isinstance(klass, Klass):
        yield found
    elif not _has_ingress(finder, klass) and finder.evaluator.class_attribute(klass, _CALLED) is not None:
        yield from view_methods.member(finder, replace(found, attribute=_CALLED), klass, _CALLED)


def _has_ingress(finder: Finder, klass: Klass) -> bool:
    values = (finder.evaluator.evaluate(node, klass.scope) for node in klass.node.decorator_list)
    callees = [value.callee for value in values if isinstance(value, Made)]
    return any(isinstance(callee, External) and callee.name.endswith(".ingress") for callee in callees)


FRAMEWORK = Framework(
    name="ray_serve",
    packages=("ray.serve",),
    titles=("Ray Serve",),
    functions={
        "deployment": Route(fixed=ANY, path=Slot(None, ("route_prefix",)), needs_path=False, bare=True)
    },
    refine=_refine,
    tokens=(r"ray\.serve", r"import serve"),
    local=frozenset({"deployment"}),
)
