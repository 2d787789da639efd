"""fastapi-class: ``@View(router)`` on a class, whose methods are routed by their names or by ``@endpoint``.

Source: fastapi_class/views.py (the methods of an instance, each through ``add_api_route``), fastapi_class/routers.py
(``endpoint`` notes what is registered later; without methods the function's name says them).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Func, Klass
from idem_lint.finding import runtime_adapters, view_methods
from idem_lint.finding.interface import GET, POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    if isinstance(found.target, Klass):
        if finder.evaluator.class_attribute(found.target, "post") is not None:
            yield from view_methods.member(
                finder, replace(found, methods=POST, evidence="explicit"), found.target, "post"
            )
    elif found.written != "View":
        yield found if found.has_methods else replace(found, methods=_by_name(finder, found))


def _by_name(finder: Finder, found: Registration) -> frozenset[str]:
    function = finder.definition(found.target)
    return frozenset({function.node.name.upper()}) if isinstance(function, Func) else GET


FRAMEWORK = Framework(
    name="fastapi_class",
    packages=("fastapi_class",),
    titles=("fastapi-class",),
    adapter=runtime_adapters.STARLETTE,
    functions={
        "View": Route(fixed=POST, path=Slot(None, ("path",)), needs_path=False),
        "endpoint": Route(
            methods=Slot(0, ("methods",)),
            path=Slot(None, ("path",)),
            needs_path=False,
            deferred=True,
        ),
    },
    refine=_refine,
    tokens=("fastapi_class",),
    local=frozenset({"View", "endpoint"}),
)
