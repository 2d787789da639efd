"""Viewsets of REST framework: the map of methods to actions decides, never the method's name.

Source: rest_framework/viewsets.py (``as_view(actions)``), rest_framework/routers.py (``SimpleRouter.routes``, dynamic
routes for ``@action``), rest_framework/decorators.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import CallSite, terminal
from idem_lint.engine.value_types import (
    Applied,
    Const,
    External,
    Func,
    Items,
    Klass,
    Made,
    Member,
    Table,
    Value,
    options,
)
from idem_lint.finding.interface import POST, Methods, Registration, Slot
from idem_lint.finding.prefix_tables import UNSAID
from idem_lint.frameworks.django.url_includes import Entry, functions, own_value, provider
from idem_lint.frameworks.django.view_inheritance import texts

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_ACTIONS = frozenset({"action", "detail_route", "list_route"})
_PACKAGES = ("rest_framework.", "adrf.")
_OF_LIST = frozenset({"list", "create"})
ActionMap = dict[str, str]


@dataclass(frozen=True, slots=True)
class Routing:
    """What a router makes of a viewset: a map for its standard methods, and for which ``detail`` it takes actions."""

    mapping: tuple[tuple[str, str], ...] = (("list", "get"), ("create", "post"), ("retrieve", "get"))
    details: frozenset[bool] = frozenset({True, False})


def collection(finder: Finder, found: Registration) -> str | None:
    """The route of a viewset's own collection below its router: its prefix, and the slash that the router ends with."""
    return found.route + _slash(finder, found) if found.route else found.route


def _slash(finder: Finder, call: Registration) -> str:
    """What the routes of a router end with; a router of the project's own may end them in any way."""
    for option in options(call.owner):
        if isinstance(option, Made) and isinstance(option.callee, External):
            given = parameter_binding.of(option, finder.evaluator).keywords.get("trailing_slash", Const(True))
            return (
                {Const(True): "/", Const(False): ""}.get(given, UNSAID)
                if isinstance(given, Const)
                else UNSAID
            )
    return UNSAID


def is_viewset(finder: Finder, klass: Klass) -> bool:
    """Whether a class takes an action map."""
    names = (base.name for base in finder.evaluator.mro(klass) if isinstance(base, External))
    return any(name.endswith(("ViewSet", "ViewSetMixin")) for name in names)


def entries(finder: Finder, klass: Klass, call: Registration | None) -> Iterator[Entry]:
    """The ways into a viewset that a registration opens."""
    actions = _actions_given(finder, call)
    if actions is not None:
        for name in dict.fromkeys(actions.values()):
            yield Entry(name, frozenset(verb.upper() for verb, each in actions.items() if each == name), call)
        return
    routing = _routing(finder, call)
    for name, verb in routing.mapping:
        if verb == "post" or own_value(finder, klass, name) is not None:
            yield Entry(name, frozenset({verb.upper()}), call)
    ending = _slash(finder, call) if call is not None else "/"
    for name, methods, path in _actions(finder, klass, routing):
        yield Entry(name, methods, call, path + ending)


def _actions_given(finder: Finder, call: Registration | None) -> ActionMap | None:
    """The map given to ``as_view``."""
    target = call.target if call is not None else None
    while isinstance(target, Applied):
        target = target.target
    if not isinstance(target, Made):
        return None
    given = parameter_binding.read(target.call, finder.evaluator, target.scope, target.environment)
    table = given.get(Slot(0, ("actions",)))
    if not isinstance(table, Table):
        return None
    pairs = (
        (key.value, value.value)
        for key, value in table.pairs
        if isinstance(key, Const) and isinstance(value, Const)
    )
    return {verb: name for verb, name in pairs if isinstance(verb, str) and isinstance(name, str)}


def _routing(finder: Finder, call: Registration | None) -> Routing:
    """The routes of the router that a viewset is registered with: its own, where the project has made it."""
    node = call.node if call is not None else None
    if call is None or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return Routing()
    for option in options(finder.evaluator.evaluate(node.func.value, call.scope)):
        klass = option.callee if isinstance(option, Made) else None
        routes = finder.evaluator.class_attribute(klass, "routes") if isinstance(klass, Klass) else None
        if isinstance(routes, Items) and routes.complete:
            return _custom(finder, routes)
        if isinstance(klass, Klass):
            return _changed(finder, klass)
    return Routing()


def _changed(finder: Finder, router: Klass) -> Routing:
    """REST framework's routes as a router's class body changes them: ``routes[0].mapping.update({…})``."""
    pairs = list(Routing().mapping)
    for base in finder.evaluator.mro(router):
        for site in base.module.sites([b"mapping"]) if isinstance(base, Klass) else ():
            if isinstance(base, Klass) and site.scope is base.body and _is_of_mapping(site.node.func):
                of_list = _is_of_list(site.node.func)
                for verb, name in _updates(finder, site):
                    pairs = [
                        (own, each) for own, each in pairs if each != verb or (own in _OF_LIST) != of_list
                    ]
                    pairs.append((name, verb))
    return Routing(tuple(pairs))


def _is_of_list(func: ast.expr) -> bool:
    """Whether it is the first route whose mapping is changed: the list's."""
    route = (
        func.value.value
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Attribute)
        else None
    )
    return (
        isinstance(route, ast.Subscript) and isinstance(route.slice, ast.Constant) and route.slice.value == 0
    )


