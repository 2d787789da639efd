"""Pyramid: ``view_config`` on functions, methods and classes, ``add_view``, routes that restrict the method.

Source: pyramid/view.py, pyramid/config/view_methods.py (``request_method``: any where it is not given; ``decorator=``),
pyramid/config/routes.py. Venusian registers a method by its name, so all its decorators apply.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Module
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import UNKNOWN, Applied, Const, External, Func, Klass, Made, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import (
    ANY,
    VERBS,
    Framework,
    Include,
    Methods,
    Prefixes,
    Registration,
    Route,
    Slot,
)
from idem_lint.finding.prefix_tables import rooted
from idem_lint.frameworks.pyramid import view_defaults

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_METHOD = Slot(None, ("request_method",))
_ATTR = Slot(None, ("attr",))
_CONTEXT = Slot(None, ("context", "for_"))
_ROUTE_NAME = Slot(None, ("route_name",))
_EVERY: Methods = frozenset(verb.upper() for verb in VERBS)


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """The view with what its class, its decorator class and its route add."""
    if found.written == "add_directive":
        name = parameter_binding.text(given.get(Slot(0, ("name",))))
        if name is not None and isinstance(found.target, Func):
            finder.directives[name] = found.target
        return
    defaults = view_defaults.defaults(finder, found)
    given = Arguments((), defaults).then(given)
    if any(_is_exception(finder, option) for option in options(given.get(_CONTEXT) or Const(None))):
        return
    said = _with_guards(finder, found, defaults)
    methods, problem = _methods(given.get(_METHOD))
    route = parameter_binding.text(given.get(_ROUTE_NAME))
    methods = _restricted(methods, _route_methods(finder, found.scope.module, route))
    patterns, configurator = _pattern(finder, found.scope.module, route)
    said = replace(
        said,
        methods=methods,
        problem=problem,
        route=patterns[0] if patterns else None,
        other_routes=patterns[1:],
        owner=configurator,
        evidence="any-method" if methods == ANY else "explicit",
    )
    for target in options(_resolved(finder, said)):
        yield from _of_target(finder, replace(said, target=target), parameter_binding.text(given.get(_ATTR)))


def _of_target(finder: Finder, found: Registration, attr: str | None) -> Iterator[Registration]:
    """The view itself; for a class, the method that is called."""
    target = found.target
    while isinstance(target, Applied):
        target = target.target
    if isinstance(target, Klass):
        yield from view_methods.member(finder, found, target, attr or "__call__")
    elif isinstance(target, Func) and target.scope.is_class:
        yield replace(
            found, deferred=not isinstance(found.node, ast.Call) or found.node in target.node.decorator_list
        )
    else:
        yield found


def _methods(value: Value | None) -> tuple[Methods, str]:
    """The methods of a predicate; ``not_("GET")`` are all the others."""
    if value is None or value == Const(None):
        return ANY, ""
    if isinstance(value, Made) and isinstance(value.callee, External) and value.callee.name.endswith(".not_"):
        named = [word.value for word in value.call.args if isinstance(word, ast.Constant)]
        return _EVERY - {str(word).upper() for word in named}, ""
    return parameter_binding.methods(value)


def _restricted(methods: Methods, allowed: Methods | None) -> Methods:
    if allowed is None or allowed == ANY:
        return methods
    return allowed if methods == ANY else methods & allowed


def _route_methods(finder: Finder, here: Module, name: str | None) -> Methods | None:
    """The methods that ``config.add_route(name, …, request_method=…)`` lets through."""
    for site in finder.call_index.sites("add_route", here) if name is not None else ():
        if any(word.arg == "request_method" for word in site.node.keywords):
            for env in finder.evaluator.rounds(site.loops, site.scope, {}) or [{}]:
                given = parameter_binding.read(site.node, finder.evaluator, site.scope, env)
                if parameter_binding.text(given.get(Slot(0, ("name",)))) == name:
                    methods, problem = _methods(given.get(_METHOD))
                    return None if problem else methods
    return None


def _pattern(finder: Finder, here: Module, name: str | None) -> tuple[tuple[str, ...], Value]:
    """The pattern of ``config.add_route(name, pattern)``, and the configurator that has it."""
    for site in finder.call_index.sites("add_route", here) if name is not None else ():
        func = site.node.func
        for env in finder.evaluator.rounds(site.loops, site.scope, {}) or [{}]:
            given = parameter_binding.read(site.node, finder.evaluator, site.scope, env)
            if parameter_binding.text(given.get(Slot(0, ("name",)))) == name and isinstance(
                func, ast.Attribute
            ):
                patterns = parameter_binding.texts(given.get(Slot(1, ("pattern", "path"))))
                return patterns, finder.evaluator.evaluate(func.value, site.scope, env)
    return (), UNKNOWN


def _with_guards(finder: Finder, found: Registration, defaults: dict[str, Value]) -> Registration:
    value = defaults.get("decorator")
    if value is None or found.guards:
        return found
    return replace(found, guards=tuple((guard, found.node) for guard in finder.guard_values(value)))


def _is_exception(finder: Finder, context: Value) -> bool:
    """Whether a view is for what was raised: it answers in the place of another view."""
    names = [context] if isinstance(context, External) else []
    if isinstance(context, Klass):
        names = [base for base in finder.evaluator.mro(context) if isinstance(base, External)]
    return any(_is_exception_name(base.name) for base in names)


def _is_exception_name(name: str) -> bool:
    last = name.rpartition(".")[2]
    known = getattr(builtins, last, None)
    is_builtin = isinstance(known, type) and issubclass(known, BaseException)
    return is_builtin or name.startswith("pyramid.httpexceptions.") or last.endswith(("Error", "Exception"))


def _resolved(finder: Finder, found: Registration) -> Value:
    """A view that is named as text: ``"wallet.views.pay"``, ``".views.pay"``."""
    target = found.target
    if not (isinstance(target, Const) and isinstance(target.value, str)):
        return target
    module = found.scope.module
    name = target.value.replace(":", ".")
    if name.startswith("."):
        package = module.name if module.is_package else module.name.rpartition(".")[0]
        name = f"{package}{name}".strip(".")
    # Without a dot it names no function of a module: a method that a class's own scan looks up.
    return finder.evaluator.imported(name, module) if "." in name else UNKNOWN


_VIEW = Route(
    methods=_METHOD,
    path=Slot(None, ("route_name", "name")),
    default=ANY,
    guards=("decorator",),
    needs_path=False,
)
FRAMEWORK = Framework(
    name="pyramid",
    titles=("Pyramid",),
    packages=("pyramid", "pyramid_rpc"),
    methods={
        "add_view": replace(_VIEW, target=Slot(0, ("view",))),
        "add_directive": Route(path=Slot(0, ("name",)), target=Slot(1, ("directive",)), strict=False),
    },
    functions={"view_config": _VIEW},
    refine=refine,
    tokens=("pyramid",),
    adds_methods=True,
    prefixes=Prefixes(
        own={"Configurator": Slot(None, ("route_prefix",))},
        applications=frozenset({"Configurator"}),
        methods={"include": Include(router=Slot(0, ("callable",)), prefix=Slot(1, ("route_prefix",)))},
        finish=rooted,
    ),
)
