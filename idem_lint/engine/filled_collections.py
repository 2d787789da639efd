"""Which statements fill a list or dict: those of its own module, of others that import it, and decorators that collect."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar

from idem_lint.engine import constants
from idem_lint.engine.collection_growth import grown, with_more
from idem_lint.engine.environments import Environments, Given
from idem_lint.engine.filling_calls import calls_by_name, fills_with_parameters, is_handler, parameters
from idem_lint.engine.module_facts import Binding, CallSite, FunctionNode, Module, Scope
from idem_lint.engine.questions import Key, Questions
from idem_lint.engine.value_types import (
    UNKNOWN,
    Bound,
    Const,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Made,
    ProjectModule,
    Table,
    Value,
    options,
)
from idem_lint.result_types import Site

# More than that are more rounds than any loop over a table is followed for.
_STATEMENTS = 1000
T = TypeVar("T")


class Modules(Protocol):
    """Where other modules of the project come from."""

    def find(self, dotted: str, importer: Module) -> Module | None:
        """The module that ``importer`` gets for this absolute dotted name, if it is the project's."""
        ...

    def unread(self, dotted: str, importer: Module) -> Site | None:
        """Why the project's module that a dotted name leads into could not be read, if that is so."""
        ...

    def imported_paths(self, importer: Module) -> frozenset[Path]:
        """The files that the import statements of a module name."""
        ...

    def in_view(self) -> list[Module]:
        """The modules that have been loaded, in the order of their paths."""
        ...


@dataclass(slots=True, eq=False)
class _Statements:
    """The statements that fill the collections of one name: by the module, and by the class, whose they are."""

    by_module: dict[Module, list[CallSite]] = field(default_factory=dict[Module, list[CallSite]])
    by_class: dict[ast.AST, list[CallSite]] = field(default_factory=dict[ast.AST, list[CallSite]])


