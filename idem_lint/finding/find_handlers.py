"""From a module to what it registers: decorators, calls, loops of calls, composed decorators, class views.

The finder knows Python; what a framework's names mean stands in :mod:`idem_lint.frameworks.registry`.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from idem_lint.engine.dotted_names import written
from idem_lint.engine.environments import ANY_OWNER, ASKED
from idem_lint.engine.module_facts import CallSite, Module, Scope, positional, targets, terminal
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.scope_lookup import CALLABLE
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Environment,
    Func,
    Items,
    Klass,
    Known,
    Lambda,
    Made,
    Member,
    Parameter,
    Table,
    Unknown,
    Value,
    options,
    with_innermost,
)
from idem_lint.finding import class_creation, each_heir, unread_calls, view_methods
from idem_lint.finding.call_index import CallIndex
from idem_lint.finding.decorator_matching import Match, is_method_caller
from idem_lint.finding.interface import Framework, Link, Registration, Unread
from idem_lint.finding.noted_attributes import Noted
from idem_lint.finding.registering_functions import Studies, own_method
from idem_lint.finding.route_prefixes import RoutePrefixes
from idem_lint.finding.routes import Routes, is_plausible

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.known_frameworks import Registry


class Finder(Routes):
    """Finds registrations. ``watched`` are the files that are judged: what cannot be read there is kept in ``unread``.

    A :class:`~idem_lint.finding.registering_functions.Notes` has looked at every module first, so that what decorators
    collect and which classes others extend are known.
    """

    def __init__(self, evaluator: Evaluator, registry: Registry, watched: Collection[Path] = ()) -> None:
        super().__init__(evaluator, registry)
        self.used: set[ast.AST] = set()
        self.followed: set[ast.AST] = set()
        self.extended: set[ast.AST] = set()
        self.view_calls: dict[ast.AST, list[Registration]] = {}
        self.directives: dict[str, Func] = {}
        self.unread: list[Unread] = []
        self.noted: list[Noted] = []
        self.watched = watched
        # Whether anything that answers requests is in sight of a module.
        self.served: dict[Module, bool] = {}
        self.call_index = CallIndex(evaluator)
        self.studies = Studies(evaluator, registry, self, evaluator.modules.in_view)
        self.route_prefixes = RoutePrefixes(self, self.matcher)
        self._active: set[ast.AST] = set()

    def start(self) -> None:
        """Begin anew, with all that was noted by now."""
        self.leave_nothing()
        self.studies.forget(self._leading_names())
        self.forget_links()

    def leave_nothing(self) -> None:
        """Forget what was found, but for what others may make of it."""
        for left in (self.view_calls, self.unread, self.used, self.followed):
            left.clear()

    def framework_of(self, value: Value) -> Framework | None:
        """The framework whose object a value is."""
        return self.matcher.framework_of(value)

    # one module

    def registrations(
        self, module: Module, idle: Collection[ast.AST] = frozenset()
    ) -> Iterator[Registration]:
        """What decorators and calls in the module register. Class views come from :meth:`class_views` afterwards.

        ``idle``: the definitions and calls of which it is known that they register nothing and leave nothing to say.
        """
        for node, found in self.pieces(module):
            if node not in idle:
                yield from found()
        for framework in (*self.matcher.frameworks_of(module), *self.registry.asking_every_module):
            if framework.module_hook is not None:
                yield from framework.module_hook(self, module.scope)

    def pieces(self, module: Module) -> Iterator[tuple[ast.AST, Callable[[], Iterable[Registration]]]]:
        """The definitions and calls of the module, each with what it registers."""
        for function, scope in module.functions:
            if function.decorator_list:
                yield function, partial(self._decorated, Func(function, scope))
        for site in module.every_site():
            yield site.node, partial(self._of_site, site)
        for definition, scope in list(module.classes):
            yield definition, partial(self._of_definition, Klass(definition, scope))

    def _decorated(self, function: Func) -> Iterator[Registration]:
        return self._watched(function, self.decorated(function))

    def _of_site(self, site: CallSite) -> list[Registration]:
        if self.studies.is_plain(site) or class_creation.is_hook(site.scope):
            return []
        leads = self.studies.is_by_leading_name(site)
        return self._noted(site, self._by_each_class(site)) if leads else self._unread_call(site)

    def _of_definition(self, klass: Klass) -> Iterator[Registration]:
        if klass.node.decorator_list:
            yield from self._watched(klass, self._class_decorators(klass))
        yield from self._by_creation(klass)

    def _by_each_class(self, site: CallSite) -> Iterator[Registration]:
        """What a call registers; one in a method of a class that others extend, that of each of them by itself: what one
        overrides goes with what else it overrides.
        """
        heirs = each_heir.of_call(self.evaluator, site)
        if not heirs:
            yield from self.called(site)
        for heir, environment in heirs:
            for found in self.called(site, environment):
                yield replace(found, heir=heir)

    def _by_creation(self, klass: Klass) -> Iterator[Registration]:
        """What the statement of a class registers by itself; where the handler is not known, that is said at the class."""
        for site, environment in class_creation.calls(self.evaluator, klass, self.extended):
            for found in self._run_by_class(site, environment):
                is_known = any(self.definition(option) is not None for option in options(found.target))
                yield found if is_known else replace(found, node=klass.node, scope=klass.scope)
        for site, environment, method, node in class_creation.named_calls(self.evaluator, klass):
            nearer = {id(each) for each in method.node.decorator_list if each.lineno > node.lineno}
            for found in self._run_by_class(site, environment):
                if isinstance(found.target, Parameter):  # what the decorator has kept of the method
                    below = sum(id(link.node) in nearer for link in self.links(method))
                    found = replace(found, target=method, below=below, written=written(node))
                yield found

    def _run_by_class(self, site: CallSite, environment: Environment) -> Iterable[Registration]:
        """What a call registers that the statement of a class runs."""
        if self.studies.is_plain(site):
            return ()
        self.followed.add(site.node)
        leads = self.studies.is_by_leading_name(site)
        return self._noted(site, self.called(site, environment)) if leads else self._unread_call(site)

    def _noted(self, site: CallSite, found: Iterable[Registration]) -> list[Registration]:
        """What a call registers; one of a judged module that registers nothing, or only what nobody knows, is noted as
        unread.
        """
        registrations = list(found)
        is_watched = site.scope.module.path in self.watched
        if is_watched and all(isinstance(each.target, Parameter) for each in registrations):
            self.unread += unread_calls.call(self.evaluator, self.registry, site)
        return registrations

    def _unread_call(self, site: CallSite) -> list[Registration]:
        """A call that registers nothing by its name alone; in a judged module it may be unread all the same."""
        if site.scope.module.path in self.watched:
            self.unread += unread_calls.call_by_name(self.evaluator, self.registry, site)
        return []

    def _leading_names(self) -> Iterator[str] | None:
        """The names by which attributes register whatever they are of; ``None`` where any may."""
        if any(framework.adds_methods for framework in self.matcher.project_frameworks):
            return None
        noted = (name for each in self.evaluator.put_on.values() for name in each)
        return chain(
            self.registry.route_names, self.registry.call_names, self.matcher.routers.last_names, noted
        )

    def _watched(self, target: Func | Klass, found: Iterable[Registration]) -> Iterator[Registration]:
        """What the decorators of a definition register, with a note of those that were followed to no end."""
        registrations = list(found)
        yield from registrations
        if target.module.path in self.watched:
            self.unread += unread_calls.decorators(self.evaluator, self.registry, target, registrations)

    def class_views(self, module: Module) -> Iterator[Registration]:
        """What the classes of the module register by their methods."""
        for node, scope in module.classes:
            yield from view_methods.registrations(self, Klass(node, scope))

    # decorators

    def decorated(self, function: Func) -> Iterator[Registration]:
        """The registrations made by the decorators of one function. A wrapper of what another decorator is put on
        registers that, which is known where the decorator is used.
        """
        is_a_wrapper = isinstance(self.evaluator.wrapped(function), Parameter)
        if (is_a_wrapper and not self.studies.are_going_on) or self._is_never_defined(function):
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
        yield from self._by_configuration(function, links, told)
        counts = Counter(id(link.node) for link in links)
        position = counts.total()
        for node in function.node.decorator_list:
            decorator = self.evaluator.evaluate(node, function.scope, function.environment)
            position -= counts[id(node)]
            for option in options(decorator):
                for found in self._inside(option, function):
                    if id(node) in told:
                        continue
                    applied = tuple(view_methods.wrappers(found.target))
                    put_on = [part for _, part in applied if part not in self.wrapper_names]
                    is_seen_through = counts[id(node)] > len(put_on)
                    yield replace(
                        found,
                        below=position + len(applied) if is_seen_through else position,
                        guards=found.guards if is_seen_through else (*found.guards, *applied),
                        written=written(node),
                        node=node,
                        scope=function.scope,
                    )

    def _is_never_defined(self, function: Func) -> bool:
        """Whether the arguments of the calls around a definition decide that it is not run."""
        scope, env = function.scope, function.environment
        return bool(env) and any(
            self.evaluator.holds(node, scope, env) is False for node in function.node.decorator_list
        )

    def _by_configuration(self, function: Func, links: list[Link], told: set[int]) -> Iterator[Registration]:
        """What decorators that project functions make register, where the configuration says so of the functions."""
        scope, env = function.scope, function.environment
        for node in function.node.decorator_list:
            if isinstance(node, ast.Call) and id(node) not in told:
                for option in options(self.evaluator.evaluate(node.func, scope, env)):
                    match = self.matcher.configured(option)
                    if match is not None:
                        given = self.given(match, Made(option, node, scope, env))
                        below = sum(link.node.lineno >= node.lineno for link in links)
                        for found in self._registered(match, given, function, node, scope):
                            yield replace(found, below=below, written=written(node))

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

    def _class_decorators(self, klass: Klass) -> Iterator[Registration]:
        """``@blueprint.route("/transfers") class Transfers(MethodView)``: the class is registered."""
        for node in klass.node.decorator_list:
            yield from self._class_decorator(klass, node)

    def _class_decorator(self, klass: Klass, node: ast.expr) -> Iterator[Registration]:
        for option in options(self.evaluator.evaluate(node, klass.scope)):
            made = option if isinstance(option, Made) else None
            match = self.matcher.match(made.callee if made is not None else option, klass.module)
            if match is not None and (made is not None or match.route.bare):
                for found in self._registered(match, self.given(match, made), klass, node, klass.scope):
                    yield from self._of_class(found)
            else:
                inside = (
                    replace(found, node=node, scope=klass.scope) for found in self._inside(option, klass)
                )
                yield from (other for found in inside for other in self._of_class(found))

    def _inside(self, decorator: Value, target: Func | Klass) -> Iterator[Registration]:
        """Calls inside a project decorator that register what it is put on."""
        body = self.evaluator.callable_instance(decorator) or decorator
        call = ast.copy_location(
            ast.Call(Known(body, target.node), [Known(target, target.node)], []), target.node
        )
        body, call = self.evaluator.without_partial(body, call, target.scope, target.environment)
        function = body.function if isinstance(body, Bound) else body
        if not isinstance(function, Func | Lambda) or not self.studies.parametric(function):
            return
        parameters = [*function.node.args.posonlyargs, *function.node.args.args]
        if parameters[isinstance(body, Bound) :]:
            made = Made(body, call, target.scope, target.environment)
            env = self.evaluator.arguments(function, made, bound=isinstance(body, Bound))
            if isinstance(body, Bound):
                env[id(function.node), parameters[0].arg] = body.owner
            yield from self._calls_in(function, env)
            yield from self._wrappers_in(function, env)

    def _wrappers_in(self, function: Func | Lambda, env: Environment) -> Iterator[Registration]:
        """What a project decorator registers by decorating wrappers of what it is put on: that, seen through them."""
        for nested in self.studies.parametric(function):
            if isinstance(nested, Func):
                wrapper = Func(nested.node, nested.scope, env)
                yield from self._wrapper(wrapper, self.evaluator.passed_on(wrapper))

    def _wrapper(self, wrapper: Func, inner: Value | None) -> Iterator[Registration]:
        """What the decorators of a wrapper register: what is inside it, where that is known."""
        for found in self.decorated(wrapper):
            if isinstance(inner, CALLABLE):
                node = wrapper.node.decorator_list[-1]
                target = with_innermost(found.target, Applied(wrapper, inner, node, wrapper.scope))
                yield replace(found, target=target, below=None)
            else:
                yield found

    # calls

    def called(self, site: CallSite, env: Environment | None = None) -> Iterator[Registration]:
        """The registrations that one call makes, one round of its loops after the other."""
        if site.loops and not self._may_match(site, env or {}):
            return
        rounds = self.evaluator.rounds(site.loops, site.scope, env or {})
        for each in rounds if rounds is not None else [env or {}]:
            if each and self.evaluator.holds(site.node, site.scope, each) is False:
                continue
            for callee in options(self.evaluator.evaluate(site.node.func, site.scope, each)):
                for called in self._call(callee, site, each):
                    found = replace(called, target=self.seen_through(called.target))
                    if found.target == Const(None):  # an argument that was left out: nothing is registered
                        continue
                    for registration in self._scanned(found, callee, site, each) or [found]:
                        yield from self._of_class(registration)

    def _scanned(
        self, found: Registration, callee: Value, site: CallSite, env: Environment
    ) -> list[Registration]:
        """What a call registers of whatever a scan comes upon: each function that a decorator has noted for it."""
        is_scanning = any(owner == ANY_OWNER for owner, _ in env)
        if (
            not self.noted
            or is_scanning
            or any(isinstance(o, Parameter) or self.definition(o) for o in options(found.target))
        ):
            return []
        self.evaluator.asked.clear()
        list(self._call(callee, site, {**env, ASKED: UNKNOWN}))
        asked = frozenset(self.evaluator.asked)
        scanned: list[Registration] = []
        for noted in self.noted:
            if not asked.isdisjoint(noted.names):
                registrations = list(self._call(callee, site, {**env, **noted.environment}))
                scanned += [replace(each, target=noted.function) for each in registrations]
        return scanned

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
            or self._registrar_of(callee, site, env) is not None
            or isinstance(callee, Made | Unknown)
            or (isinstance(callee, Member) and callee.name in self.directives)
            for callee in options(self.evaluator.evaluate(site.node.func, site.scope, env))
        )

    def _of_class(self, found: Registration) -> Iterator[Registration]:
        """A registration as it is, unless it registers a class whose methods are the handlers."""
        definition = self.view_class(found.target) if found.klass is None else None
        if definition is None or self.studies.are_going_on:
            yield found
        else:
            self.view_calls.setdefault(definition.node, []).append(found)

    def _call(self, callee: Value, site: CallSite, env: Environment) -> Iterator[Registration]:
        if isinstance(callee, Member) and callee.name in self.directives:
            callee = Bound(self.directives[callee.name], callee.owner)
        callee, node = self.evaluator.without_partial(callee, site.node, site.scope, env)
        site = site if node is site.node else CallSite(node, site.scope)
        registrar = self._registrar_of(callee, site, env)
        if registrar is not None:
            yield from self._registrar(registrar, site, env)
            return
        made = callee if isinstance(callee, Made) else None
        module = site.scope.module
        if is_method_caller(callee):
            yield from self._by_method_caller(site, env)
            return
        prepared = self.matcher.match(made.callee, module) if made is not None else None
        if prepared is not None and site.node.args:
            target = self.evaluator.evaluate(site.node.args[0], site.scope, env)
            given = self.given(prepared, made)
            if prepared.certain or is_plausible(prepared, given, is_call=True):
                yield from self._registered(prepared, given, target, site.node, site.scope)
            return
        match = self.matcher.match_call(callee, site.node, module)
        if match is not None and match.route.bare and match.route.target is None:
            yield from self._put_on(match, site, env)
        if match is not None and match.route.target is not None:
            given = self.given(match, Made(callee, site.node, site.scope, env))
            registered = given.get(match.route.target)
            may_register = match.certain or is_plausible(match, given, is_call=True)
            if may_register and (registered is not None or not given.complete):
                yield from self._registered(match, given, registered or UNKNOWN, site.node, site.scope)

    def _by_method_caller(self, site: CallSite, env: Environment) -> Iterator[Registration]:
        """``methodcaller("add_api_route", path, view)(app)``."""
        for call in options(self.evaluator.evaluate(site.node, site.scope, env)):
            if isinstance(call, Made) and not is_method_caller(call.callee):
                for found in self._call(call.callee, CallSite(call.call, call.scope), call.environment):
                    yield replace(found, node=site.node, scope=site.scope)

    def _registrar_of(self, callee: Value, site: CallSite, env: Environment) -> Func | Bound | Lambda | None:
        """The project function that runs where a callee is called, if it registers what its callers give it."""
        found = self.run_by(callee, site, env)
        function = found.function if isinstance(found, Bound) else found
        return found if function is not None and self.studies.parametric(function) else None

    def _put_on(self, match: Match, site: CallSite, env: Environment) -> Iterator[Registration]:
        """``tool(transfer)``: a decorator that needs no arguments, called with what it is put on."""
        target = self.evaluator.evaluate(site.node.args[0], site.scope, env) if site.node.args else UNKNOWN
        if match.certain and isinstance(target, Func | Lambda | Bound | Applied):
            yield from self._registered(match, Arguments((), {}), target, site.node, site.scope)

    def _registrar(
        self, callee: Func | Bound | Lambda, site: CallSite, env: Environment
    ) -> Iterator[Registration]:
        """A call of a project function that registers what it is given."""
        function = callee.function if isinstance(callee, Bound) else callee
        made = Made(callee, site.node, site.scope, env)
        if self._calls_nothing_that_registers(function, made, is_bound=isinstance(callee, Bound)):
            return
        inner = self.evaluator.arguments(function, made, bound=isinstance(callee, Bound))
        positional = [*function.node.args.posonlyargs, *function.node.args.args]
        if isinstance(callee, Bound) and positional:
            inner[id(function.node), positional[0].arg] = callee.owner
        for nested in self.studies.parametric(function):
            if isinstance(nested, Func) and function.node not in self._active:
                wrapper = Func(nested.node, nested.scope, inner)
                yield from self._wrapper(wrapper, self.evaluator.wrapped(wrapper))
        for found in self._calls_in(function, inner):
            yield replace(found, node=site.node, scope=site.scope)

    def _calls_nothing_that_registers(self, function: Func | Lambda, made: Made, *, is_bound: bool) -> bool:
        """Whether a function registers only what the functions that it is given do, and these do not."""
        called = self.studies.called_parameters(function)
        return called is not None and all(
            self._is_harmless(self.evaluator.given_for(root.name, function, made, bound=is_bound), part)
            for part, root in called
        )

    def _is_harmless(self, value: Value | None, site: CallSite) -> bool:
        """Whether a call registers nothing that calls a parameter with this value, or an attribute of it."""
        if value is None or site.loops:
            return False
        if isinstance(site.node.func, ast.Name):
            return all(self._registers_nothing(option) for option in options(value))
        return all(isinstance(option, Const | Items | Table) for option in options(value))

    def _registers_nothing(self, callee: Value) -> bool:
        """Whether a call of a value registers nothing, whatever it is given."""
        if self.matcher.routers.kind(callee) is not None:
            return False
        if isinstance(callee, Bound):
            return not self.studies.may_lead(callee.function.node.name) and self._registers_nothing(
                callee.function
            )
        if isinstance(callee, Func | Lambda):
            return not self.studies.registers(callee)
        return isinstance(callee, Const | Items | Table | Unknown | Parameter)

    def _calls_in(self, function: Func | Lambda, environment: Environment) -> Iterator[Registration]:
        """What the calls in a function register with these arguments."""
        self.used.add(function.node)
        if function.node in self._active:
            return
        self._active.add(function.node)
        try:
            for nested in self.studies.parametric(function):
                if isinstance(nested, CallSite):
                    self.followed.add(nested.node)
                    yield from self.called(nested, self._in_method(function, nested, environment))
        finally:
            self._active.discard(function.node)

    def _in_method(self, function: Func | Lambda, site: CallSite, environment: Environment) -> Environment:
        """The arguments of a constructor as another method of its object has them, where the call stands there."""
        method, maker = own_method(site.scope), own_method(function.body)
        if method is None or maker is None or method.node is maker.node or method.scope is not maker.scope:
            return environment
        keys = [(id(maker.node), each.arg) for each in positional(maker.node)[:1]]
        names = [(id(method.node), each.arg) for each in positional(method.node)[:1]]
        instances = [environment[key] for key in keys if key in environment]
        return {**environment, **dict(zip(names, instances, strict=False))}

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
