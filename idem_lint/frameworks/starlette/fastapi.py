"""FastAPI: ``APIRouter``, ``FastAPI`` and everything that subclasses or wraps them.

Source: fastapi/routing.py (``methods`` defaults to GET),
fastapi/applications.py (``webhooks`` and ``callbacks`` only describe what others serve).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import Func, Items, Made, Member, Value, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import GET, Framework, Include, Prefixes, Registration, Route, Slot, verbs
from idem_lint.finding.view_methods import wrappers
from idem_lint.frameworks.starlette import fastapi_dependencies as dependencies
from idem_lint.frameworks.starlette import framework as starlette

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_GUARDS = (dependencies.KEYWORD,)
_STARLETTE = frozenset({"route", "add_route", "mount"})
_DESCRIPTIONS = frozenset({"callbacks", "webhooks"})


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A route with the dependencies that guard it; nothing where it only describes what others serve."""
    if _only_describes(finder, found):
        return
    if found.written in _STARLETTE:  # they run no dependencies
        yield from starlette.refine(finder, replace(found, guards=(), below_own=False), given)
        return
    said = [*found.guards, *dependencies.of_parameters(finder, found.target)]
    every = dependencies.with_their_own(finder, said)
    guards = tuple(each for each in every if not dependencies.is_mark(each[0]))
    idle = () if _is_marked(finder, found.target) else tuple(dependencies.idle(finder, every))
    yield from starlette.refine(finder, replace(found, guards=guards, idle=idle), given)


def _only_describes(finder: Finder, found: Registration) -> bool:
    """Whether a route documents what others serve: one of ``app.webhooks``, or of a router given as ``callbacks=``."""
    owner = found.owner
    if found.written == "APIRoute":
        return any(each is found.node for each in _described(finder, found.scope.module))
    if isinstance(owner, Member):
        return owner.name == "webhooks"
    return isinstance(owner, Made) and _is_described(finder, owner, found.scope.module)


def _is_described(finder: Finder, router: Made, module: Module) -> bool:
    """Whether a router is given as a description, and nothing includes it to be served."""
    return any(each is router.call for each in _described(finder, module)) and all(
        isinstance(parent, Member) and parent.name == "webhooks"
        for parent in dependencies.parents(finder, router)
    )


def _described(finder: Finder, module: Module) -> Iterator[ast.Call]:
    """The calls that made the routers, or single routes, that a call in the module gets as descriptions."""
    if not any(word.encode() in module.source for word in _DESCRIPTIONS):
        return
    for site in module.sites([word.encode() for word in _DESCRIPTIONS]):
        given = [word.value for word in site.node.keywords if word.arg in _DESCRIPTIONS]
        if _is_of_webhooks(site.node.func):
            given.extend(site.node.args)
        for node in given:
            yield from _made(finder.evaluator.evaluate(node, site.scope))


def _is_of_webhooks(func: ast.expr) -> bool:
    """``app.webhooks.routes.append``, ``app.webhooks.include_router``."""
    parts = [part.attr for part in ast.walk(func) if isinstance(part, ast.Attribute)]
    return "webhooks" in parts[1:]


def _made(value: Value) -> Iterator[ast.Call]:
    """The calls that made a value, or what is in it; the ``routes`` of a router are the router's."""
    for option in options(value):
        made = option.owner if isinstance(option, Member) else option
        if isinstance(made, Made):
            yield made.call
        for item in made.items if isinstance(made, Items) else ():
            yield from _made(item)


def _is_marked(finder: Finder, target: Value) -> bool:
    """Whether the handler has a mark of its own: then a marked dependency is no attempt at one."""
    function = finder.definition(target)
    links = finder.links(function) if isinstance(function, Func) else []
    decorators = [*(link.decorator for link in links), *(decorator for decorator, _ in wrappers(target))]
    return any(map(dependencies.is_mark, decorators))


FRAMEWORK = Framework(
    name="fastapi",
    titles=("FastAPI", "fastapi-versioning", "fastapi-router-controller", "classy-fastapi", "Cadwyn"),
    adapter=runtime_adapters.STARLETTE,
    packages=(
        *("fastapi", "fastapi_versioning", "fastapi_router_controller", "classy_fastapi"),
        *("fastapi_versionizer", "cadwyn"),
    ),
    methods={
        **verbs(guards=_GUARDS),
        "api_route": Route(guards=_GUARDS),
        "route": Route(methods=Slot(1, ("methods",))),
        "add_api_route": Route(target=Slot(1, ("endpoint",)), guards=_GUARDS),
        "add_route": starlette.ADD_ROUTE,
        "mount": starlette.MOUNT,
    },
    functions={
        **verbs(),  # classy-fastapi's
        "APIRoute": Route(target=Slot(1, ("endpoint",)), guards=_GUARDS, default=GET),
    },
    refine=refine,
    router_guards=dependencies.of_router,
    tokens=(r"api_route", r"APIRoute", r"include_router"),
    prefixes=Prefixes(
        own={"APIRouter": Slot(0, ("prefix",)), "InferringRouter": Slot(0, ("prefix",))},
        applications=frozenset({"FastAPI"}),
        methods={
            **starlette.INCLUDED,
            "include_router": Include(router=Slot(0, ("router",)), prefix=Slot(None, ("prefix",))),
        },
        functions={"FastAPI": Include(router=Slot(None, ("routes",)), parent="result")},
    ),
)
