"""FastAPI's dependencies: which of them every request to a route passes, and what of them is no guard of the handler.

Source: fastapi/routing.py (a route runs its own dependencies, its router's, those of every router or application that
includes it, and what they depend on, before the handler; Starlette's routes and what is mounted run none of them).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Module, terminal
from idem_lint.engine.value_types import External, Func, Klass, Made, Member, Value, innermost, options
from idem_lint.finding import view_methods
from idem_lint.finding.known_frameworks import RUNTIME

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

KEYWORD = "dependencies"
_MARKERS = frozenset({"Depends", "Security"})
_MOUNTS = frozenset({"mount", "Mount"})
Guard: TypeAlias = tuple[Value, ast.AST]
Idle: TypeAlias = tuple[Value, ast.AST, str]


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """One way into a router: the router or application that includes it (if any), and the dependencies said there."""

    parent: Value | None
    guards: tuple[Guard, ...]


def of_router(finder: Finder, owner: Value) -> Iterator[Guard]:
    """The dependencies of a router or application, and those that everything which includes it has in common."""
    yield from _passed(finder, owner, ())


def _passed(finder: Finder, owner: Value, inside: tuple[ast.Call, ...]) -> Iterator[Guard]:
    while isinstance(owner, Member):  # app.router
        owner = owner.owner
    if not isinstance(owner, Made) or owner.call in inside:
        return
    yield from _said(finder, parameter_binding.of(owner, finder.evaluator).keywords, owner.call)
    common: dict[object, Guard] | None = None
    for way in _all_ways(finder, owner.scope.module).get(owner.call, ()):
        above = _passed(finder, way.parent, (*inside, owner.call)) if way.parent is not None else ()
        guards = {_identity(guard): (guard, node) for guard, node in (*way.guards, *above)}
        common = guards if common is None else {key: common[key] for key in common if key in guards}
    yield from (common or {}).values()


def parents(finder: Finder, router: Made) -> Iterator[Value | None]:
    """What includes a router; ``None`` for what mounts it."""
    yield from (way.parent for way in _all_ways(finder, router.scope.module).get(router.call, ()))


def _said(finder: Finder, keywords: dict[str, Value], call: ast.Call) -> Iterator[Guard]:
    if KEYWORD in keywords:
        node = next((word.value for word in call.keywords if word.arg == KEYWORD), call)
        yield from ((guard, node) for guard in finder.guard_values(keywords[KEYWORD]))


def _all_ways(finder: Finder, here: Module) -> dict[ast.Call, list[_Way]]:
    """The ways into each router, by the call that made it."""
    return finder.call_index.gathered(lambda: _table(finder, here), _Way)


def _table(finder: Finder, here: Module) -> dict[ast.Call, list[_Way]]:
    table: dict[ast.Call, list[_Way]] = {}
    for router, way in _found(finder, here):
        table.setdefault(router, []).append(way)
    return table


def _found(finder: Finder, here: Module) -> Iterator[tuple[ast.Call, _Way]]:
    """Every way into every router in view."""
    for word in ("include_router", *_MOUNTS):
        for site in finder.call_index.sites(word, here):
            func = site.node.func
            if terminal(func) != word:
                continue
            given = parameter_binding.read(site.node, finder.evaluator, site.scope, {})
            way = _Way(None, ())
            if word not in _MOUNTS and isinstance(func, ast.Attribute):
                parent = finder.evaluator.evaluate(func.value, site.scope)
                way = _Way(parent, tuple(_said(finder, given.keywords, site.node)))
            for value in (*given.positional, *given.keywords.values()):
                yield from ((each.call, way) for each in options(value) if isinstance(each, Made))


def _identity(guard: Value) -> object:
    """What tells a dependency from others: its definition, or the class it is an instance of."""
    while isinstance(guard, Made):
        guard = guard.callee
    return guard.node if isinstance(guard, Klass) else innermost(guard)


def of_parameters(finder: Finder, target: Value) -> Iterator[Guard]:
    """The dependencies that a function's own parameters name."""
    function = finder.definition(target)
    if isinstance(function, Func):
        for node in _parameter_values(function.node.args):
            if isinstance(node, ast.Call) and terminal(node.func) in _MARKERS:
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


def with_their_own(finder: Finder, guards: Iterable[Guard]) -> list[Guard]:
    """Dependencies with what they depend on."""
    found: dict[object, Guard] = {}
    waiting = list(guards)
    while waiting:
        guard, node = waiting.pop()
        if found.setdefault(_identity(guard), (guard, node)) == (guard, node):
            waiting += [(inner, node) for inner, _ in of_parameters(finder, guard)]
    return list(found.values())


def is_mark(guard: Value) -> bool:
    """Whether a dependency is one of the runtime's marks itself: ``Depends(money_moving)``."""
    while isinstance(guard, Made):
        guard = guard.callee
    return isinstance(guard, External) and guard.name.startswith(f"{RUNTIME}.")


def idle(finder: Finder, guards: Iterable[Guard]) -> Iterator[Idle]:
    """The marks in and on dependencies: they are no guards of the handler, each with the clause that says why."""
    for guard, node in guards:
        if is_mark(guard):
            yield guard, node, "a dependency runs before the handler, and wraps nothing of it"
            continue
        function = finder.definition(guard)
        links = finder.links(function) if isinstance(function, Func) else []
        name = function.node.name if isinstance(function, Func) else "it"
        for decorator, place in [
            *view_methods.wrappers(guard),
            *((link.decorator, link.node) for link in links),
        ]:
            yield decorator, place, f"it wraps the dependency `{name}`, which runs before the handler"
