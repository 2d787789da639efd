"""From a module to what it registers: decorators, calls, loops of calls, composed decorators, class views.

The finder knows Python; what a framework's names mean stands in :mod:`idem_lint.frameworks`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from idem_lint import arguments, views
from idem_lint.arguments import Arguments
from idem_lint.facts import CallSite, FunctionNode, Module, Scope, targets, terminal
from idem_lint.frameworks.base import ANY, Registration
from idem_lint.matching import Match, Matcher
from idem_lint.names import written
from idem_lint.values import (
    COMPUTED,
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    either,
    innermost,
    options,
)
from idem_lint.vocabulary import Vocabulary

if TYPE_CHECKING:
    from idem_lint.evaluate import Evaluator
    from idem_lint.frameworks import Registry


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One decorator of a definition, nearest first: what it is, as written, and what it was put on."""

    decorator: Value
    node: ast.expr
    below: Value
    scope: Scope
    written: str


class Finder:
    """Finds registrations; :meth:`note` is called for every module first, so that users of a registrar are known."""

    def __init__(self, evaluator: Evaluator, registry: Registry) -> None:
        self.evaluator = evaluator
        self.registry = registry
        self.matcher = Matcher(evaluator, registry)
        self.parametric: dict[ast.AST, list[CallSite | Func]] = {}
        self.vocabulary = Vocabulary(registry)
        self.used: set[ast.AST] = set()
        self.followed: set[ast.AST] = set()
        self.extended: set[ast.AST] = set()
        self.view_calls: dict[ast.AST, list[Registration]] = {}
        self.directives: dict[str, Func] = {}
        self._active: set[ast.AST] = set()
        self._sites: dict[Module, tuple[tuple[int, int], list[CallSite]]] = {}
        self._links: dict[ast.AST, list[Link]] = {}

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
                yield from views.registrations(self, Klass(node, scope))

    def note_classes(self, module: Module) -> None:
        """Learn which classes extend which, and which of them are views."""
        for node, scope in module.classes:
            if not self.vocabulary.may_be_view(node, scope):
                continue
            klass = Klass(node, scope)
            bases = self.evaluator.mro(klass)[1:]
            for base in bases:
                if isinstance(base, Klass):
                    self.extended.add(base.node)
                    self.evaluator.heirs.setdefault(base.node, {}).setdefault(node, klass)
            known = (isinstance(base, Klass) and base.node.name in self.vocabulary.learnt for base in bases)
            if (
                any(known)
                or any(True for _ in views.matching(self, klass))
                or self.matcher.match(klass, module)
            ):
                self.vocabulary.learn(node.name)

    def note(self, module: Module) -> None:
        """Learn what other modules may use: registrars, composed decorators, classes that register their methods."""
        self.vocabulary.learn(*self.vocabulary.exported(module))
        for node, scope in module.functions:
            if any(self.vocabulary.may_register(each, scope) for each in node.decorator_list):
                self._note_function(Func(node, scope))
        for site in self.sites(module):
            for _, iterable in site.loops:
                self.evaluator.evaluate(iterable, site.scope)
            if site.scope.is_function:
                self._note_site(site)
        self.vocabulary.learn(*self.evaluator.collectors)
        if self.matcher.frameworks_of(module):
            for scope in module.scopes.values():
                if scope.is_function and any(self._is_route(result, scope) for result in scope.returns):
                    self.vocabulary.learn(*_names_around(scope))

    def _is_route(self, result: ast.expr, scope: Scope) -> bool:
        """Whether a function returns what a route method made: ``return router.post(path, status_code=202)``."""
        if not isinstance(result, ast.Call) or not self.vocabulary.is_loud(terminal(result.func)):
            return False
        matches = (
            self.matcher.match(each, scope.module)
            for each in options(self.evaluator.evaluate(result.func, scope))
        )
        return any(
            match.certain or (isinstance(match.owner, Parameter) and match.route.fixed is None)
            for match in matches
            if match is not None
        )

    def _note_function(self, function: Func) -> None:
        for node in function.node.decorator_list:
            for option in options(self.evaluator.evaluate(node, function.scope)):
                self.evaluator.note_application(option, function)
        if function.scope.is_function:
            for found in self.decorated(function):
                for parameter in found.parameters:
                    known = self.parametric.setdefault(parameter.scope.node, [])
                    if not any(isinstance(each, Func) and each.node is function.node for each in known):
                        known.append(function)
                    self.vocabulary.learn(*_names_around(parameter.scope))

    def _note_site(self, site: CallSite) -> None:
        names = list(_names_around(site.scope))
        if self._returns_route(site):
            self.vocabulary.learn(*names)
        for found in self.called(site):
            for owner in self.depends_on(found, site):
                sites = self.parametric.setdefault(owner.node, [])
                if site not in sites:
                    sites.append(site)
                self.vocabulary.learn(*names)
        if terminal(site.node.func) in self.registry.call_names:
            self.vocabulary.learn(*_classes_around(site.scope))

    def _returns_route(self, site: CallSite) -> bool:
        """Whether a function returns what this call makes, and that is a route decorator."""
        if not any(site.node is part for result in site.scope.returns for part in ast.walk(result)):
            return False
        callees = list(options(self.evaluator.evaluate(site.node.func, site.scope)))
        callees += [callee.callee for callee in callees if isinstance(callee, Made)]  # app.post(path)(view)
        return any(self.matcher.match(callee, site.scope.module) is not None for callee in callees)

    def depends_on(self, found: Registration, site: CallSite) -> Iterator[Scope]:
        """The functions whose callers decide what is registered."""
        values = [
            found.target,
            *found.parameters,
            *(self.evaluator.evaluate(loop[1], site.scope) for loop in site.loops),
        ]
        for value in values:
            for option in options(value):
                while isinstance(option, Applied | Member) or _is_as_view(option):
                    option = _inner(option)
                if isinstance(option, Parameter):
                    yield option.scope

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

    def links(self, function: Func) -> list[Link]:
        """The decorators of a definition, nearest first, with what the project's own decorators apply."""
        if function.environment:
            return self._chain(function)
        if function.node not in self._links:
            self._links[function.node] = self._chain(function)
        return self._links[function.node]

    def _chain(self, function: Func) -> list[Link]:
        found: list[Link] = []
        value: Value = function
        for node in reversed(function.node.decorator_list):
            decorator = self.evaluator.evaluate(node, function.scope, function.environment)
            for each in self._stacked(node, function) or [decorator]:
                applied = self.evaluator.apply(each, value, node, function.scope)
                found.extend(_new_links(applied, value, node))
                value = next((each for each in options(applied) if isinstance(each, Applied)), value)
        return found

    def _stacked(self, node: ast.expr, function: Func) -> list[Value]:
        """Decorators given to a project function that stacks them: ``compose(router.post("/x"), money_moving)``."""
        call: ast.AST | None = node
        if isinstance(node, ast.Name):
            call = next((each.node for each in function.scope.bindings.get(node.id, ())), None)
        if not isinstance(call, ast.Call):
            return []
        values = [self.evaluator.evaluate(item, function.scope, function.environment) for item in call.args]
        routes = [
            item
            for item in values
            if isinstance(item, Made) and self.matcher.match(item.callee, function.module)
        ]
        return values[::-1] if routes else []

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
                    below = position + sum(1 for _ in views.wrappers(found.target))
                    yield replace(found, below=below, written=written(node), node=node, scope=function.scope)

    def _by_decorator(self, decorator: Value, link: Link, module: Module) -> Iterator[Registration]:
        made = decorator if isinstance(decorator, Made) else None
        match = self.matcher.match(made.callee if made else decorator, module)
        if match is None or (made is None and not match.route.bare):
            return
        given = self._arguments(match, made)
        if not match.certain and not _is_plausible(match, given, is_call=made is not None):
            return
        is_decorator = match.route.target is None or given.get(match.route.target) is None
        yield from self._registered(match, given, link.below, link.node, link.scope) if is_decorator else ()

    def _class_decorator(self, klass: Klass, node: ast.expr) -> Iterator[Registration]:
        """``@blueprint.route("/transfers") class Transfers(MethodView)``: the class is registered."""
        for option in options(self.evaluator.evaluate(node, klass.scope)):
            made = option if isinstance(option, Made) else None
            match = self.matcher.match(made.callee, klass.module) if made is not None else None
            if match is not None:
                for found in self._registered(match, self._arguments(match, made), klass, node, klass.scope):
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
            given = self._arguments(prepared, made)
            if prepared.certain or _is_plausible(prepared, given, is_call=True):
                yield from self._registered(prepared, given, target, site.node, site.scope)
            return
        match = self.matcher.match(callee, module)
        if match is not None and match.route.target is not None:
            given = self._arguments(match, Made(callee, site.node, site.scope, env))
            registered = given.get(match.route.target)
            is_plausible = match.certain or _is_plausible(match, given, is_call=True)
            if is_plausible and (registered is not None or not given.complete):
                yield from self._registered(match, given, registered or UNKNOWN, site.node, site.scope)

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

    # what is registered

    def _arguments(self, match: Match, made: Made | None) -> Arguments:
        found = Arguments((), {})
        for part in [*match.earlier, *([made] if made is not None else [])]:
            found = found.then(arguments.of(part, self.evaluator))
        return found

    def _registered(
        self, match: Match, given: Arguments, target: Value, node: ast.AST, scope: Scope
    ) -> Iterator[Registration]:
        """The registrations that a route with these arguments makes of a target."""
        methods, problem = self._methods(match, given)
        guards = [
            (guard, node)
            for keyword in match.route.guards
            if keyword in given.keywords
            for guard in self.guard_values(given.keywords[keyword])
        ]
        if match.framework.router_guards is not None:
            guards.extend(match.framework.router_guards(self, match.owner))
        found = Registration(
            framework=match.framework.name,
            target=target,
            methods=methods,
            route=arguments.text(given.get(match.route.path)),
            node=node,
            scope=scope,
            evidence="any-method" if methods == ANY else "explicit",
            problem=problem,
            guards=tuple(guards),
            written=match.name,
            parameters=self._parameters(match, given),
            has_methods=given.get(match.route.methods) is not None or match.route.fixed is not None,
            deferred=match.route.deferred,
            owner=match.owner,
        )
        if match.framework.refine is None:
            yield found
        else:
            yield from match.framework.refine(self, found, given)

    def _parameters(self, match: Match, given: Arguments) -> tuple[Parameter, ...]:
        """The parameters that decide the methods."""
        value = given.get(match.route.methods)
        if value is None:
            return given.rest if match.route.fixed is None else ()
        return tuple(each for each in options(value) if isinstance(each, Parameter))

    def _methods(self, match: Match, given: Arguments) -> tuple[frozenset[str], str]:
        value = given.get(match.route.methods)
        if match.route.fixed is not None:
            return match.route.fixed, ""
        given_values = [each for each in options(value) if each != Const(None)] if value is not None else []
        if value is not None and given_values:
            found, problem = arguments.methods(either(given_values))
            return (
                (found, problem)
                if Const(None) not in options(value)
                else (found | match.route.default, problem)
            )
        if not given.complete:
            return frozenset(), "its methods may be in an argument list that is not known from the source"
        return match.route.default, "" if match.name != COMPUTED else "which method registers it is computed"

    def guard_values(self, value: Value) -> Iterator[Value]:
        """Decorators in a list, tuple or alone; a FastAPI ``Depends(guard)`` is its guard."""
        for option in options(value):
            made = option if isinstance(option, Made) and isinstance(option.callee, External) else None
            if made is not None and terminal(made.call.func) in {"Depends", "Security"} and made.call.args:
                yield self.evaluator.evaluate(made.call.args[0], made.scope, made.environment)
            elif isinstance(option, Items):
                for item in option.items:
                    yield from self.guard_values(item)
            else:
                yield option

    def definition(self, target: Value) -> Func | Lambda | Klass | None:
        """The definition that a registered value leads to."""
        if isinstance(target, Func | Lambda | Klass):
            return target
        if isinstance(target, Applied):
            return self.definition(target.target)
        if isinstance(target, Bound):
            return target.function
        if isinstance(target, Made) and isinstance(target.callee, Klass):
            call = self.evaluator.class_attribute(target.callee, "__call__")
            return call if isinstance(call, Func) else target.callee
        return None

    def view_class(self, target: Value) -> Klass | None:
        """The view class that a registered value leads to: ``View``, ``View()``, ``View.as_view("name")``."""
        while isinstance(target, Applied):
            target = target.target
        if isinstance(target, Made):
            target = target.callee
            if isinstance(target, Member):
                target = target.owner
            elif isinstance(target, Klass) and self.evaluator.class_attribute(target, "__call__") is not None:
                return None
        return target if isinstance(target, Klass) else None


