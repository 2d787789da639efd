"""Which router is included or mounted below which: every such call of the modules in view, as values."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import CallSite, Module, terminal
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Environment,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    ProjectModule,
    Table,
    Value,
    options,
)
from idem_lint.finding.prefix_tables import NOWHERE, THROUGH, UNSAID, Include, Party
from idem_lint.finding.root_modules import RootModules

if TYPE_CHECKING:
    from idem_lint.finding.decorator_matching import Matcher
    from idem_lint.finding.interface import Finder, Framework

# Calls that only hand on what they are given.
_WRAPPERS = frozenset({"include", "WSGIMiddleware", "ASGIMiddleware", "WsgiToAsgi"})
_DEPTH = 3  # functions that hand a router on to each other


@dataclass(frozen=True, slots=True, eq=False)
class Inclusion:
    """``router`` is served below ``parent`` with one of ``prefixes`` between them; ``site``: the call that says so."""

    router: Value
    parent: Value
    prefixes: tuple[str, ...]
    replaces: tuple[str, ...]
    framework: Framework
    site: CallSite | None = None


def stripped(router: Value) -> Value:
    """A router without the attributes that stand for itself: ``app.router``, ``router.urls``."""
    while isinstance(router, Member) and router.name in THROUGH:
        router = router.owner
    return router


def identity(value: Value) -> ast.AST | None:
    """What tells a router from others, however it is reached: the call that made it, or its definition."""
    while isinstance(value, Applied) or (isinstance(value, Member) and value.name in THROUGH):
        value = value.target if isinstance(value, Applied) else value.owner
    if isinstance(value, Made):
        return value.call
    if isinstance(value, Bound):
        value = value.function
    if isinstance(value, ProjectModule):
        return value.module.tree
    return value.node if isinstance(value, Func | Klass | Lambda) else None


def texts(value: Value | None, given: Arguments) -> tuple[str, ...]:
    """The prefixes that an argument may be; empty text where it is not given."""
    if value is None:
        return ("",) if given.complete else (UNSAID,)
    return tuple(dict.fromkeys(_text(option) for option in options(value)))


def _text(value: Value) -> str:
    text = value.value if isinstance(value, Const) else UNSAID
    return text.replace("{…}", UNSAID) if isinstance(text, str) else "" if not text else UNSAID


class Inclusions:
    """The inclusions of all modules in view, by the identity of the router that is included."""

    def __init__(self, finder: Finder, matcher: Matcher, here: Module) -> None:
        self._finder = finder
        self._here = here
        self._methods: dict[str, list[Framework]] = {}
        self._functions: dict[str, list[Framework]] = {}
        self._matcher = matcher
        known = [framework for framework in matcher.project_frameworks if framework.prefixes.is_known]
        for framework in known:
            for name in framework.prefixes.methods:
                self._methods.setdefault(name, []).append(framework)
            for name in framework.prefixes.functions:
                self._functions.setdefault(name, []).append(framework)
        self._roots = RootModules(finder, here)
        self._by_router: dict[ast.AST, list[Inclusion]] = {}
        for inclusion in self._all(known):
            key = identity(inclusion.router)
            if key is not None:
                self._by_router.setdefault(key, []).append(inclusion)

    def _all(self, frameworks: Iterable[Framework]) -> Iterator[Inclusion]:
        for framework in frameworks:
            for module in self._finder.call_index.modules(self._here) if framework.prefixes.table else ():
                yield from self._listed(framework, module)
        for name in dict.fromkeys((*self._methods, *self._functions)):
            for site in self._finder.call_index.sites(name, self._here):
                if terminal(site.node.func) == name:
                    yield from self._of_site(site, name, {}, 0)

    def _listed(self, framework: Framework, module: Module) -> Iterator[Inclusion]:
        """The routers whose patterns a module has in its own table: ``urlpatterns += router.urls``."""
        for binding in module.scope.bindings.get(framework.prefixes.table, ()):
            waiting = [binding.node] if binding.node is not None else []
            while waiting:
                node = waiting.pop()
                if isinstance(node, ast.Attribute) and node.attr in THROUGH:
                    for value in options(self._finder.evaluator.evaluate(node, module.scope)):
                        yield Inclusion(value, ProjectModule(module), ("",), (), framework)
                elif not isinstance(node, ast.Call):
                    waiting.extend(ast.iter_child_nodes(node))

    def of(self, router: Value) -> list[Inclusion]:
        """Where a router is included: where it is known to be this very one, those alone."""
        key = identity(router)
        candidates = self._by_router.get(key, []) if key is not None else []
        same = [inclusion for inclusion in candidates if inclusion.router is router]
        return same or [inclusion for inclusion in candidates if _may_be_same(inclusion.router, router)]

    def of_node(self, node: ast.AST) -> list[Inclusion]:
        """Where what a call made, or a definition, is included."""
        return self._by_router.get(node, [])

    def is_root(self, module: Module) -> bool:
        """Whether nothing includes a module, and its routes are served as they are."""
        return self._roots.is_root(module, self._by_router)

    def _of_site(self, site: CallSite, name: str, env: Environment, depth: int) -> Iterator[Inclusion]:
        rounds = self._finder.evaluator.rounds(site.loops, site.scope, env)
        for environment in rounds if rounds is not None else [env]:
            inclusions = list(self._of_call(site, name, environment))
            parameters = [
                value
                for inclusion in inclusions
                for value in (inclusion.router, inclusion.parent)
                if isinstance(value, Parameter)
            ]
            callers = list(self._callers(site, env, depth)) if parameters else []
            for inner in callers:
                yield from self._of_site(site, name, inner, depth + 1)
            if not callers:
                yield from inclusions

    def _callers(self, site: CallSite, env: Environment, depth: int) -> Iterator[Environment]:
        """The arguments of each call of the function that a call stands in."""
        node = site.scope.node
        if env or depth >= _DEPTH or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        yield from callers(self._finder, node, self._here)

    def _of_call(self, site: CallSite, name: str, env: Environment) -> Iterator[Inclusion]:
        evaluator = self._finder.evaluator
        for callee in options(evaluator.evaluate(site.node.func, site.scope, env)):
            framework, include, receiver = self._include(site, callee, name)
            if framework is None or include is None:
                continue
            result = Made(callee, site.node, site.scope, env)
            given = parameter_binding.read(site.node, evaluator, site.scope, env)
            prefixes = texts(given.get(include.prefix), given) if include.prefix != NOWHERE else ("",)
            for parent in self._party(include.parent, given, receiver, result):
                for router in self._party(include.router, given, receiver, result):
                    yield Inclusion(router, parent, prefixes, include.replaces, framework, site)
                mounted = given.get(include.table) if include.table != NOWHERE else None
                for key, value in mounted.pairs if isinstance(mounted, Table) else ():
                    for router in self._members(value, result):
                        yield Inclusion(router, parent, texts(key, given), include.replaces, framework, site)

    def _include(
        self, site: CallSite, callee: Value, name: str
    ) -> tuple[Framework | None, Include | None, Value]:
        """The framework whose call this is, what the call does there, and what its method is called on."""
        func = site.node.func
        framework = self._finder.framework_of(callee)
        if framework is not None and name in framework.prefixes.functions and not _is_method(callee):
            return framework, framework.prefixes.functions[name], UNKNOWN
        if not isinstance(func, ast.Attribute) or name not in self._methods:
            return None, None, UNKNOWN
        receiver = callee.owner if isinstance(callee, Member | Bound) else UNKNOWN
        owner = self._finder.framework_of(receiver)
        if owner is None and isinstance(callee, Bound):
            return None, None, UNKNOWN  # a method of the project's own
        candidates = [owner, *self._matcher.frameworks_of(site.scope.module), *self._methods[name]]
        framework = next(each for each in candidates if each is not None and name in each.prefixes.methods)
        return framework, framework.prefixes.methods[name], receiver

    def _party(self, party: Party, given: Arguments, receiver: Value, result: Made) -> Iterator[Value]:
        if party == "receiver":
            yield from options(receiver)
        elif party == "result":
            yield result
        elif party == "arguments":
            for argument in given.positional:
                yield from self._members(argument, result)
        else:
            value = given.get(party)
            yield from self._members(value, result) if value is not None else ()

    def _members(self, value: Value, call: Made) -> Iterator[Value]:
        """The routers in an argument: one, those in a list, or what a dotted name leads to."""
        for option in options(value):
            if isinstance(option, Items):
                for item in option.items:
                    yield from self._members(item, call)
            elif isinstance(option, Const) and isinstance(option.value, str):
                yield from options(self._finder.evaluator.imported(option.value, call.scope.module))
            elif isinstance(option, Made) and terminal(option.call.func) in _WRAPPERS:
                for node in option.call.args[:1]:
                    inner = self._finder.evaluator.evaluate(node, option.scope, option.environment)
                    yield from self._members(inner, call)
            else:
                yield stripped(option)


def _is_method(callee: Value) -> bool:
    return isinstance(callee, Member | Bound) and isinstance(callee.owner, Made | Parameter)


def callers(
    finder: Finder, node: ast.FunctionDef | ast.AsyncFunctionDef, here: Module
) -> Iterator[Environment]:
    """The environment of each call of a function in the modules in view."""
    for site in finder.call_index.sites(node.name, here):
        if terminal(site.node.func) != node.name:
            continue
        for callee in options(finder.evaluator.evaluate(site.node.func, site.scope)):
            function = callee.function if isinstance(callee, Bound) else callee
            if isinstance(function, Func) and function.node is node:
                made = Made(callee, site.node, site.scope)
                yield finder.evaluator.arguments(function, made, bound=isinstance(callee, Bound))


def _may_be_same(left: Value, right: Value) -> bool:
    """Whether two routers that one call made may be one: nothing that the call depended on tells them apart."""
    if not isinstance(left, Made) or not isinstance(right, Made):
        return True
    common = left.environment.keys() & right.environment.keys()
    pairs = [(left.environment[key], right.environment[key]) for key in common]
    known = [pair for pair in pairs if all(isinstance(value, Const | Made) for value in pair)]
    return all(first == second for first, second in known)