class _Same:
    """A value that is the same as no other, whatever is in it."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


class FilledCollections(Questions, ABC):
    """Lists and dicts with what is put into them after they were made."""

    def __init__(self, modules: Modules) -> None:
        super().__init__()
        self.modules = modules
        self.applications: dict[ast.AST, list[Environment]] = {}
        self.environments = Environments()

    def settled(
        self,
        what: str,
        about: object,
        scope: Scope,
        env: Environment,
        find: Callable[[Environment], T],
        meanwhile: T,
    ) -> T | Value:
        """The answer to a question about something in a scope, for what counts there of these arguments."""
        given = self.given(env, scope) if env else None
        if given is None:
            return self.ask((what, about, scope), partial(find, {}), meanwhile)
        key = what, about, scope, given, self.is_plain
        return self.ask_about_arguments(key, partial(find, given.environment), meanwhile)

    def given(self, env: Environment, scope: Scope) -> Given | None:
        """What of the arguments of calls counts in a scope; ``None`` where nothing does."""
        if self.environments.are_many and not self.is_answering:
            self.environments.forget()
            self.forget_arguments()
        return self.environments.given(env, scope)

    @abstractmethod
    def evaluate(self, node: ast.expr, scope: Scope, environment: Environment | None = None) -> Value:
        """The value of an expression in a scope; :class:`Unknown` where it cannot be told."""

    @abstractmethod
    def rounds(
        self, loops: tuple[tuple[ast.expr, ast.expr], ...], scope: Scope, env: Environment
    ) -> list[Environment] | None:
        """One environment per round of nested loops."""

    @abstractmethod
    def arguments(self, function: Func, made: Made, *, bound: bool = True) -> Environment:
        """The environment of a call: each parameter of ``function`` with the value it is given."""

    @abstractmethod
    def mro(self, klass: Klass) -> list[Klass | External]:
        """The class and its bases, nearest first."""

    def _grown(self, value: Items | Table, name: str, scope: Scope, env: Environment) -> Value:
        """A list or dict with what later statements, and decorators that collect, put into it."""
        growing = "growing", scope.module, name
        if self.leads_back(growing):
            return value
        find = partial(self._with_growth, value, name, scope, growing)
        return self.settled(name, _Same(value), scope, env, find, value)

    def _with_growth(
        self, value: Items | Table, name: str, scope: Scope, growing: Key, env: Environment
    ) -> Value:
        with self.while_open(growing):
            return self._filled(value, name, scope, env)

    def _filled(self, value: Items | Table, name: str, scope: Scope, env: Environment) -> Value:
        own = (site for site in scope.module.growth(name) if _means_one_of(name, site.scope, scope))
        sites = list(islice(chain(own, self._from_elsewhere(name, scope)), _STATEMENTS + 1))
        for site in sites[:_STATEMENTS]:
            for each in self._given_where_filled(site, scope, env):
                added = [self.evaluate(node, site.scope, each) for node in site.node.args]
                added += self._keyword_table(site, each)
                value = grown(value, site, added)
        return with_more(value) if len(sites) > _STATEMENTS else value

    def _given_where_filled(self, site: CallSite, scope: Scope, env: Environment) -> list[Environment]:
        """What the function is given, each time, in which a statement fills a collection of a scope."""
        around = env if site.scope.module is scope.module else {}
        function = site.scope.node
        known = self.applications.get(function)
        if known or site.scope is scope or any(owner == id(function) for owner, _ in around):
            return known or [around]
        if not isinstance(function, FunctionNode) or not fills_with_parameters(site.node, function):
            return [around]
        find = partial(self._given_by_calls, function)
        return self.ask(("calls that fill", function), find, list[Environment]()) or [around]

    def _given_by_calls(self, function: FunctionNode) -> list[Environment]:
        """The arguments of each call of a function that is given a handler; unknown ones where too many have its name."""
        sites = [site for module in self.modules.in_view() for site in calls_by_name(function.name, module)]
        if len(sites) > _STATEMENTS:
            return [{(id(function), name): UNKNOWN for name in parameters(function)}]
        found: list[Environment] = []
        for site in sites:
            for callee in options(self.evaluate(site.node.func, site.scope)):
                called = callee.function if isinstance(callee, Bound) else callee
                if isinstance(called, Func) and called.node is function:
                    for around in self.rounds(site.loops, site.scope, {}) or [{}]:
                        made = Made(callee, site.node, site.scope, around)
                        given = self.arguments(called, made, bound=isinstance(callee, Bound))
                        found += [given] if any(map(is_handler, given.values())) else []
        return found

    def _keyword_table(self, site: CallSite, env: Environment) -> list[Value]:
        """The keywords of a call as a table, where it has any."""
        found: Value = Table(())
        for word in site.node.keywords:
            value = self.evaluate(word.value, site.scope, env)
            more = Table(((Const(word.arg), value),)) if word.arg is not None else value
            found = constants.binary(ast.BitOr(), found, more)
        return [found] if site.node.keywords else []

    def _from_elsewhere(self, name: str, scope: Scope) -> Iterator[CallSite]:
        """What other modules put into a collection of a module or class, and code around a class into one of its own."""
        short = name.rpartition(".")[2]
        is_of_self = name.startswith("self.")
        owner = scope if scope.is_class else scope.parent if is_of_self else None
        if owner is not None:
            for site in self._statements_on(short).by_class.get(owner.node, ()):
                base = _base(site)
                is_own = is_of_self and isinstance(base, ast.Name) and base.id == "self"
                if not is_own or site.scope.module is not scope.module:
                    yield site
        elif scope.parent is None:
            yield from self._statements_on(short).by_module.get(scope.module, ())

    def _statements_on(self, name: str) -> _Statements:
        """The statements of all modules in view that fill a collection of this name which is not their own."""
        every = self.modules.in_view()
        return self.ask(
            ("statements", name, len(every)), partial(self._look_for_statements, name, every), _Statements()
        )

    def _look_for_statements(self, name: str, every: Iterable[Module]) -> _Statements:
        found = _Statements()
        for module in every:
            if name.encode() in module.words:
                self._note_statements(name, module, found)
        return found

    def _note_statements(self, name: str, module: Module, known: _Statements) -> None:
        for site in module.growth(f".{name}"):
            for option in options(self.evaluate(_base(site), site.scope)):
                self._note_attribute(name, option, site, known)
        for target, sites in _imported(name, module):
            self._note_of_module(target, module, sites, known)

    def _note_attribute(self, name: str, base: Value, site: CallSite, known: _Statements) -> None:
        klass = base.callee if isinstance(base, Made) else base
        if isinstance(base, ProjectModule):
            self._note_of_module(f"{base.module.name}.{name}", site.scope.module, [site], known)
        elif isinstance(klass, Klass):
            for each in self.mro(klass):
                if isinstance(each, Klass):
                    known.by_class.setdefault(each.node, []).append(site)

    def _note_of_module(
        self, dotted: str, importer: Module, sites: Iterable[CallSite], known: _Statements
    ) -> None:
        owner = self._owner_of(dotted, importer)
        if owner is not None and owner is not importer:
            known.by_module.setdefault(owner, []).extend(sites)

    def _owner_of(self, dotted: str, importer: Module) -> Module | None:
        """The module whose own a dotted name is, through as many modules as import it from each other."""
        seen: set[str] = set()
        while dotted not in seen:
            seen.add(dotted)
            head, _, name = dotted.rpartition(".")
            module = self.modules.find(head, importer) if head else None
            if module is None:
                return None
            bindings = module.scope.bindings.get(name, ())
            targets = [binding.target for binding in bindings if binding.kind == "import"]
            if not targets and bindings:
                return module
            starred = [f"{origin}.{name}" for origin in module.scope.stars]
            importer, dotted = module, next(iter([*targets, *starred]), dotted)
        return None

    def note_application(self, decorator: Value, target: Value) -> bool:
        """Remember that a project decorator was put on something, for registries that decorators fill; whether it is a
        project decorator.
        """
        body = decorator.function if isinstance(decorator, Bound) else decorator
        if not isinstance(body, Func):
            return False
        parameters = [*body.node.args.posonlyargs, *body.node.args.args]
        names = parameters[1:] if isinstance(decorator, Bound) else parameters
        if names:
            env = {**body.environment, (id(body.node), names[0].arg): target}
            if isinstance(decorator, Bound):
                env[id(body.node), parameters[0].arg] = decorator.owner
            self.applications.setdefault(body.node, []).append(env)
        return True


def _imported(name: str, module: Module) -> Iterator[tuple[str, Iterable[CallSite]]]:
    """What a module imports of this name, under any other, with the statements that fill it."""
    if not any(target.endswith(f".{name}") for target in module.imports) and not module.scope.stars:
        return
    for scope in module.scopes.values():
        for alias, bindings in scope.bindings.items():
            for binding in bindings:
                if binding.kind == "import" and binding.target.rpartition(".")[2] == name:
                    yield binding.target, _filling(alias, scope, bindings)
        for origin in scope.stars:
            yield f"{origin}.{name}", _filling(name, scope, scope.bindings.get(name, ()))


def _filling(name: str, scope: Scope, bindings: Iterable[Binding]) -> Iterator[CallSite]:
    """What is put into a collection that a scope imports under a name, ``+=`` as the call it is."""
    for site in scope.module.growth(name):
        if _means_one_of(name, site.scope, scope):
            yield site
    for binding in bindings:
        if binding.kind == "extend" and isinstance(binding.node, ast.expr):
            owner = ast.copy_location(ast.Name(name, ast.Load()), binding.node)
            func = ast.copy_location(ast.Attribute(owner, "extend", ast.Load()), binding.node)
            yield CallSite(ast.copy_location(ast.Call(func, [binding.node], []), binding.node), scope)


def _base(site: CallSite) -> ast.expr:
    """What has the collection as its attribute, in a call of the collection's method."""
    func = site.node.func
    collection = func.value if isinstance(func, ast.Attribute) else func
    return collection.value if isinstance(collection, ast.Attribute) else collection


def _means_one_of(name: str, scope: Scope, owner: Scope) -> bool:
    """Whether a name in a scope is the one that ``owner`` has, and not a namesake of another function."""
    current: Scope | None = scope
    while current is not None and current is not owner:
        if name in current.bindings and (current is scope or not current.is_class):
            return False
        current = current.parent
    return current is owner or "." in name
