"""django-ninja: ``NinjaAPI`` and ``Router``, ``add_api_operation``, ``add_decorator`` and ``decorate_view``.

Source: ninja/router.py (an operation compares with the upper-case method; the first one that takes a method answers),
ninja/decorators.py (``decorate_view`` above routes reaches the outermost operation below it, and no other).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

from idem_lint.engine.module_facts import CallSite, FunctionNode, Module, Scope, terminal
from idem_lint.engine.parameter_binding import Arguments, read
from idem_lint.engine.value_types import Const, Func, Items, Made, Member, Value, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import (
    POST,
    Finder,
    Framework,
    Include,
    Prefixes,
    Refused,
    Registration,
    Route,
    Slot,
    verbs,
)
from idem_lint.finding.modules_in_view import modules
from idem_lint.finding.prefix_tables import rooted

OPERATIONS = {
    "api_operation": Route(methods=Slot(0, ("methods",)), path=Slot(1, ("path",))),
    "add_api_operation": Route(
        path=Slot(0, ("path",)), methods=Slot(1, ("methods",)), target=Slot(2, ("view_func",))
    ),
}

_MODE = Slot(1, ("mode",))
_AROUND = "it stands around what Ninja does before the function, its authentication included, where no mark is looked for"

# The calls of a name in all modules of a finder, and how many modules there were.
_calls: WeakKeyDictionary[Finder, dict[str, tuple[int, list[CallSite]]]] = WeakKeyDictionary()


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """The operation with the methods it answers, unless an earlier one hides it."""
    methods = found.methods
    if found.written in OPERATIONS:
        methods -= _in_lower_case(given.get(OPERATIONS[found.written].methods))
        if not methods and not found.problem:
            return
    function = finder.definition(found.target)
    above = tuple(_decorate_view(finder, found, function)) if isinstance(function, Func) else ()
    guards = (*found.guards, *above)
    refined = replace(
        found, methods=methods, guards=guards, refused=around_view(finder, found, function, above)
    )
    if not isinstance(function, Func) or not _is_hidden(finder, refined, function):
        yield refined


def _in_lower_case(value: Value | None) -> frozenset[str]:
    """The methods that are only named in a spelling that matches no request."""
    words = {
        item.value
        for option in (options(value) if value is not None else ())
        for item in (option.items if isinstance(option, Items) else ())
        if isinstance(item, Const) and isinstance(item.value, str)
    }
    return frozenset(word.upper() for word in words if word.upper() not in words)


def _decorate_view(finder: Finder, found: Registration, function: Func) -> Iterator[tuple[Value, ast.AST]]:
    """``@decorate_view(…)`` above this route, and below the next one."""
    stack = function.node.decorator_list
    if isinstance(found.node, ast.expr) and found.node in stack:
        for node in reversed(stack[: stack.index(found.node)]):
            if _names_a_route(node):
                return
            if isinstance(node, ast.Call) and terminal(node.func) == "decorate_view":
                yield finder.evaluator.evaluate(node, function.scope, function.environment), node


def around_view(
    finder: Finder, found: Registration, function: Value | None, above: tuple[tuple[Value, ast.AST], ...] = ()
) -> tuple[Refused, ...]:
    """What stands around the whole operation: ``decorate_view`` (those above its route are ``above``), and what its router
    adds.
    """
    below = tuple(_decorates_below(finder, found, function)) if isinstance(function, Func) else ()
    views = (*above, *below, *_added(finder, found.owner, "view"))
    return tuple(Refused(value, node, _AROUND, opt_out=True) for value, node in views)


def _decorates_below(finder: Finder, found: Registration, function: Func) -> Iterator[tuple[Value, ast.AST]]:
    """``@decorate_view(…)`` below this route."""
    stack = function.node.decorator_list
    first = stack.index(found.node) + 1 if isinstance(found.node, ast.expr) and found.node in stack else 0
    for node in stack[first:]:
        if isinstance(node, ast.Call) and terminal(node.func) == "decorate_view":
            yield finder.evaluator.evaluate(node, function.scope, function.environment), node


def _names_a_route(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in FRAMEWORK.methods
    )


def _is_hidden(finder: Finder, found: Registration, function: Func) -> bool:
    """Whether a function further up takes POST on the same path of the same router: it alone is ever chosen."""
    owner = _owner(finder, found.node, found.scope)
    around = function.scope.node
    body = [] if isinstance(around, ast.Lambda) else around.body
    if owner is None or found.route is None or function.node not in body:
        return False
    earlier = [each for each in body[: body.index(function.node)] if isinstance(each, FunctionNode)]
    return any(
        _takes_post(finder, node, found.route, function.scope)
        and _owner(finder, node, function.scope) is owner
        for each in earlier
        for node in each.decorator_list
        if isinstance(node, ast.Call) and terminal(node.func) in FRAMEWORK.methods
    )


def _takes_post(finder: Finder, node: ast.Call, path: str, scope: Scope) -> bool:
    route = FRAMEWORK.methods[terminal(node.func)]
    given = Arguments(
        tuple(finder.evaluator.evaluate(each, scope) for each in node.args),
        {word.arg: finder.evaluator.evaluate(word.value, scope) for word in node.keywords if word.arg},
    )
    listed = given.get(route.methods)
    takes = route.fixed == POST or (isinstance(listed, Items) and Const("POST") in listed.items)
    return takes and given.get(route.path) == Const(path)


def _owner(finder: Finder, node: ast.AST, scope: Scope) -> ast.Call | None:
    """The call that made the router a decorator belongs to."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = finder.evaluator.evaluate(node.func.value, scope)
        return owner.call if isinstance(owner, Made) else None
    return None


