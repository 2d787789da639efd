"""A route in full: what its router was given when it was made, and where that router is included or mounted.

Each framework's table (:class:`~idem_lint.finding.prefix_tables.Prefixes`) says which calls give prefixes. A router that
is included twice has two prefixes; where one is not known from the source, ``…`` stands for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.parameter_binding import Arguments, Slot
from idem_lint.engine.value_types import (
    External,
    Func,
    Klass,
    Made,
    Member,
    Parameter,
    ProjectModule,
    Unknown,
    Value,
    options,
)
from idem_lint.finding.prefix_tables import NO_PREFIXES, UNSAID, Prefixes, slashed
from idem_lint.finding.router_includes import Inclusion, Inclusions, callers, identity, stripped, texts

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module
    from idem_lint.finding.decorator_matching import Matcher
    from idem_lint.finding.interface import Finder, Framework, Registration

_UNKNOWN = (UNSAID,)
_NOTHING = Arguments((), {})
_MOST = 50  # routes of one router: more are no help to anybody


class RoutePrefixes:
    """The prefixes of the routers of one run."""

    def __init__(self, finder: Finder, matcher: Matcher) -> None:
        self._finder = finder
        self._matcher = matcher
        self._known: dict[Registration, tuple[str, ...]] = {}
        self._frameworks = {framework.name: framework for framework in matcher.registry.frameworks}

    def routes(self, registration: Registration) -> tuple[str, ...]:
        """The routes in full of one registration, ``…`` for each part that is not known; none where nothing is known.

        To be asked when all modules that a run needs are loaded.
        """
        if registration not in self._known:
            self._known[registration] = self._routes(registration)
        return self._known[registration]

    def _routes(self, registration: Registration) -> tuple[str, ...]:
        framework = self._frameworks.get(registration.framework)
        paths = [path for path in (registration.route, *registration.other_routes) if path is not None]
        if framework is None:
            return _saying(_shown(slashed(UNSAID, path)) for path in paths)
        if not framework.prefixes.is_known:
            return _saying(map(_shown, paths))
        prefixes = self._of_registration(registration, framework)
        table = framework.prefixes
        joined = [table.finish(table.join(prefix, path)) for prefix in prefixes for path in paths or _UNKNOWN]
        if registration.is_open:
            joined = [route if route.startswith(UNSAID) else slashed(UNSAID, route) for route in joined]
        return _saying(map(_shown, joined))

    def _of_registration(self, registration: Registration, framework: Framework) -> tuple[str, ...]:
        """The prefixes of what registers; of a route that is an object of its own, those of what it is given to."""
        here = registration.scope.module
        own = self.inclusions(here).of_node(registration.node)
        if own:
            said = None if isinstance(registration.node, ast.ClassDef) else ("",)
            return self._below(own, said, here, ())
        if framework.prefixes.by_definition and isinstance(registration.owner, External | Unknown):
            return self._of_definition(registration, framework)
        if framework.prefixes.by_module and not isinstance(registration.owner, Made):
            return self._of_module(registration.scope.module, ())
        owners = list(options(registration.owner))
        if not registration.below_own and any(
            self._own(owner, framework.prefixes) != ("",) for owner in owners
        ):
            return _UNKNOWN
        return _unique(prefix for owner in owners for prefix in self._of(owner, here, (), framework))

    def _of_definition(self, registration: Registration, framework: Framework) -> tuple[str, ...]:
        """The prefixes of a function or class that routers are given; a method has those of its class and its heirs."""
        here = registration.scope.module
        definition = self._finder.definition(registration.target)
        klass = registration.klass or (definition if isinstance(definition, Klass) else None)
        if isinstance(definition, Func) and klass is None:
            owner = definition.scope
            if isinstance(owner.node, ast.ClassDef) and owner.parent is not None:
                klass = Klass(owner.node, owner.parent)
        if klass is None:
            return self._of(definition, here, (), framework) if definition is not None else _UNKNOWN
        heirs = self._finder.evaluator.heirs.get(klass.node, {}).values()
        given = [each for each in (klass, *heirs) if self.inclusions(here).of_node(each.node)]
        return _unique(prefix for each in given or [klass] for prefix in self._of(each, here, (), framework))

    def inclusions(self, here: Module) -> Inclusions:
        """Which router is included where, of the modules in view of one."""
        return self._finder.call_index.gathered(
            lambda: Inclusions(self._finder, self._matcher, here), Inclusions
        )

    def _of(
        self, router: Value, here: Module, inside: tuple[ast.AST, ...], framework: Framework | None = None
    ) -> tuple[str, ...]:
        """The prefixes of a router: its own, below those of whatever includes it."""
        router = stripped(router)
        if isinstance(router, Parameter):
            return self._of_parameter(router, here, inside, framework)
        table = self._table(router) or _table_of(framework) or NO_PREFIXES
        key = identity(router)
        if key is None:
            return ("",) if self._is_application(router) else _UNKNOWN
        if key in inside:
            return ()
        inclusions = self.inclusions(here).of(router)
        if inclusions:
            return self._below(inclusions, None, here, (*inside, key))
        own = self._own(router, table)
        if self._is_application(router):
            return own
        above: tuple[str, ...] = _UNKNOWN
        if table.by_module and isinstance(router, ProjectModule):
            above = self._of_module(router.module, inside)
        elif table.by_module and isinstance(router, Made) and any(n in t.own for n, t in self._names(router)):
            above = self._of_module(router.scope.module, inside)
        return self._joined(above, own, table)

    def _of_module(self, module: Module, inside: tuple[ast.AST, ...]) -> tuple[str, ...]:
        """The prefixes of all that stands in a module: those it is included with; none where it is the project's root."""
        inclusions = self.inclusions(module).of_node(module.tree)
        if inclusions and module.tree not in inside:
            return self._below(inclusions, ("",), module, (*inside, module.tree))
        return ("",) if self.inclusions(module).is_root(module) else _UNKNOWN

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
        table = inclusion.framework.prefixes
        said = own if own is not None else self._own(inclusion.router, table)
        if inclusion.prefixes != ("",):
            if any(name in inclusion.replaces for name, _ in self._names(inclusion.router)):
                return self._joined(above, inclusion.prefixes, table)
        return self._joined(above, self._joined(inclusion.prefixes, said, table), table)

    def _joined(
        self, first: tuple[str, ...], second: tuple[str, ...], table: Prefixes | None
    ) -> tuple[str, ...]:
        join = (table or NO_PREFIXES).join
        return _unique(join(prefix, path) for prefix in first for path in second)

    # one router

    def _own(self, router: Value, table: Prefixes) -> tuple[str, ...]:
        """The prefix that a router was given when it was made; that of a class stands in its body."""
        if isinstance(router, Klass) and table.attribute:
            value = self._finder.evaluator.class_attribute(router, table.attribute)
            return texts(value, _NOTHING)
        if isinstance(router, Klass):
            return self._own_by_decorator(router, table)
        for name, made_by in self._names(router) if isinstance(router, Made) else ():
            own = made_by.own.get(name)
            if own is not None and isinstance(router, Made):
                given = parameter_binding.of(router, self._finder.evaluator)
                return texts(given.get(own), given) if isinstance(own, Slot) else own(given)
        return ("",)

    def _own_by_decorator(self, klass: Klass, table: Prefixes) -> tuple[str, ...]:
        """The prefix that a class's decorator says: ``@api_controller("/wallet")``."""
        for node in klass.node.decorator_list:
            for value in options(self._finder.evaluator.evaluate(node, klass.scope, klass.environment)):
                if isinstance(value, Made) and any(name in table.own for name, _ in self._names(value)):
                    return self._own(value, table)
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
        index = self.inclusions(here)
        included = index.of_node(node) or (
            index.of_node(router.scope.module.tree) if node.name == "includeme" else []
        )
        if included:
            return self._below(included, ("",), here, (*inside, node))
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


def distinct(routes: Iterable[str]) -> tuple[str, ...]:
    """Routes, each once; one that is open at its start is left out where another says how it starts."""
    every = dict.fromkeys(routes)
    whole = [route for route in every if UNSAID not in route]
    return tuple(
        route
        for route in every
        if not (
            route.startswith(UNSAID) and any(known.endswith(route.removeprefix(UNSAID)) for known in whole)
        )
    )


def _table_of(framework: Framework | None) -> Prefixes | None:
    return framework.prefixes if framework is not None else None


def _unique(prefixes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(prefixes))[:_MOST]


def _saying(routes: Iterable[str]) -> tuple[str, ...]:
    """Routes, each once, without those of which no part is known."""
    return tuple(
        route for route in dict.fromkeys(routes) if set(route) - {UNSAID, "/"} or UNSAID not in route
    )


def _shown(route: str) -> str:
    return route.replace("{…}", UNSAID)
