"""aiohttp.web: route tables, ``add_post``/``add_route`` on routers and resources, ``web.post`` and ``web.View``.

Source: aiohttp/web_urldispatcher.py (``add_route(method, path, handler)``; a resource's has no path),
aiohttp/web_routedef.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Made, Member
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import (
    ANY,
    VERBS,
    Framework,
    Include,
    Prefixes,
    Registration,
    Route,
    Slot,
    View,
    verbs,
)

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

# Not the whole of aiohttp: its client registers nothing, and services of every framework import it.
_PACKAGES = ("aiohttp.web", "aiohttp.web_app", "aiohttp.web_routedef", "aiohttp.web_urldispatcher")
_METHOD = Slot(0, ("method",))
_HANDLER = Slot(1, ("handler",))
_PATH = Slot(1, ("path",))


def _refine(_finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """A resource has its path already; its ``add_route`` takes none."""
    owner = found.owner
    made_by = owner.callee if isinstance(owner, Made) else None
    is_resource = isinstance(made_by, Member) and made_by.name == "add_resource"
    yield replace(found, route="", other_routes=()) if is_resource else found


FRAMEWORK = Framework(
    name="aiohttp",
    titles=("aiohttp",),
    adapter=runtime_adapters.AIOHTTP,
    packages=(
        *_PACKAGES,
        "aiohttp_apispec",
        "aiohttp_cors",
        "aiohttp_swagger3",
        "aiohttp_security",
        "aiohttp_session",
        "aiohttp_pydantic",
    ),
    methods={
        **verbs(),
        **{f"add_{verb}": Route(fixed=frozenset({verb.upper()}), target=_HANDLER) for verb in VERBS},
        "route": Route(methods=_METHOD, path=_PATH),
        "view": Route(fixed=ANY),
        "add_view": Route(fixed=ANY, target=_HANDLER),
        "add_route": Route(methods=_METHOD, path=_PATH, target=Slot(-1, ("handler",))),
    },
    functions={
        **verbs(target=_HANDLER),
        "route": Route(methods=_METHOD, path=_PATH, target=Slot(2, ("handler",))),
        "RouteDef": Route(methods=_METHOD, path=_PATH, target=Slot(2, ("handler",))),
        "view": Route(fixed=ANY, target=_HANDLER),
    },
    views=(View(bases=("View", "PydanticView")),),
    local=frozenset({*VERBS, "route", "view"}),
    refine=_refine,
    tokens=("add_subapp", "add_routes"),
    prefixes=Prefixes(
        own={"add_resource": Slot(0, ("path",))},
        applications=frozenset({"Application"}),
        methods={
            "add_subapp": Include(router=Slot(1, ("subapp",)), prefix=Slot(0, ("prefix",))),
            "add_routes": Include(router=Slot(0, ("routes",))),
            "add_resource": Include(router="result", parent="receiver"),
        },
    ),
)
