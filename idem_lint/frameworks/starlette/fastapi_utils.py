"""fastapi-utils and its fork fastapi-restful: resources, which an ``Api`` routes by the names of their methods.

Source: fastapi_utils/cbv_base.py (``add_resource`` takes an instance), fastapi_utils/cbv.py (each method with the name of a
method of ``APIRouter``). ``@cbv`` registers nothing itself: its router's decorators do.
"""

from __future__ import annotations

from dataclasses import replace

from idem_lint.finding.interface import ANY, Route, Slot, View
from idem_lint.frameworks.starlette import fastapi

FRAMEWORK = replace(
    fastapi.FRAMEWORK,
    name="fastapi_utils",
    packages=("fastapi_utils", "fastapi_restful"),
    titles=("fastapi-utils", "fastapi-restful"),
    methods={
        **fastapi.FRAMEWORK.methods,
        "add_resource": Route(fixed=ANY, path=Slot(1), target=Slot(0, ("resource",)), needs_path=False),
    },
    views=(View(bases=("Resource",)),),
    tokens=("fastapi_utils", "fastapi_restful"),
)
