"""Which callees register: those of a framework, of a project class that extends one, or used as one."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import (
    COMPUTED,
    Bound,
    External,
    Func,
    Klass,
    Made,
    Member,
    Parameter,
    Value,
)
from idem_lint.finding.configured_routers import CONFIGURED, ConfiguredRouters, configured_route
from idem_lint.finding.interface import Framework, Route

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.known_frameworks import Registry

PARTIAL = "functools.partial"
_METHOD_CALLER = External("operator.methodcaller")
_CALLED = "__call__"
# What ``getattr(router, verb)`` may be.
_UNNAMED = Route(default=frozenset())
# Links of a chain of calls, from which on what they come to is kept.
_LONG = 16


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A callee that registers, with the arguments that a ``functools.partial`` has already given. ``computed`` gives the
    name of the method where that is not written out.
    """

    framework: Framework
    route: Route
    owner: Value
    name: str
    earlier: tuple[Made, ...] = ()
    certain: bool = True
    computed: Value | None = None


def is_method_caller(callee: Value) -> bool:
    """``methodcaller("post", …)``; a call of it that comes to no other call has a name that cannot be read."""
    return isinstance(callee, Made) and callee.callee == _METHOD_CALLER


def _drops_methods(function: Func, route: Route) -> bool:
    """Whether a project function takes the methods and does nothing with them: then it registers nothing."""
    spec = function.node.args
    taken = {each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)} & set(
        route.methods.keywords
    )
    used = {part.id for part in ast.walk(function.node) if isinstance(part, ast.Name)}
    return bool(taken - used)


