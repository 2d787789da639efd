"""Klein: ``@app.route(url, methods=[…])``, also around plating and requirers, which take a route decorator.

Source: klein/_app.py (``route`` gives its arguments to ``werkzeug.routing.Rule``, which answers any method unless told).
"""

from __future__ import annotations

from idem_lint.finding.interface import ANY, Framework, Route, Slot

_ROUTES = {"route": Route(path=Slot(0, ("url",)), methods=Slot(3, ("methods",)), default=ANY)}

FRAMEWORK = Framework(
    name="klein",
    titles=("Klein",),
    packages=("klein",),
    methods=_ROUTES,
    functions=_ROUTES,
    tokens=("klein",),
)