def _is_of_mapping(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and terminal(func.value) == "mapping"


def _updates(finder: Finder, site: CallSite) -> Iterator[tuple[str, str]]:
    """The verbs that ``mapping.update({…})`` or ``mapping["post"] = …`` gives an action, each with its name."""
    given = parameter_binding.read(site.node, finder.evaluator, site.scope, {})
    method = terminal(site.node.func)
    table = given.positional[0] if method == "update" and given.positional else None
    pairs = table.pairs if isinstance(table, Table) else ()
    if method == "__setitem__":
        pairs = ((given.positional[0], given.positional[1]),)
    for verb, name in pairs:
        if isinstance(verb, Const) and isinstance(name, Const):
            yield str(verb.value), str(name.value)


def _custom(finder: Finder, routes: Items) -> Routing:
    mapping: list[tuple[str, str]] = []
    details: set[bool] = set()
    for route in routes.items:
        if isinstance(route, Made):
            given = parameter_binding.read(route.call, finder.evaluator, route.scope, route.environment)
            table = given.get(Slot(1, ("mapping",)))
            for verb, name in table.pairs if isinstance(table, Table) else ():
                if isinstance(verb, Const) and isinstance(name, Const):
                    mapping.append((str(name.value), str(verb.value)))
            if "DynamicRoute" in _name(route.callee):
                detail = given.get(Slot(2, ("detail",)))
                details.update({detail.value is True} if isinstance(detail, Const) else {True, False})
    return Routing(tuple(mapping), frozenset(details))


def _actions(finder: Finder, klass: Klass, routing: Routing) -> Iterator[tuple[str, Methods, str]]:
    """The extra actions of a class, its bases' included, the methods of each, and the path of each."""
    found: dict[str, list[_Action]] = {}
    names = [
        name for base in finder.evaluator.mro(klass) if isinstance(base, Klass) for name in base.body.bindings
    ]
    for name in dict.fromkeys(names):
        step = provider(finder, klass, name)
        if step is not None and step.value is not None:
            for option in options(step.value):
                found.setdefault(name, []).extend(_declared(finder, option))
    routed = {
        name for name, each in found.items() if any(a.detail in routing.details for a in each if not a.of)
    }
    for name, each in found.items():
        methods = frozenset[str]().union(*(a.methods for a in each if (a.of or name) in routed))
        if methods:
            first = next((a for a in found.get(next((a.of for a in each if a.of), name), each)), each[0])
            lookup = f"{_lookup(finder, klass)}/" if first.detail else ""
            yield name, methods, lookup + (first.url_path or next((a.of for a in each if a.of), name))


def _lookup(finder: Finder, klass: Klass) -> str:
    """The parameter that tells one record of a viewset from the others."""
    for attribute in ("lookup_url_kwarg", "lookup_field"):
        value = finder.evaluator.class_attribute(klass, attribute)
        if value is not None and value != Const(None):
            return f"{{{parameter_binding.text(value) or UNSAID}}}"
    return "{pk}"


@dataclass(frozen=True, slots=True)
class _Action:
    methods: Methods
    detail: bool = True
    of: str = ""
    url_path: str = ""


def _declared(finder: Finder, value: Value) -> Iterator[_Action]:
    """The ``@action`` and ``@other.mapping.post`` decorators of a class attribute."""
    chain: list[Value] = []
    while isinstance(value, Applied):
        chain.append(value.decorator)
        value = value.target
    if isinstance(value, Func):
        chain.extend(link.decorator for link in reversed(finder.links(value)))
    found: list[_Action] = []
    for position, decorator in enumerate(chain):
        for option in options(decorator):
            action = _action(finder, option)
            if action is not None:
                around = [*chain[:position], *chain[position + 1 :]]
                found.extend([action] if not any(_loses_name(each) for each in around) else [])
    yield from found


def _action(finder: Finder, decorator: Value) -> _Action | None:
    if (
        isinstance(decorator, Member)
        and isinstance(decorator.owner, Member)
        and decorator.owner.name == "mapping"
    ):
        owners = functions(finder, decorator.owner.owner)
        return _Action(frozenset({decorator.name.upper()}), of=owners[0].node.name if owners else "")
    if not isinstance(decorator, Made) or not isinstance(decorator.callee, External):
        return None
    name = _name(decorator.callee)
    if name not in _ACTIONS or not decorator.callee.name.startswith(_PACKAGES):
        return None
    given = parameter_binding.read(decorator.call, finder.evaluator, decorator.scope, decorator.environment)
    value = given.get(Slot(0, ("methods",)))
    names, complete = texts(value) if value is not None else (frozenset({"get"}), True)
    methods: Methods = frozenset(each.upper() for each in names)
    if not complete:
        methods |= POST
    detail = given.get(Slot(1, ("detail",)))
    is_detail = detail.value is not False if isinstance(detail, Const) else name != "list_route"
    path = given.get(Slot(2, ("url_path",)))
    is_named = path is None or path == Const(None)
    return _Action(methods, is_detail, url_path="" if is_named else parameter_binding.text(path) or UNSAID)


def _loses_name(decorator: Value) -> bool:
    """A project decorator whose wrapper does not take over the function's name: the router refuses such an action."""
    if not isinstance(decorator, Func):
        return False
    inner = {
        node.name: node
        for node in decorator.node.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    returned = {each.id for each in decorator.body.returns if isinstance(each, ast.Name)}
    return any(not inner[name].decorator_list for name in returned & set(inner))


def _name(callee: Value) -> str:
    return callee.name.rpartition(".")[2] if isinstance(callee, External) else ""