class Matcher:
    """Judges callees. ``project_frameworks`` are those imported anywhere in the project, most used first."""

    def __init__(self, evaluator: Evaluator, registry: Registry) -> None:
        self.evaluator = evaluator
        self.registry = registry
        self.project_frameworks: tuple[Framework, ...] = ()
        self.routers = ConfiguredRouters({})
        self._imported: dict[Module, list[Framework]] = {}
        # by the link's id, with the link itself, so that no other gets its id
        self._chains: dict[int, tuple[Value, Framework | None]] = {}

    def match_call(self, callee: Value, call: ast.Call, module: Module) -> Match | None:
        """What a callee that is given its target registers. Names that are too common to judge by use alone (``add``)
        count where the module imports the framework, or where an argument tells.
        """
        match = self.match(callee, module)
        if match is None or match.certain or match.name not in match.framework.local:
            return match
        if match.framework in self.frameworks_of(module):
            return match
        return match if any(word.arg in match.framework.telling for word in call.keywords) else None

    def match(self, callee: Value, module: Module) -> Match | None:
        """What a callee registers, if the configuration says so, it is a framework's, or used as one."""
        if self.routers.kind(callee) is not None:
            return self.configured(callee)
        if isinstance(callee, Made) and isinstance(callee.callee, Member) and callee.callee.name == PARTIAL:
            inner = self.match(callee.callee.owner, module)
            return replace(inner, earlier=(*inner.earlier, callee)) if inner is not None else None
        if isinstance(callee, External):
            return self._match_name(callee, module)
        if isinstance(callee, Klass):
            bases = (base for base in self.evaluator.mro(callee) if isinstance(base, External))
            return next((found for base in bases if (found := self._match_own(base)) is not None), None)
        if isinstance(callee, Member):
            found = self._match_member(callee.owner, callee.name, module)
            return (
                found
                if found is None or callee.computed is None
                else replace(found, computed=callee.computed)
            )
        if isinstance(callee, Made):
            return self._match_called(callee)
        if isinstance(callee, Bound):
            found = self._match_member(callee.owner, callee.function.node.name, module)
            return None if found is not None and _drops_methods(callee.function, found.route) else found
        return None

    def configured(self, callee: Value) -> Match | None:
        """What the configuration says that a callee registers."""
        kind = self.routers.kind(callee)
        route = configured_route(kind) if kind is not None else None
        return Match(CONFIGURED, route, callee, "") if route is not None else None

    def _match_name(self, callee: External, module: Module) -> Match | None:
        owner, _, name = callee.name.rpartition(".")
        if self.registry.by_package(callee.name) is not None:
            return self._match_own(callee)
        if not owner or self.registry.is_foreign(callee.name):
            return None
        return self._by_use(External(owner), name, module)

    def _match_own(self, callee: External) -> Match | None:
        """A name of a framework's package: a function, or a method of one of its objects (``flask.current_app.post``)."""
        owner, _, name = callee.name.rpartition(".")
        framework = self.registry.by_package(callee.name)
        route = framework.functions.get(name) if framework is not None else None
        if framework is not None and route is None and owner not in framework.packages:
            route = framework.methods.get(name)
        return Match(framework, route, callee, name) if framework is not None and route is not None else None

    def _match_member(self, owner: Value, name: str, module: Module) -> Match | None:
        framework = self.framework_of(owner)
        if framework is not None:
            route = framework.methods.get(name) if name != COMPUTED else _UNNAMED
            return Match(framework, route, owner, name) if route is not None else None
        if isinstance(owner, Made) and isinstance(owner.callee, External):
            if self.registry.is_foreign(owner.callee.name):
                return None
        return self._by_use(owner, name, module)

    def _match_called(self, owner: Made) -> Match | None:
        """A router that is called itself: ``ar = APIRouter()``, ``@ar("/pay")``."""
        framework = self.framework_of(owner)
        route = framework.methods.get(_CALLED) if framework is not None else None
        return (
            Match(framework, route, owner, _CALLED) if framework is not None and route is not None else None
        )

    def _by_use(self, owner: Value, name: str, module: Module) -> Match | None:
        for framework in (*self.frameworks_of(module), *self.project_frameworks, self.registry.generic):
            route = framework.methods.get(name)
            if route is not None and not route.strict:
                return Match(framework, route, owner, name, certain=False)
        return None

    def frameworks_of(self, module: Module) -> list[Framework]:
        """The frameworks a module imports."""
        if module not in self._imported:
            self._imported[module] = self.registry.imported(module.imports)
        return self._imported[module]

    def framework_of(self, value: Value) -> Framework | None:
        """The framework whose object this is: made by its class, or by a project class that extends it.

        What a long chain of calls comes to is kept for its links: each of them is asked for.
        """
        links: list[Member | Made] = []
        while isinstance(value, Member) or (
            isinstance(value, Made) and isinstance(value.callee, Member | Made)
        ):
            known = self._chains.get(id(value))
            if known is not None:
                framework = known[1]
                break
            links.append(value)
            value = value.owner if isinstance(value, Member) else value.callee
        else:
            framework = self._framework_of_end(value)
        if len(links) > _LONG:
            self._chains.update((id(link), (link, framework)) for link in links)
        return framework

    def _framework_of_end(self, value: Value) -> Framework | None:
        if isinstance(value, Made):
            return self._framework_of_callee(value.callee)
        if isinstance(value, Parameter) and value.annotation is not None:
            return self._framework_of_callee(value.annotation)
        if isinstance(value, External):
            return self.registry.by_package(value.name)
        return self._framework_of_callee(value) if isinstance(value, Klass) else None

    def _framework_of_callee(self, callee: Value) -> Framework | None:
        if isinstance(callee, External):
            return self.registry.by_package(callee.name)
        if isinstance(callee, Klass):
            names = (base.name for base in self.evaluator.mro(callee) if isinstance(base, External))
            return next((found for name in names if (found := self.registry.by_package(name))), None)
        if isinstance(callee, Func | Bound):
            function = callee.function if isinstance(callee, Bound) else callee
            if function.node.returns is not None:
                return self._framework_of_callee(
                    self.evaluator.evaluate(function.node.returns, function.scope, function.environment)
                )
        return self.framework_of(callee) if isinstance(callee, Member | Made) else None
