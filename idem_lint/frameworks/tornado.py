"""Tornado: request handlers, and the tables that route to them.

Source: tornado/web.py (a method answers if ``SUPPORTED_METHODS`` has it and the class implements it; handlers may be
dotted names), tornado/routing.py (rules and nested routers).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Const, External, Func, Items, Klass, Made, Member, Value, options
from idem_lint.finding.interface import ANY, Framework, Registration, Route, Slot, View

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_PACKAGES = ("tornado", "jupyter_server", "jupyterhub", "notebook", "tornado_json", "tornado_swagger")
_VERBS = {verb: verb.upper() for verb in ("get", "post", "put", "patch", "delete", "head", "options")}


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    for option in options(found.target):
        for item in option.items if isinstance(option, Items) else (Items((Const(found.route), option)),):
            yield from _row(finder, found, item)


def _row(finder: Finder, found: Registration, row: Value) -> Iterator[Registration]:
    """One ``(pattern, handler, …)``; a rule object in the table is a call of its own."""
    for option in options(row):
        if isinstance(option, Items) and len(option.items) > 1:
            for handler in options(option.items[1]):
                yield from _handler(
                    finder, replace(found, route=parameter_binding.text(option.items[0])), handler
                )


def _handler(finder: Finder, found: Registration, handler: Value) -> Iterator[Registration]:
    if isinstance(handler, Const) and isinstance(handler.value, str):
        handler = finder.evaluator.imported(handler.value, found.scope.module)
    if isinstance(handler, Klass | Func):
        yield replace(found, target=handler)


def _module_hook(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """``super().__init__(handlers)`` in a class that extends ``Application``."""
    for site in scope.module.sites([b"__init__"]):
        if terminal(site.node.func) == "__init__":
            callee = finder.evaluator.evaluate(site.node.func, site.scope)
            skipped = _skipped(callee)
            if skipped is not None:
                given = parameter_binding.read(site.node, finder.evaluator, site.scope, {})
                target = given.get(Slot(skipped, ("handlers",)))
                if target is not None:
                    found = Registration(
                        "tornado", target, ANY, None, site.node, site.scope, has_methods=True
                    )
                    for each in _refine(finder, found, given):
                        klass = finder.view_class(each.target)
                        if klass is not None:
                            finder.view_calls.setdefault(klass.node, []).append(each)
                        else:
                            yield each


def _skipped(callee: Value) -> int | None:
    """How many arguments stand before the handlers, if the callee is ``Application.__init__``."""
    if isinstance(callee, External):
        return 1 if callee.name.startswith("tornado.") and ".Application." in callee.name else None
    if (
        isinstance(callee, Member)
        and isinstance(callee.owner, Made)
        and isinstance(callee.owner.callee, External)
    ):
        return 0 if callee.owner.callee.name.startswith("tornado.") else None
    return None


FRAMEWORK = Framework(
    name="tornado",
    titles=("Tornado",),
    packages=_PACKAGES,
    methods={
        "add_handlers": Route(fixed=ANY, target=Slot(1, ("host_handlers",))),
        "add_rules": Route(fixed=ANY, target=Slot(0, ("rules",))),
    },
    functions={
        "Application": Route(fixed=ANY, target=Slot(0, ("handlers",))),
        "url": Route(fixed=ANY, target=Slot(1, ("handler",))),
        "URLSpec": Route(fixed=ANY, target=Slot(1, ("handler",))),
        "Rule": Route(fixed=ANY, target=Slot(1, ("target",))),
    },
    views=(View(bases=("*Handler",), handlers=_VERBS, allowed="SUPPORTED_METHODS"),),
    refine=_refine,
    module_hook=_module_hook,
    local=frozenset({"Application", "url", "URLSpec", "Rule", "add_handlers", "add_rules"}),
)
