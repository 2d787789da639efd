"""Sanic: applications, blueprints, ``add_route`` and ``HTTPMethodView``.

Source: sanic/mixins/routes.py (``methods`` defaults to GET), sanic/views.py (``decorators`` wrap every method).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.value_types import Made
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import (
    Framework,
    Include,
    Prefixes,
    Registration,
    Route,
    Slot,
    View,
    verbs,
)
from idem_lint.finding.prefix_tables import rooted

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_URL_PREFIX = Slot(None, ("url_prefix",))
_PATH = Slot(0, ("uri",))

_VERSION = Slot(None, ("version",))


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A version stands before all prefixes, and several places may say it: then the beginning is left open."""
    owner = found.owner
    said = parameter_binding.of(owner, finder.evaluator) if isinstance(owner, Made) else given
    is_versioned = any(arguments.get(_VERSION) is not None for arguments in (given, said))
    yield replace(found, is_open=True) if is_versioned else found


FRAMEWORK = Framework(
    name="sanic",
    titles=("Sanic",),
    adapter=runtime_adapters.SANIC,
    packages=("sanic", "sanic_ext", "sanic_openapi", "sanic_jwt", "sanic_routing"),
    methods={
        **verbs(path=_PATH),
        "route": Route(path=_PATH, methods=Slot(1, ("methods",))),
        "add_route": Route(
            target=Slot(0, ("handler",)), path=Slot(1, ("uri",)), methods=Slot(2, ("methods",))
        ),
    },
    views=(View(bases=("HTTPMethodView",), guards=("decorators",)),),
    tokens=(r"\.blueprint\(",),
    refine=_refine,
    prefixes=Prefixes(
        own={
            "Blueprint": Slot(1, ("url_prefix",)),
            "group": _URL_PREFIX,
            "BlueprintGroup": Slot(0, ("url_prefix",)),
        },
        applications=frozenset({"Sanic"}),
        methods={
            "blueprint": Include(router=Slot(0, ("blueprint",)), prefix=_URL_PREFIX, replaces=("Blueprint",)),
            "append": Include(router=Slot(0)),
        },
        functions={"group": Include(router="arguments", parent="result")},
        finish=rooted,
    ),
)
