"""Esmerald and its successor Ravyn: bare ``@post`` and ``@route``, the same on controllers and applications, ``add_route``.

Source: ravyn/routing/handlers.py (``route`` takes ``methods``; ``whpost`` and its like only describe what others serve),
ravyn/routing/router.py (``add_route(path, handler, methods)``).
"""

from __future__ import annotations

from idem_lint.finding.interface import Framework, Route, Slot, verbs

_ROUTE = Route(methods=Slot(None, ("methods",)), needs_path=False)

FRAMEWORK = Framework(
    name="ravyn",
    packages=("ravyn", "esmerald", "lilya"),
    titles=("Ravyn", "Esmerald", "Lilya"),
    methods={
        **verbs(needs_path=False),
        "route": _ROUTE,
        "add_route": Route(target=Slot(1, ("handler",)), methods=Slot(2, ("methods",))),
    },
    functions={
        **verbs(needs_path=False),
        "route": _ROUTE,
        "Path": Route(target=Slot(1, ("handler",)), methods=Slot(None, ("methods",))),
    },
    tokens=("esmerald", "ravyn", "lilya"),
    local=frozenset({"Path"}),
)
