"""Marked functions that answer for several operations under no name of their own: start-up refuses those.

The rule is that of ``idem_runtime/startup/scope_checks.py``, read from the source: what a mark made of one function may
answer for one operation, which is a method and a route, unless ``operation=`` names it. Where the source does not tell
that one application serves both, or that one function is behind them, a handler is not accused.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from itertools import combinations

from idem_lint.engine.conditions import conditions_in
from idem_lint.engine.module_facts import CallSite, Scope
from idem_lint.engine.value_types import Func, Made, Value, options
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import Registration
from idem_lint.finding.prefix_tables import UNSAID
from idem_lint.finding.router_includes import Inclusion, identity
from idem_lint.finding.runtime_adapters import DJANGO
from idem_lint.judging.mark_placement import Definition, Entry, applied

_NOT_COUNTED = frozenset({"GET", "HEAD", "OPTIONS", "*"})
"""Methods that frameworks add to others, and those that IDM008 asks to give to a handler of their own."""
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_MOST = 16
"""How many registrations of one function are compared: more of them would not tell more."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class SeveralOperations:
    """Asks definitions with their marks."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def of(
        self, definition: Definition, registrations: Collection[Registration], entries: Collection[Entry]
    ) -> tuple[str, ...]:
        """The operations, as start-up names them, that one mark without ``operation=`` answers for; none where it is one.

        Where nothing is marked as money-moving, those that a mark directly above the function would answer for.
        """
        if not isinstance(definition, Func):
            return ()
        marks = [each for each in entries if each.use.name == "money_moving" and not each.problem]
        for node in [each.node for each in marks if _is_unnamed(each, registrations)] if marks else [None]:
            behind = [each for each in registrations if self._is_asked(each, definition, node)]
            if self._are_several(definition, behind[:_MOST]) and not _is_made_in_a_loop(definition):
                return self._operations(behind)
        return ()

    def _is_asked(self, found: Registration, definition: Func, mark: ast.AST | None) -> bool:
        """Whether what is registered is behind the mark, start-up looks at it, and its route is known."""
        above = definition.node.decorator_list
        place = next((n for n, node in enumerate(reversed(above)) if node is mark), -1)
        return (
            (found.below is None or place < found.below)
            and self._finder.registry.adapter_of(found.framework) is not None
            and found.route is not None
            and not (found.problem or found.is_rpc or found.presumed)
            and bool(_methods(found))
        )

    def _are_several(self, definition: Func, behind: list[Registration]) -> bool:
        return any(
            self._says_several(definition, each) or self._is_included_twice(each) for each in behind
        ) or any(self._are_two(definition, one, other) for one, other in combinations(behind, 2))

    def _operations(self, behind: list[Registration]) -> tuple[str, ...]:
        """The operations of registrations, in the order of the source."""
        ordered = sorted(behind, key=_position)
        return tuple(
            dict.fromkeys(
                f"{method} {route}"
                for each in ordered
                for route in self._routes(each)
                for method in sorted(_methods(each))
            )
        )

    def _routes(self, found: Registration) -> tuple[str, ...]:
        return self._finder.route_prefixes.routes(found) or (found.route or "",)

    # one registration

    def _says_several(self, definition: Func, found: Registration) -> bool:
        """Whether one call lists several methods or paths; Django's decorators list the methods."""
        is_django = self._finder.registry.adapter_of(found.framework) == DJANGO
        rows = len(_methods(found)) * (1 + len(found.other_routes))
        calls = [found.node, *(definition.node.decorator_list if is_django else ())]
        return rows > 1 and any(_is_list(given) for call in calls for given in _given(call))

    def _is_included_twice(self, found: Registration) -> bool:
        """Whether one router includes that of a registration twice, with two prefixes."""
        return any(
            _serve_twice(one, other)
            for inclusions in self._inclusions(found)
            for one, other in combinations(inclusions, 2)
        )

    def _inclusions(self, found: Registration) -> Iterator[list[Inclusion]]:
        """The inclusions of the router of a registration, and of each router that these lead to."""
        index = self._finder.route_prefixes.inclusions(found.scope.module)
        waiting, seen = [*options(found.owner)], set[ast.AST]()
        while waiting:
            router = waiting.pop()
            key = identity(router)
            if key is not None and key not in seen:
                seen.add(key)
                inclusions = index.of(router)
                yield inclusions
                waiting += [each.parent for each in inclusions]

    # two registrations

    def _are_two(self, definition: Func, one: Registration, other: Registration) -> bool:
        """Whether one function is behind two registrations, and one application serves them as two operations."""
        if not _run_the_same_function(definition, one, other) or _exclude_each_other(one, other):
            return False
        is_one_router = _are_of_one_router(one, other)
        if not is_one_router and not self._owners(one) & self._owners(other):
            return False
        if _methods(one) != _methods(other):
            return True
        first, second = set(self._routes(one)), set(self._routes(other))
        is_known = is_one_router or not any(UNSAID in route for route in first | second)
        return is_known and first.isdisjoint(second)

    def _owners(self, found: Registration) -> set[ast.AST]:
        """The routers and applications that serve a registration, of those that a module makes."""
        owners = [
            *options(found.owner),
            *(each.parent for above in self._inclusions(found) for each in above),
        ]
        keys = [identity(owner) for owner in owners if _is_made_once(owner)]
        return {key for key in keys if key is not None}