def _is_as_view(value: Value) -> bool:
    return isinstance(value, Made) and isinstance(value.callee, Member) and value.callee.name == "as_view"


def _inner(value: Value) -> Value:
    if isinstance(value, Applied):
        return value.target
    return value.callee if isinstance(value, Made) else getattr(value, "owner", UNKNOWN)


def _new_links(applied: Value, before: Value, node: ast.expr) -> list[Link]:
    chain: list[Link] = []
    for option in options(applied):
        each: Value = option
        part: list[Link] = []
        while isinstance(each, Applied) and each is not before:
            part.append(Link(each.decorator, node, each.target, each.scope, written(node)))
            each = each.target
        chain.extend(reversed(part))
    return chain


def _is_plausible(match: Match, given: Arguments, *, is_call: bool) -> bool:
    """Judging by use alone: a route decorator is called, and its first argument can be a path."""
    path = given.get(match.route.path)
    if not is_call or path is None:
        return is_call and (not given.complete or not match.route.needs_path)
    start = "/" if isinstance(match.owner, Made) and isinstance(match.owner.callee, Klass) else ""
    texts = [option.value for option in options(path) if isinstance(option, Const)]
    return all(isinstance(text, str) and text.startswith(start) for text in texts)


def _names_around(scope: Scope | None) -> Iterator[str]:
    while scope is not None:
        if isinstance(scope.node, FunctionNode):
            yield scope.node.name
        scope = scope.parent


def _classes_around(scope: Scope | None) -> Iterator[str]:
    while scope is not None:
        if isinstance(scope.node, ast.ClassDef):
            yield scope.node.name
        scope = scope.parent
