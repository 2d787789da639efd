"""FastAPI: ``APIRouter``, ``FastAPI`` and everything that subclasses or wraps them.

Source: fastapi/routing.py (``methods`` defaults to GET), fastapi/applications.py.
"""

from __future__ import annotations

from idem_lint.frameworks.base import GET, Framework, Route, Slot, verbs

_GUARDS = ("dependencies",)

FRAMEWORK = Framework(
    name="fastapi",
    packages=("fastapi", "fastapi_utils", "fastapi_restful", "fastapi_versioning", "fastapi_router_controller"),
    methods={
        **verbs(guards=_GUARDS),
        "api_route": Route(guards=_GUARDS),
        "route": Route(methods=Slot(1, ("methods",))),
        "add_api_route": Route(target=Slot(1, ("endpoint",)), guards=_GUARDS),
        "add_route": Route(target=Slot(1, ("route", "endpoint")), methods=Slot(2, ("methods",))),
    },
    functions={"APIRoute": Route(target=Slot(1, ("endpoint",)), guards=_GUARDS, default=GET)},
    tokens=(r"api_route", r"APIRoute"),
)
