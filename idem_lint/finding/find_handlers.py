"""From a module to what it registers: decorators, calls, loops of calls, composed decorators, class views.

The finder knows Python; what a framework's names mean stands in :mod:`idem_lint.frameworks.registry`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import CallSite, Module, Scope, targets, terminal
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Environment,
    Func,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    innermost,
    options,
)
from idem_lint.finding import view_methods
from idem_lint.finding.decorator_matching import Match
from idem_lint.finding.framework_names import Vocabulary
from idem_lint.finding.interface import Link, Registration
from idem_lint.finding.routes import Routes, is_plausible

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.known_frameworks import Registry


class Finder(Routes):
    """Finds registrations. A :class:`~idem_lint.finding.registering_functions.Learner` has looked at every module
    first, so that users of a registrar are known.
    """

    def __init__(self, evaluator: Evaluator, registry: Registry) -> None:
        super().__init__(evaluator, registry)
        self.parametric: dict[ast.AST, list[CallSite | Func]] = {}
        self.vocabulary = Vocabulary(registry)
        self.used: set[ast.AST] = set()
        self.followed: set[ast.AST] = set()
        self.extended: set[ast.AST] = set()
        self.view_calls: dict[ast.AST, list[Registration]] = {}
        self.directives: dict[str, Func] = {}
        self._active: set[ast.AST] = set()
        self._sites: dict[Module, tuple[tuple[int, int], list[CallSite]]] = {}

    # one module

    def registrations(self, module: Module) -> Iterator[Registration]:
        """What decorators and calls in the module register. Class views come from :meth:`class_views` afterwards."""
        for node, scope in module.functions:
            if any(self.vocabulary.may_register(each, scope) for each in node.decorator_list):
                yield from self.decorated(Func(node, scope))
        for site in self.sites(module):
            yield from self.called(site)
        for each, scope in module.classes:
            for decorator in each.decorator_list:
                if self.vocabulary.may_register(decorator, scope):
                    yield from self._class_decorator(Klass(each, scope), decorator)
        for framework in self.matcher.frameworks_of(module):
            if framework.module_hook is not None:
                yield from framework.module_hook(self, module.scope)

    def class_views(self, module: Module) -> Iterator[Registration]:
        """What the classes of the module register by their methods."""
        for node, scope in module.classes:
            if self.vocabulary.may_be_view(node, scope):
                yield from view_methods.registrations(self, Klass(node, scope))

    def sites(self, module: Module) -> list[CallSite]:
        """The calls of a module that may register."""
        version = (len(self.vocabulary.learnt), len(self.matcher.project_frameworks))
        known = self._sites.get(module)
        if known is None or known[0] != version:
            own = self._local(module) | self.vocabulary.prepared(module)
            words = self.vocabulary.words | own | self.registry.telling
            calls = self.vocabulary.calls | own
            sites = module.sites(frozenset(word.encode() for word in words))
            known = self._sites[module] = (
                version,
                [site for site in sites if self._may_call(site, words, calls)],
            )
        return known[1]

    def _local(self, module: Module) -> frozenset[str]:
        """Words too common to follow elsewhere; an imported router may have a method that only its own class tells."""
        here = self.matcher.frameworks_of(module)
        names = {name for each in here for name in each.local}
        for each in self.matcher.project_frameworks:
            strict = (name for name in each.local if name in each.methods and each.methods[name].strict)
            names.update(name for name in strict if f".{name}(".encode() in module.source)
        return frozenset(names)

    def _may_call(self, site: CallSite, words: frozenset[str], calls: frozenset[str]) -> bool:
        func = site.node.func
        if isinstance(func, ast.Call):
            name = terminal(func.func.func if isinstance(func.func, ast.Call) else func.func)
            return name in words or name in self.registry.route_names
        name = terminal(func)
        if name in self.registry.route_names and any(
            word.arg in self.registry.telling for word in site.node.keywords
        ):
            return True
        return (
            name in words and name != "getattr" and (name in calls or name not in self.registry.route_names)
        )

    # decorators

    def decorated(self, function: Func) -> Iterator[Registration]:
        """The registrations made by the decorators of one function."""
        if isinstance(self.evaluator.wrapped(function), Parameter):
            return
        links = self.links(function)
        told: set[int] = set()
        for position, link in enumerate(links):
            for option in options(link.decorator):
                for found in self._by_decorator(option, link, function.module):
                    told.add(id(link.node))
                    if found.deferred:
                        yield replace(found, target=function, written=link.written)
                    else:
                        yield replace(found, below=position, written=link.written)
        for node in function.node.decorator_list:
            decorator = self.evaluator.evaluate(node, function.scope, function.environment)
            inner = {id(each) for each in function.node.decorator_list if each.lineno > node.lineno}
            position = sum(id(link.node) in inner for link in links)
            for option in options(decorator):
                for found in self._inside(option, function):
                    if id(node) in told:
                        continue
                    below = position + sum(1 for _ in view_methods.wrappers(found.target))
                    yield replace(found, below=below, written=written(node), node=node, scope=function.scope)

    def _by_decorator(self, decorator: Value, link: Link, module: Module) -> Iterator[Registration]:
        made = decorator if isinstance(decorator, Made) else None
        match = self.matcher.match(made.callee if made else decorator, module)
        if match is None or (made is None and not match.route.bare):
            return
        given = self.given(match, made)
        if not match.certain and not is_plausible(match, given, is_call=made is not None):
            return
        is_decorator = match.route.target is None or given.get(match.route.target) is None
        yield from self._registered(match, given, link.below, link.node, link.scope) if is_decorator else ()

    def _class_decorator(self, klass: Klass, node: ast.expr) -> Iterator[Registration]:
        """``@blueprint.route("/transfers") class Transfers(MethodView)``: the class is registered."""
        for option in options(self.evaluator.evaluate(node, klass.scope)):
            made = option if isinstance(option, Made) else None
            match = self.matcher.match(made.callee if made is not None else option, klass.module)
            if match is not None and (made is not None or match.route.bare):
                for found in self._registered(match, self.given(match, made), klass, node, klass.scope):
                    yield from self._of_class(found)

    def _inside(self, decorator: Value, function: Func) -> Iterator[Registration]:
        """Calls inside a project decorator that register the function it is put on."""
        body = decorator.function if isinstance(decorator, Bound) else decorator
        if not isinstance(body, Func) or body.node not in self.parametric:
            return
        parameters = [*body.node.args.posonlyargs, *body.node.args.args]
        own = parameters[1:] if isinstance(decorator, Bound) else parameters
        if own:
            env = {**body.environment, (id(body.node), own[0].arg): function}
            if isinstance(decorator, Bound):
                env[id(body.node), parameters[0].arg] = decorator.owner
            self.used.add(body.node)
            for site in [each for each in self.parametric[body.node] if isinstance(each, CallSite)]:
                self.followed.add(site.node)
                yield from self.called(site, env)

    # calls

    def called(self, site: CallSite, env: Environment | None = None) -> Iterator[Registration]:
        """The registrations that one call makes, one round of its loops after the other."""
        if site.loops and not self._may_match(site, env or {}):
            return
        rounds = self.evaluator.rounds(site.loops, site.scope, env or {})
        for each in rounds if rounds is not None else [env or {}]:
            for callee in options(self.evaluator.evaluate(site.node.func, site.scope, each)):
                for found in self._call(callee, site, each):
                    yield from self._of_class(found)

    def _may_match(self, site: CallSite, env: Environment) -> bool:
        """Whether a call in a loop registers in any round; what it calls is asked once, unless the loop gives it."""
        root: ast.expr = site.node.func
        while isinstance(root, ast.Attribute | ast.Call):
            root = root.func if isinstance(root, ast.Call) else root.value
        given = {name for target, _ in site.loops for name, _ in targets(target)}
        if not isinstance(root, ast.Name) or root.id in given or terminal(site.node.func) in {"", "getattr"}:
            return True
        return any(
            self.matcher.match(callee, site.scope.module) is not None
            or (isinstance(callee, Func | Bound) and innermost(callee) in self.parametric)
            or isinstance(callee, Made | Unknown)
            or (isinstance(callee, Member) and callee.name in self.directives)
            for callee in options(self.evaluator.evaluate(site.node.func, site.scope, env))
        )

    def _of_class(self, found: Registration) -> Iterator[Registration]:
        """A registration as it is, unless it registers a class whose methods are the handlers."""
        definition = self.view_class(found.target) if found.klass is None else None
        if definition is None:
            yield found
        else:
            self.view_calls.setdefault(definition.node, []).append(found)

    def _call(self, callee: Value, site: CallSite, env: Environment) -> Iterator[Registration]:
        if isinstance(callee, Member) and callee.name in self.directives:
            callee = Bound(self.directives[callee.name], callee.owner)
        if isinstance(callee, Func | Bound):
            function = callee.function if isinstance(callee, Bound) else callee
            if function.node in self.parametric and function.node is not site.scope.node:
                yield from self._registrar(callee, function, site, env)
                return
        made = callee if isinstance(callee, Made) else None
        module = site.scope.module
        prepared = self.matcher.match(made.callee, module) if made is not None else None
        if prepared is not None and site.node.args:
            target = self.evaluator.evaluate(site.node.args[0], site.scope, env)
            given = self.given(prepared, made)
            if prepared.certain or is_plausible(prepared, given, is_call=True):
                yield from self._registered(prepared, given, target, site.node, site.scope)
            return
        match = self.matcher.match(callee, module)
        if match is not None and match.route.bare and match.route.target is None:
            yield from self._put_on(match, site, env)
        if match is not None and match.route.target is not None:
            given = self.given(match, Made(callee, site.node, site.scope, env))
            registered = given.get(match.route.target)
            may_register = match.certain or is_plausible(match, given, is_call=True)
            if may_register and (registered is not None or not given.complete):
                yield from self._registered(match, given, registered or UNKNOWN, site.node, site.scope)

    def _put_on(self, match: Match, site: CallSite, env: Environment) -> Iterator[Registration]:
        """``tool(transfer)``: a decorator that needs no arguments, called with what it is put on."""
        target = self.evaluator.evaluate(site.node.args[0], site.scope, env) if site.node.args else UNKNOWN
        if match.certain and isinstance(target, Func | Lambda | Bound | Applied):
            yield from self._registered(match, Arguments((), {}), target, site.node, site.scope)

    def _registrar(
        self, callee: Func | Bound, function: Func, site: CallSite, env: Environment
    ) -> Iterator[Registration]:
        """A call of a project function that registers what it is given."""
        made = Made(callee, site.node, site.scope, env)
        inner = self.evaluator.arguments(function, made, bound=isinstance(callee, Bound))
        if isinstance(callee, Bound) and function.node.args.args:
            inner[id(function.node), function.node.args.args[0].arg] = callee.owner
        self.used.add(function.node)
        if function.node in self._active:
            return
        self._active.add(function.node)
        try:
            yield from self._instances(function, site, inner)
        finally:
            self._active.discard(function.node)

    def _instances(self, function: Func, site: CallSite, inner: Environment) -> Iterator[Registration]:
        for nested in self.parametric[function.node]:
            if isinstance(nested, Func):
                yield from self.decorated(Func(nested.node, nested.scope, inner))
                continue
            self.followed.add(nested.node)
            for found in self.called(nested, inner):
                yield replace(found, node=site.node, scope=site.scope)

    def _registered(
        self, match: Match, given: Arguments, target: Value, node: ast.AST, scope: Scope
    ) -> Iterator[Registration]:
        """The registrations of a target by a route with these arguments, as its framework has them."""
        found = self.route(match, given, target, node, scope)
        framework = match.framework
        if framework.router_guards is not None:
            found = replace(found, guards=(*found.guards, *framework.router_guards(self, match.owner)))
        if framework.refine is None:
            yield found
        else:
            yield from framework.refine(self, found, given)
