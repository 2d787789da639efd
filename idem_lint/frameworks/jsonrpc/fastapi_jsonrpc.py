"""fastapi-jsonrpc: ``@entrypoint.method()``, ``add_method_route``; its application is FastAPI's.

Source: fastapi_jsonrpc/__init__.py (``MethodRoute`` answers POST alone).
"""

from __future__ import annotations

from dataclasses import replace

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import POST, Route, Slot
from idem_lint.frameworks.starlette import fastapi

_NAME = Slot(None, ("name",))

FRAMEWORK = replace(
    fastapi.FRAMEWORK,
    name="fastapi_jsonrpc",
    packages=("fastapi_jsonrpc",),
    titles=("fastapi-jsonrpc",),
    adapter=runtime_adapters.FUNCTIONS,
    methods={
        **fastapi.FRAMEWORK.methods,
        "method": Route(fixed=POST, path=_NAME, needs_path=False, strict=True),
        "add_method_route": Route(
            fixed=POST, path=_NAME, target=Slot(0, ("func",)), needs_path=False, strict=True
        ),
    },
    tokens=("fastapi_jsonrpc",),
    local=frozenset({"method", "add_method_route"}),
)
