"""Which statements fill a list or dict: those of its own module, of others that import it, and decorators that collect."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
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

    def in_view(self) -> Iterable[Module]:
        """The modules that have been loaded."""
        ...


class FilledCollections(ABC):
    """Lists and dicts with what is put into them after they were made."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.applications: dict[ast.AST, list[Environment]] = {}
        self._filled: dict[tuple[int, str], tuple[Value, Value]] = {}
        self._growing: set[tuple[int, str]] = set()
        self._showing: dict[bytes, tuple[int, list[Module]]] = {}

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
        owner = scope if scope.is_class else scope.parent if name.startswith("self.") else None
        if owner is not None and isinstance(owner.node, ast.ClassDef) and owner.parent is not None:
            for module in self._modules_with(short):
                for site in module.growth(f".{short}"):
                    base = _base(site)
                    is_own = isinstance(base, ast.Name) and base.id == "self" and name.startswith("self.")
                    if not is_own and self._is_of_class(base, site.scope, owner.node):
                        yield site
        elif scope.parent is None:
            for module in self._modules_with(short):
                if module is not scope.module:
                    yield from self._of_importer(module, short, scope.module)

    def _modules_with(self, name: str) -> list[Module]:
        """The modules in view that have a word."""
        every = list(self.modules.in_view())
        known = self._showing.get(name.encode())
        if known is None or known[0] != len(every):
            known = (len(every), [module for module in every if name.encode() in module.words])
            self._showing[name.encode()] = known
        return known[1]

    def _is_of_class(self, base: ast.expr, scope: Scope, klass: ast.ClassDef) -> bool:
        """Whether an expression is a class, an heir of it, or an instance of one."""
        for option in options(self.evaluate(base, scope)):
            callee = option.callee if isinstance(option, Made) else option
            if isinstance(callee, Klass) and any(
                isinstance(each, Klass) and each.node is klass for each in self.mro(callee)
            ):
                return True
        return False

    def _of_importer(self, module: Module, name: str, owner: Module) -> Iterator[CallSite]:
        """What a module puts into a collection that it imports."""
        for site in module.growth(f".{name}"):
            for option in options(self.evaluate(_base(site), site.scope)):
                if isinstance(option, ProjectModule) and self._leads_to(
                    f"{option.module.name}.{name}", module, owner
                ):
                    yield site
        if not any(target.endswith(f".{name}") for target in module.imports) and not module.scope.stars:
            return
        for scope in module.scopes.values():
            for alias, bindings in scope.bindings.items():
                targets = [b.target for b in bindings if b.kind == "import"]
                if any(self._is_of_module(target, name, module, owner) for target in targets):
                    yield from _filling(alias, scope, bindings)
            if any(self._is_of_module(f"{origin}.{name}", name, module, owner) for origin in scope.stars):
                yield from _filling(name, scope, scope.bindings.get(name, ()))

    def _is_of_module(self, target: str, name: str, importer: Module, owner: Module) -> bool:
        return target.rpartition(".")[2] == name and self._leads_to(target, importer, owner)

    def _leads_to(self, dotted: str, importer: Module, owner: Module) -> bool:
        """Whether a dotted name is one of a module's, through as many modules as import it from each other."""
        seen: set[str] = set()
        while dotted not in seen:
            seen.add(dotted)
            head, _, name = dotted.rpartition(".")
            module = self.modules.find(head, importer) if head else None
            if module is None or module is owner:
                return module is owner
            importer = module
            targets = [b.target for b in module.scope.bindings.get(name, ()) if b.kind == "import"]
            starred = [f"{origin}.{name}" for origin in module.scope.stars]
            dotted = next(iter([*targets, *starred]), dotted)
        return False

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
