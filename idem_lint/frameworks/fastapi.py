"""FastAPI: ``APIRouter``, ``FastAPI`` and everything that subclasses or wraps them.

Source: fastapi/routing.py (``methods`` defaults to GET; ``dependencies`` run before the handler),
fastapi/applications.py (``webhooks`` and ``callbacks`` only describe what others serve).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.facts import Module
from idem_lint.frameworks import starlette
from idem_lint.frameworks.base import GET, Framework, Registration, Route, Slot, verbs
from idem_lint.scopes import terminal
from idem_lint.values import Func, Made, Member, Value, options

if TYPE_CHECKING:
    from idem_lint.arguments import Arguments
    from idem_lint.finder import Finder

_GUARDS = ("dependencies",)
_DESCRIPTIONS = frozenset({"callbacks", "webhooks"})
_DEPENDENCIES = frozenset({"Depends", "Security"})


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    if not _only_describes(finder, found):
        guards = (*found.guards, *_parameter_guards(finder, found.target))
        yield from starlette.refine(finder, replace(found, guards=guards), given)


def _only_describes(finder: Finder, found: Registration) -> bool:
    """Whether the router documents what others serve: ``app.webhooks``, or one given as ``callbacks=``."""
    owner = found.owner
    if isinstance(owner, Member):
        return owner.name == "webhooks"
    return isinstance(owner, Made) and any(
        each is owner.call for each in _described(finder, found.scope.module)
    )


def _described(finder: Finder, module: Module) -> Iterator[ast.Call]:
    """The calls that made the routers whose routes a call in the module gets as descriptions."""
    if not any(word.encode() in module.source for word in _DESCRIPTIONS):
        return
    for site in module.sites([word.encode() for word in _DESCRIPTIONS]):
        for word in site.node.keywords:
            if word.arg in _DESCRIPTIONS:
                for value in options(finder.evaluator.evaluate(word.value, site.scope)):
                    router = value.owner if isinstance(value, Member) else value
                    if isinstance(router, Made):
                        yield router.call


def _parameter_guards(finder: Finder, target: Value) -> Iterator[tuple[Value, ast.AST]]:
    """Dependencies that the handler's own parameters name."""
    function = finder.definition(target)
    if isinstance(function, Func):
        for node in _parameter_values(function.node.args):
            if isinstance(node, ast.Call) and terminal(node.func) in _DEPENDENCIES:
                value = finder.evaluator.evaluate(node, function.scope, function.environment)
                yield from ((guard, node) for guard in finder.guard_values(value))


def _parameter_values(spec: ast.arguments) -> Iterator[ast.expr | None]:
    """The defaults of the parameters, and what ``Annotated`` says of them."""
    yield from spec.defaults
    yield from spec.kw_defaults
    for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs):
        annotation = parameter.annotation
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            yield from annotation.slice.elts


def _router_guards(finder: Finder, owner: Value) -> Iterator[tuple[Value, ast.AST]]:
    """``APIRouter(dependencies=[Depends(guard)])``."""
    if not isinstance(owner, Made):
        return
    for word in owner.call.keywords:
        if word.arg in _GUARDS:
            value = finder.evaluator.evaluate(word.value, owner.scope, owner.environment)
            yield from ((guard, word.value) for guard in finder.guard_values(value))


FRAMEWORK = Framework(
    name="fastapi",
    packages=(
        *("fastapi", "fastapi_utils", "fastapi_restful", "fastapi_versioning", "fastapi_router_controller"),
        *("fastapi_class", "classy_fastapi", "fastapi_crudrouter", "fastapi_versionizer", "cadwyn"),
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
    refine=_refine,
    router_guards=_router_guards,
    tokens=(r"api_route", r"APIRoute"),
)
