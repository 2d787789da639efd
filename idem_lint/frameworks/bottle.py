"""Bottle: ``@post``, ``@app.route(path, method)``, calls with a callback, ``Route`` objects, plugins that wrap.

Source: bottle.py (``Bottle.route``: ``method`` is singular and second, default GET; ``ANY`` and ``PROXY`` answer all;
``callback`` may be text, ``module:name``; ``apply`` and ``install`` wrap, ``skip`` takes plugins away).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Const, Made, Value, options
from idem_lint.finding import router_mounts
from idem_lint.finding.interface import ANY, VERBS, Framework, Include, Prefixes, Registration, Route, Slot
from idem_lint.finding.prefix_tables import rooted

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_METHOD = Slot(1, ("method",))
_SKIP = Slot(None, ("skip",))


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A callback given as text, ``PROXY``, a path that is the function itself, and plugins that are skipped."""
    if "PROXY" in found.methods:
        found = replace(found, methods=ANY, evidence="any-method")
    for target in options(found.target):
        yield replace(
            found, target=_loaded(finder, target, found), guards=tuple(_guards(finder, found, given))
        )


def _loaded(finder: Finder, target: Value, found: Registration) -> Value:
    if isinstance(target, Const) and isinstance(target.value, str):
        return finder.evaluator.imported(target.value.replace(":", "."), found.scope.module)
    return target


def _guards(finder: Finder, found: Registration, given: Arguments) -> Iterator[tuple[Value, ast.AST]]:
    """The wrappers of a route without those in ``skip`` (``True``: all)."""
    skip = given.get(_SKIP)
    skipped = list(finder.guard_values(skip)) if skip is not None else []
    for value, node in found.guards:
        if Const(True) not in skipped and value not in skipped:
            yield value, node


def plugins(finder: Finder, owner: Value) -> Iterator[tuple[Value, ast.AST]]:
    """What ``app.install(…)`` puts around every route of the application."""
    for option in options(owner):
        if isinstance(option, Made):
            for given, node in router_mounts.calls(finder, option, "install", option.scope.module):
                for value in given.positional:
                    yield value, node


_GUARDS = ("apply",)
_VERBS = {
    verb: Route(
        fixed=frozenset({verb.upper()}),
        target=Slot(None, ("callback",)),
        guards=_GUARDS,
        needs_path=False,
        bare=True,
    )
    for verb in VERBS
    if verb not in {"head", "options"}
}
_ROUTE = Route(methods=_METHOD, target=Slot(2, ("callback",)), guards=_GUARDS, needs_path=False, bare=True)

FRAMEWORK = Framework(
    name="bottle",
    titles=("Bottle",),
    packages=("bottle",),
    methods={**_VERBS, "route": _ROUTE},
    functions={
        **_VERBS,
        "route": _ROUTE,
        "Route": Route(
            path=Slot(1, ("rule",)),
            methods=Slot(2, ("method",)),
            target=Slot(3, ("callback",)),
            guards=("plugins",),
        ),
    },
    refine=refine,
    router_guards=plugins,
    tokens=("bottle",),
    local=frozenset({*_VERBS, "route", "Route"}),
    telling=frozenset({"callback"}),
    prefixes=Prefixes(
        applications=frozenset({"Bottle", "default_app", "app", "AppStack", "route", *_VERBS}),
        methods={
            "mount": Include(router=Slot(1, ("app",)), prefix=Slot(0, ("prefix",))),
            "merge": Include(router=Slot(0, ("routes",))),
        },
        functions={"Route": Include(router="result", parent=Slot(0, ("app",)))},
        finish=rooted,
    ),
)
