"""Sanic: applications, blueprints, ``add_route`` and ``HTTPMethodView``.

Source: sanic/mixins/routes.py (``methods`` defaults to GET), sanic/views.py (``decorators`` wrap every method).
"""

from __future__ import annotations

from idem_lint.finding.interface import Framework, Route, Slot, View, verbs

_PATH = Slot(0, ("uri",))

FRAMEWORK = Framework(
    name="sanic",
    titles=("Sanic",),
    packages=("sanic", "sanic_ext", "sanic_openapi", "sanic_jwt", "sanic_routing"),
    methods={
        **verbs(path=_PATH),
        "route": Route(path=_PATH, methods=Slot(1, ("methods",))),
        "add_route": Route(
            target=Slot(0, ("handler",)), path=Slot(1, ("uri",)), methods=Slot(2, ("methods",))
        ),
    },
    views=(View(bases=("HTTPMethodView",), guards=("decorators",)),),
)
