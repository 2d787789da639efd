"""BlackSheep: routers, the default router's bare ``@post``, controllers and ``router.add_post``.

Source: blacksheep/server/routing.py (``methods`` defaults to GET; ``add(method, pattern, handler)``),
blacksheep/server/controllers.py (a route without a path takes the controller's).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import UNKNOWN, Func
from idem_lint.finding.interface import (
    VERBS,
    Framework,
    Include,
    Prefixes,
    Registration,
    Route,
    Slot,
    verbs,
)
from idem_lint.finding.prefix_tables import rooted

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_PATTERN = Slot(0, ("pattern",))
_METHODS = Slot(1, ("methods",))


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """A controller's methods stand below what the controller says, and not at the default router's root."""
    function = finder.definition(found.target)
    is_method = isinstance(function, Func) and function.scope.is_class
    yield replace(found, owner=UNKNOWN) if is_method else found


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
    refine=_refine,
    prefixes=Prefixes(
        own={"Router": Slot(None, ("prefix",))},
        applications=frozenset({"Application", "route", "ws", *VERBS}),
        methods={"mount": Include(router=Slot(1, ("app",)), prefix=Slot(0, ("path",)))},
        functions={"Application": Include(router=Slot(None, ("router",)), parent="result")},
        finish=rooted,
    ),
)