def router_guards(finder: Finder, owner: Value) -> Iterator[tuple[Value, ast.AST]]:
    """What ``add_decorator`` puts on every operation of a router, of its parents, and of the API."""
    yield from _added(finder, owner, "operation")


def _added(finder: Finder, owner: Value, mode: str) -> Iterator[tuple[Value, ast.AST]]:
    """What is added in this mode: around the function, or (``view``) around all that Ninja does for it."""
    if not isinstance(owner, Made):
        return
    here = owner.scope.module
    sites = _sites(finder, here, "add_decorator")
    waiting = [owner.call] if sites else []
    for call in waiting:
        for site in sites:
            if _receiver(finder, site) is call and site.node.args and _mode(finder, site) == mode:
                yield finder.evaluator.evaluate(site.node.args[0], site.scope), site.node.args[0]
        for site in _sites(finder, here, "add_router"):
            parent = _receiver(finder, site)
            if parent is not None and parent not in waiting and call in _mounted(finder, site):
                waiting.append(parent)


def _mode(finder: Finder, site: CallSite) -> str:
    given = read(site.node, finder.evaluator, site.scope, {})
    return "view" if given.get(_MODE) == Const("view") else "operation"


def _sites(finder: Finder, here: Module, name: str) -> list[CallSite]:
    """The calls of this name in all modules."""
    loaded = modules(finder, here)
    known = _calls.setdefault(finder, {})
    if name not in known or known[name][0] != len(loaded):
        word = name.encode()
        sites = [
            site for module in loaded if word in module.source for site in module.sites(frozenset([word]))
        ]
        known[name] = len(loaded), [site for site in sites if terminal(site.node.func) == name]
    return known[name][1]


def _receiver(finder: Finder, site: CallSite) -> ast.Call | None:
    return _owner(finder, site.node, site.scope)


def _mounted(finder: Finder, site: CallSite) -> Iterator[ast.Call]:
    for node in [*site.node.args, *(word.value for word in site.node.keywords)]:
        value = finder.evaluator.evaluate(node, site.scope)
        if isinstance(value, Const) and isinstance(value.value, str):
            value = finder.evaluator.imported(value.value, site.scope.module)
        if isinstance(value, Made) and not isinstance(value.callee, Member):
            yield value.call


PREFIXES = Prefixes(
    own={"api_controller": Slot(0, ("prefix_or_class",))},
    methods={
        "add_router": Include(router=Slot(1, ("router",)), prefix=Slot(0, ("prefix",))),
        "register_controllers": Include(router="arguments"),
    },
    finish=rooted,
    by_definition=True,
)

FRAMEWORK = Framework(
    name="ninja",
    titles=("Django Ninja",),
    adapter=runtime_adapters.DJANGO,
    packages=("ninja",),
    methods={**verbs(), **OPERATIONS},
    refine=refine,
    router_guards=router_guards,
    tokens=(r"api_operation", "add_router"),
    prefixes=PREFIXES,
)
