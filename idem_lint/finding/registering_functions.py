"""The first look at every module: what other modules may use to register, so that their users are found."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import CallSite, FunctionNode, Module, Scope, terminal
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Func,
    Klass,
    Made,
    Member,
    Parameter,
    Value,
    options,
)
from idem_lint.finding import view_methods
from idem_lint.finding.interface import Registration

if TYPE_CHECKING:
    from idem_lint.finding.find_handlers import Finder


class Learner:
    """Teaches a finder which registrars, composed decorators and view classes a project has."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.evaluator = finder.evaluator
        self.matcher = finder.matcher
        self.vocabulary = finder.vocabulary

    def note_classes(self, module: Module) -> None:
        """Learn which classes extend which, and which of them are views."""
        for node, scope in module.classes:
            if not self.vocabulary.may_be_view(node, scope):
                continue
            klass = Klass(node, scope)
            bases = self.evaluator.mro(klass)[1:]
            for base in bases:
                if isinstance(base, Klass):
                    self.finder.extended.add(base.node)
                    self.evaluator.heirs.setdefault(base.node, {}).setdefault(node, klass)
            known = (isinstance(base, Klass) and base.node.name in self.vocabulary.learnt for base in bases)
            if (
                any(known)
                or any(True for _ in view_methods.matching(self.finder, klass))
                or self.matcher.match(klass, module)
            ):
                self.vocabulary.learn(node.name)

    def note(self, module: Module) -> None:
        """Learn what other modules may use: registrars, composed decorators, classes that register their methods."""
        self.vocabulary.learn(*self.vocabulary.exported(module))
        for node, scope in module.functions:
            if any(self.vocabulary.may_register(each, scope) for each in node.decorator_list):
                self._note_function(Func(node, scope))
        for site in self.finder.sites(module):
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
            for found in self.finder.decorated(function):
                for parameter in found.parameters:
                    known = self.finder.parametric.setdefault(parameter.scope.node, [])
                    if not any(isinstance(each, Func) and each.node is function.node for each in known):
                        known.append(function)
                    self.vocabulary.learn(*_names_around(parameter.scope))

    def _note_site(self, site: CallSite) -> None:
        names = list(_names_around(site.scope))
        if self._returns_route(site):
            self.vocabulary.learn(*names)
        for found in self.finder.called(site):
            for owner in self._depends_on(found, site):
                sites = self.finder.parametric.setdefault(owner.node, [])
                if site not in sites:
                    sites.append(site)
                self.vocabulary.learn(*names)
        if terminal(site.node.func) in self.finder.registry.call_names:
            self.vocabulary.learn(*_classes_around(site.scope))

    def _returns_route(self, site: CallSite) -> bool:
        """Whether a function returns what this call makes, and that is a route decorator."""
        if not any(site.node is part for result in site.scope.returns for part in ast.walk(result)):
            return False
        callees = list(options(self.evaluator.evaluate(site.node.func, site.scope)))
        callees += [callee.callee for callee in callees if isinstance(callee, Made)]  # app.post(path)(view)
        return any(self.matcher.match(callee, site.scope.module) is not None for callee in callees)

    def _depends_on(self, found: Registration, site: CallSite) -> Iterator[Scope]:
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


def _is_as_view(value: Value) -> bool:
    return isinstance(value, Made) and isinstance(value.callee, Member) and value.callee.name == "as_view"


def _inner(value: Value) -> Value:
    if isinstance(value, Applied):
        return value.target
    return value.callee if isinstance(value, Made) else getattr(value, "owner", UNKNOWN)


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
