"""fastapi-controllers: ``@post`` on the methods of a class, from which a router is made.

Source: fastapi_controllers/__init__.py (the decorators note the routes of ``APIRouter`` on the function).
"""

from __future__ import annotations

from dataclasses import replace

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Route, verbs

FRAMEWORK = Framework(
    name="fastapi_controllers",
    packages=("fastapi_controllers",),
    titles=("fastapi-controllers",),
    adapter=runtime_adapters.STARLETTE,
    functions={
        **{name: replace(route, deferred=True) for name, route in verbs().items()},
        "route": Route(deferred=True),
    },
    tokens=("fastapi_controllers",),
    local=frozenset({"route"}),
)
