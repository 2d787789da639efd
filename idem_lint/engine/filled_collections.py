"""Which statements fill a list or dict: those of its own module, of others that import it, and decorators that collect."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Protocol

from idem_lint.engine import constants
from idem_lint.engine.collection_growth import grown
from idem_lint.engine.module_facts import Binding, CallSite, Module, Scope
from idem_lint.engine.value_types import (
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


class Modules(Protocol):
    """Where other modules of the project come from."""

    def find(self, dotted: str, importer: Module) -> Module | None:
        """The module that ``importer`` gets for this absolute dotted name, if it is the project's."""
        ...

    def unread(self, dotted: str, importer: Module) -> Site | None:
        """Why the project's module that a dotted name leads into could not be read, if that is so."""
        ...

    def in_view(self) -> list[Module]:
        """The modules that have been loaded, in the order in which they were."""
        ...


@dataclass(slots=True, eq=False)
class _Statements:
    """The statements that fill the collections of one name: by the module, and by the class, whose they are.

    ``modules`` is how many of those in view have been looked at.
    """

    modules: int = 0
    by_module: dict[Module, list[CallSite]] = field(default_factory=dict[Module, list[CallSite]])
    by_class: dict[ast.AST, list[CallSite]] = field(default_factory=dict[ast.AST, list[CallSite]])


class FilledCollections(ABC):
    """Lists and dicts with what is put into them after they were made."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.applications: dict[ast.AST, list[Environment]] = {}
        self._filled: dict[tuple[int, str], tuple[Value, Value]] = {}
        self._growing: set[tuple[int, str]] = set()
        self._statements: dict[str, _Statements] = {}
        self._depth = 0
        self._steps = 0

    @abstractmethod
    def evaluate(self, node: ast.expr, scope: Scope, environment: Environment | None = None) -> Value:
        """The value of an expression in a scope; :class:`Unknown` where it cannot be told."""

    @abstractmethod
    def mro(self, klass: Klass) -> list[Klass | External]:
        """The class and its bases, nearest first."""

    def _grown(self, value: Items | Table, name: str, scope: Scope, env: Environment) -> Value:
        """A list or dict with what later statements, and decorators that collect, put into it."""
        key = (id(scope.module), name)
        if key in self._growing:
            return value
        # What is asked while another table is being filled may be a part, and is not kept.
        is_whole = not (self._growing or env)
        known = self._filled.get((id(value), name)) if is_whole else None
        if known is not None and known[0] is value:
            return known[1]
        self._growing.add(key)
        try:
            found = self._with_growth(value, name, scope, env)
        finally:
            self._growing.discard(key)
        if is_whole:
            self._filled[id(value), name] = value, found
        return found

    def _with_growth(self, value: Items | Table, name: str, scope: Scope, env: Environment) -> Value:
        own = (site for site in scope.module.growth(name) if _means_one_of(name, site.scope, scope))
        for site in islice(chain(own, self._from_elsewhere(name, scope)), _STATEMENTS):
            around = env if site.scope.module is scope.module else {}
            for each in self.applications.get(site.scope.node, ()) or [around]:
                added = [self.evaluate(node, site.scope, each) for node in site.node.args]
                added += self._keyword_table(site, each)
                value = grown(value, site, added)
        return value

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
                if not (is_of_self and isinstance(base, ast.Name) and base.id == "self"):
                    yield site
        elif scope.parent is None:
            yield from self._statements_on(short).by_module.get(scope.module, ())

    def _statements_on(self, name: str) -> _Statements:
        """The statements of all modules in view that fill a collection of this name which is not their own."""
        known = self._statements.setdefault(name, _Statements())
        every = self.modules.in_view()
        if known.modules == len(every):
            return known
        fresh, known.modules = every[known.modules :], len(every)
        depth, steps, self._depth, self._steps = self._depth, self._steps, 0, 0  # a question of its own
        try:
            for module in fresh:
                if name.encode() in module.words:
                    self._note_statements(name, module, known)
        finally:
            self._depth, self._steps = depth, steps
        return known

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
