"""A route in full: what its router was given when it was made, and where that router is included or mounted.

Each framework's table (:class:`~idem_lint.finding.prefix_tables.Prefixes`) says which calls give prefixes. A router that
is included twice has two prefixes; where one is not known from the source, ``…`` stands for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.value_types import External, Func, Klass, Made, Member, Parameter, Value, options
from idem_lint.finding.prefix_tables import NO_PREFIXES, THROUGH, UNSAID, Prefixes, slashed
from idem_lint.finding.router_includes import Inclusion, Inclusions, callers, identity, texts

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module
    from idem_lint.finding.interface import Finder, Framework, Registration

_UNKNOWN = (UNSAID,)
_MOST = 50  # routes of one router: more are no help to anybody


class RoutePrefixes:
    """The prefixes of the routers of one run."""

    def __init__(self, finder: Finder, frameworks: Iterable[Framework]) -> None:
        self._finder = finder
        self._frameworks = {framework.name: framework for framework in frameworks}

    def routes(self, registration: Registration) -> tuple[str, ...]:
        """The routes in full of one registration, ``…`` for each part that is not known; none where nothing is known."""
        framework = self._frameworks.get(registration.framework)
        paths = [path for path in (registration.route, *registration.other_routes) if path is not None]
        if framework is None:
            return tuple(_shown(slashed(UNSAID, path)) for path in paths)
        if not framework.prefixes.is_known:
            return tuple(map(_shown, paths))
        prefixes = self._of_registration(registration, framework)
        join = framework.prefixes.join
        routes = dict.fromkeys(
            _shown(join(prefix, path)) for prefix in prefixes for path in paths or _UNKNOWN
        )
        return tuple(route for route in routes if route.strip("/") != UNSAID)

    def _of_registration(self, registration: Registration, framework: Framework) -> tuple[str, ...]:
        """The prefixes of what registers; of a route that is an object of its own, those of what it is given to."""
        here = registration.scope.module
        own = self._inclusions(here).of_node(registration.node)
        if own:
            return self._below(own, ("",), here, ())
        owners = list(options(registration.owner))
        return _unique(prefix for owner in owners for prefix in self._of(owner, here, (), framework))

    def _inclusions(self, here: Module) -> Inclusions:
        frameworks = [framework for framework in self._frameworks.values() if framework.prefixes.is_known]
        index = self._finder.call_index
        return index.gathered(lambda: Inclusions(self._finder, frameworks, here), "inclusions")

    def _of(
        self, router: Value, here: Module, inside: tuple[ast.AST, ...], framework: Framework | None = None
    ) -> tuple[str, ...]:
        """The prefixes of a router: its own, below those of whatever includes it."""
        while isinstance(router, Member) and router.name in THROUGH:
            router = router.owner
        if isinstance(router, Parameter):
            return self._of_parameter(router, here, inside, framework)
        key = identity(router)
        if key is None:
            return ("",) if self._is_application(router) else _UNKNOWN
        if key in inside:
            return ()
        inclusions = self._inclusions(here).of(router)
        if inclusions:
            return self._below(inclusions, None, here, (*inside, key))
        own = self._own(router)
        if self._is_application(router):
            return own
        return self._joined(_UNKNOWN, own, self._table(router) or _table_of(framework))

    def _below(
        self,
        inclusions: Iterable[Inclusion],
        own: tuple[str, ...] | None,
        here: Module,
        inside: tuple[ast.AST, ...],
    ) -> tuple[str, ...]:
        """The prefixes of a router that is included in these places."""
        return _unique(
            prefix
            for inclusion in inclusions
            for prefix in self._through(
                inclusion, own, self._of(inclusion.parent, here, inside, inclusion.framework)
            )
        )

    def _through(
        self, inclusion: Inclusion, own: tuple[str, ...] | None, above: tuple[str, ...]
    ) -> tuple[str, ...]:
        table = _table_of(inclusion.framework)
        said = own if own is not None else self._own(inclusion.router)
        if inclusion.replaces and inclusion.prefixes != ("",):
            return self._joined(above, inclusion.prefixes, table)
        return self._joined(above, self._joined(inclusion.prefixes, said, table), table)

    def _joined(
        self, first: tuple[str, ...], second: tuple[str, ...], table: Prefixes | None
    ) -> tuple[str, ...]:
        join = (table or NO_PREFIXES).join
        return _unique(join(prefix, path) for prefix in first for path in second)

    # one router

    def _own(self, router: Value) -> tuple[str, ...]:
        """The prefix that a router was given when it was made."""
        if not isinstance(router, Made):
            return ("",)
        for name, table in self._names(router):
            if name in table.own:
                given = parameter_binding.of(router, self._finder.evaluator)
                return texts(given.get(table.own[name]), given)
        return ("",)

    def _is_application(self, router: Value) -> bool:
        """Whether a router is served as it is when nothing includes it."""
        return any(name in table.applications for name, table in self._names(router))

    def _table(self, router: Value) -> Prefixes | None:
        return next((table for _, table in self._names(router)), None)

    def _names(self, router: Value) -> Iterator[tuple[str, Prefixes]]:
        """The names of what made a router, each with its framework's table: the class, and what it extends."""
        callee = router.callee if isinstance(router, Made) else router
        for value in self._makers(callee):
            framework = self._finder.framework_of(value)
            name = value.name.rpartition(".")[2]
            if framework is not None and framework.prefixes.is_known:
                yield name, framework.prefixes

    def _makers(self, callee: Value) -> Iterator[External | Member]:
        evaluator = self._finder.evaluator
        if isinstance(callee, External | Member):
            yield callee
        elif isinstance(callee, Klass):
            yield from (base for base in evaluator.mro(callee) if isinstance(base, External))
        elif isinstance(callee, Func) and callee.node.returns is not None:
            returned = evaluator.evaluate(callee.node.returns, callee.scope, callee.environment)
            yield from self._makers(returned) if returned is not callee else ()

    def _of_parameter(
        self, router: Parameter, here: Module, inside: tuple[ast.AST, ...], framework: Framework | None
    ) -> tuple[str, ...]:
        """The prefixes of what the callers of a function give it; of its annotation, where there are none."""
        node = router.scope.node
        if node in inside or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return _UNKNOWN
        values = [
            environment.get((id(node), router.name)) for environment in callers(self._finder, node, here)
        ]
        known = [option for value in values if value is not None for option in options(value)]
        if known:
            return _unique(
                prefix for value in known for prefix in self._of(value, here, (*inside, node), framework)
            )
        is_application = router.annotation is not None and self._is_application(router.annotation)
        return ("",) if is_application else _UNKNOWN


def _table_of(framework: Framework | None) -> Prefixes | None:
    return framework.prefixes if framework is not None else None


def _unique(prefixes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(prefixes))[:_MOST]


def _shown(route: str) -> str:
    return route.replace("{…}", UNSAID)