def _is_unnamed(mark: Entry, registrations: Iterable[Registration]) -> bool:
    """Whether a mark makes one function of this one, wherever it is registered, and names no operation."""
    around = (node for each in registrations for node, _ in applied(each) if each.below is None)
    is_one = mark.use.member is None and all(node is not mark.node for node in around)
    return is_one and not mark.use.has_operation


def _position(found: Registration) -> tuple[int, int]:
    return getattr(found.node, "lineno", 0), getattr(found.node, "col_offset", 0)


def _methods(found: Registration) -> frozenset[str]:
    return frozenset() if "*" in found.methods else found.methods - _NOT_COUNTED


def _given(call: ast.AST) -> list[ast.expr]:
    return [*call.args, *(word.value for word in call.keywords)] if isinstance(call, ast.Call) else []


def _is_list(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.Set) and len(node.elts) > 1


def _is_made_in_a_loop(definition: Func) -> bool:
    """Whether the definition stands in a loop, so that there are several functions."""
    around = definition.scope.node
    loops = (part for part in ast.walk(around) if isinstance(part, _LOOPS))
    return any(part is definition.node for loop in loops for part in ast.walk(loop))


def _function_around(scope: Scope | None) -> ast.AST | None:
    """The function that a scope is of, or in."""
    while scope is not None and not isinstance(scope.node, _FUNCTIONS):
        scope = scope.parent
    return scope.node if scope is not None else None


def _run_the_same_function(definition: Func, one: Registration, other: Registration) -> bool:
    """Whether what runs around both of them registers one function twice."""
    inside = _function_around(definition.scope)
    around, elsewhere = _function_around(one.scope), _function_around(other.scope)
    if around is not elsewhere or inside not in (None, around):
        return False
    return around is None or one.node is not other.node


def _exclude_each_other(one: Registration | CallSite, other: Registration | CallSite) -> bool:
    """Whether two calls stand in two branches of which one runs."""
    conditions = conditions_in(one.scope.node)
    first, second = (
        {id(each.test): each.holds for each in conditions.get(id(site.node), ()) if each.test is not None}
        for site in (one, other)
    )
    return any(second.get(test, holds) != holds for test, holds in first.items())


def _are_of_one_router(one: Registration, other: Registration) -> bool:
    """Whether one router or application registers both; of tables, one statement."""
    keys = [{identity(owner) for owner in options(each.owner)} for each in (one, other)]
    if keys[0] == keys[1] and len(keys[0]) == 1 and None not in keys[0]:
        return True
    return keys[0] == keys[1] == {None} and one.scope.node is other.scope.node


def _is_made_once(owner: Value) -> bool:
    """Whether what a call made is one object: no function makes it at each of its calls."""
    return isinstance(owner, Made) and _function_around(owner.scope) is None


def _serve_twice(one: Inclusion, other: Inclusion) -> bool:
    """Whether two inclusions of one router are in one parent, below two prefixes."""
    if one.site is None or other.site is None or set(one.prefixes) & set(other.prefixes):
        return False
    if UNSAID in "".join((*one.prefixes, *other.prefixes)) or identity(one.parent) is not identity(
        other.parent
    ):
        return False
    if one.site.node is other.site.node or one.site.scope.node is not other.site.scope.node:
        return _is_made_once(one.parent)
    return not _exclude_each_other(one.site, other.site)
