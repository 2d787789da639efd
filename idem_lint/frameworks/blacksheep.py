"""BlackSheep: routers, the default router's bare ``@post``, controllers and ``router.add_post``.

Source: blacksheep/server/routing.py (``methods`` defaults to GET; ``add(method, pattern, handler)``),
blacksheep/server/controllers.py (a route without a path takes the controller's).
"""

from __future__ import annotations

from idem_lint.finding.interface import VERBS, Framework, Route, Slot, verbs

_PATTERN = Slot(0, ("pattern",))
_METHODS = Slot(1, ("methods",))

FRAMEWORK = Framework(
    name="blacksheep",
    titles=("BlackSheep",),
    packages=("blacksheep",),
    methods={
        **verbs(path=_PATTERN, needs_path=False),
        "route": Route(path=_PATTERN, methods=_METHODS),
        **{
            f"add_{verb}": Route(fixed=frozenset({verb.upper()}), path=_PATTERN, target=Slot(1, ("handler",)))
            for verb in VERBS
        },
        "add": Route(methods=Slot(0, ("method",)), path=Slot(1, ("pattern",)), target=Slot(2, ("handler",))),
    },
    functions={**verbs(path=_PATTERN), "route": Route(path=_PATTERN, methods=_METHODS)},
    local=frozenset({"add"}),
)
