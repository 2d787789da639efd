"""Starlette: ``Route``, ``HTTPEndpoint``, ``add_route``, and what is mounted.

Source: starlette/routing.py (a function answers GET unless methods are given; a class routes by its methods).
"""

from __future__ import annotations

from idem_lint.frameworks.base import ANY, Framework, Route, Slot, View

_TARGET = Slot(1, ("endpoint", "route", "app"))

FRAMEWORK = Framework(
    name="starlette",
    packages=("starlette", "sse_starlette"),
    methods={
        "route": Route(methods=Slot(1, ("methods",))),
        "add_route": Route(target=_TARGET, methods=Slot(2, ("methods",))),
        "mount": Route(target=_TARGET, fixed=ANY),
    },
    functions={
        "Route": Route(target=_TARGET, methods=Slot(None, ("methods",))),
        "Mount": Route(target=_TARGET, fixed=ANY),
    },
    views=(View(bases=("HTTPEndpoint",)),),
    tokens=(r"HTTPEndpoint", r"\bmount\("),
)
