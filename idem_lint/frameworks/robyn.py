"""Robyn: applications, sub-routers and ``add_route``.

Source: robyn/__init__.py (``add_route(route_type, endpoint, handler)``).
"""

from __future__ import annotations

from idem_lint.finding.interface import Framework, Include, Prefixes, Route, Slot, verbs

_PATH = Slot(0, ("endpoint",))

FRAMEWORK = Framework(
    name="robyn",
    titles=("Robyn",),
    packages=("robyn",),
    methods={
        **verbs(path=_PATH),
        "add_route": Route(
            methods=Slot(0, ("route_type",)), path=Slot(1, ("endpoint",)), target=Slot(2, ("handler",))
        ),
    },
    tokens=("include_router",),
    prefixes=Prefixes(
        own={"SubRouter": Slot(1, ("prefix",))},
        applications=frozenset({"Robyn"}),
        methods={"include_router": Include(router=Slot(0, ("router",)))},
    ),
)
