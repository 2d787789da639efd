"""From a module to what starts its code, by the tables of the libraries."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from idem_lint.engine import parameter_binding
from idem_lint.engine.constants import items
from idem_lint.engine.module_facts import CallSite, Module, Scope, terminal
from idem_lint.engine.value_types import Applied, External, Func, Items, Klass, Value, options
from idem_lint.entry_points.interface import Entry, EntryTable
from idem_lint.entry_points.statements import as_function
from idem_lint.entry_points.tables import TABLES
from idem_lint.entry_points.values import functions_of, names
from idem_lint.finding.interface import Finder

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INNER = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)


class EntryFinder:
    """Asks the tables about modules."""

    def __init__(self, finder: Finder, tables: Iterable[EntryTable] = TABLES) -> None:
        self._finder = finder
        self._evaluator = finder.evaluator
        self._tables = [(table, table.every_word()) for table in tables]

    def of_module(self, module: Module) -> Iterator[Entry]:
        """What starts code of this module, or of others by what stands in this one."""
        tables = [table for table, words in self._tables if not words.isdisjoint(module.words)]
        decorating = [table for table in tables if table.decorators]
        for node, scope in module.functions if decorating else ():
            yield from self._decorated(Func(node, scope), decorating)
        for table in tables:
            yield from self._called(module, table)
            yield from self._classes(module, table)
            yield from self._loops(module, table)
            if table.hook is not None:
                yield from table.hook(self._finder, module, table)

    def _decorated(self, function: Func, tables: list[EntryTable]) -> Iterator[Entry]:
        for below, node in enumerate(reversed(function.node.decorator_list)):
            value = self._evaluator.evaluate(node, function.scope)
            for name in names(self._evaluator, value):
                for table in tables:
                    if table.has(name, table.decorators):
                        klass = self._class_around(function)
                        yield Entry(function, table, node, function.module, klass, below)
                        return

    def _class_around(self, function: Func) -> Klass | None:
        owner = function.scope
        if isinstance(owner.node, ast.ClassDef) and owner.parent is not None:
            return Klass(owner.node, owner.parent)
        return None

    def _called(self, module: Module, table: EntryTable) -> Iterator[Entry]:
        for site in self._sites(module, frozenset(table.calls)):
            given = parameter_binding.read(site.node, self._evaluator, site.scope, {})
            value = given.get(table.calls[terminal(site.node.func)])
            if value is None or not self._is_the_librarys(site, table):
                continue
            for function in self._given(value, module):
                yield Entry(function, table, site.node, module, self._class_around(function))

    def _is_the_librarys(self, site: CallSite, table: EntryTable) -> bool:
        callee = self._evaluator.evaluate(site.node.func, site.scope)
        return any(map(table.owns, names(self._evaluator, callee)))

    def _given(self, value: Value, module: Module) -> Iterator[Func]:
        for option in options(value):
            for item in items(option) if isinstance(option, Items) else (option,):
                yield from functions_of(self._evaluator, item, module)

    def _sites(self, module: Module, called: frozenset[str]) -> list[CallSite]:
        """The calls by one of these names."""
        if not called:
            return []
        sites = module.sites(frozenset(name.encode() for name in called))
        return [site for site in sites if terminal(site.node.func) in called]

    # classes

    def _classes(self, module: Module, table: EntryTable) -> Iterator[Entry]:
        if not table.bases:
            return
        for node, scope in module.classes:
            if node in self._finder.extended:  # what extends it is what runs
                continue
            klass = Klass(node, scope)
            for base in self._evaluator.mro(klass)[1:]:
                if isinstance(base, External) and table.has(base.name, frozenset(table.bases)):
                    yield from self._methods(klass, table.bases[base.name.rpartition(".")[2]], table)

    def _methods(self, klass: Klass, methods: Iterable[str], table: EntryTable) -> Iterator[Entry]:
        for name in methods:
            value = self._evaluator.class_attribute(klass, name)
            for option in options(value) if value is not None else ():
                while isinstance(option, Applied):
                    option = option.target
                if isinstance(option, Func):
                    node = option.node if option.scope.node is klass.node else klass.node
                    yield Entry(option, table, node, klass.module, klass)

    # loops

    def _loops(self, module: Module, table: EntryTable) -> Iterator[Entry]:
        for site in self._sites(module, table.fetches):
            if self._fetches(site, table):
                yield self._around(site.scope, site.node, table)
        if table.iterated and any(table.owns(name) for name in module.imports):
            for node, scope in self._iterations(module):
                value = self._evaluator.evaluate(node.iter, scope)
                if any(table.has(name, table.iterated) for name in names(self._evaluator, value)):
                    yield self._around(scope, node, table)

    def _fetches(self, site: CallSite, table: EntryTable) -> bool:
        name = terminal(site.node.func)
        callee = self._evaluator.evaluate(site.node.func, site.scope)
        if any(table.has(dotted_name, table.fetches) for dotted_name in names(self._evaluator, callee)):
            return True
        return name in table.telling and any(table.owns(imported) for imported in site.scope.module.imports)

    def _iterations(self, module: Module) -> Iterator[tuple[ast.For | ast.AsyncFor, Scope]]:
        for node, scope in list(module.scopes.items()):
            if isinstance(node, (*_FUNCTIONS, ast.Module)):
                waiting: list[ast.AST] = list(node.body)
                while waiting:
                    part = waiting.pop()
                    if isinstance(part, ast.For | ast.AsyncFor):
                        yield part, scope
                    if not isinstance(part, _INNER):
                        waiting += ast.iter_child_nodes(part)

    def _around(self, scope: Scope, node: ast.AST, table: EntryTable) -> Entry:
        """The function that a loop stands in; a module's own statements as one."""
        inner: Scope | None = scope
        while inner is not None:
            if isinstance(inner.node, _FUNCTIONS) and inner.parent is not None:
                function = Func(inner.node, inner.parent)
                return Entry(function, table, node, scope.module, self._class_around(function))
            inner = inner.parent
        module = scope.module
        started = Func(as_function(module, node, module.tree.body), module.scope)
        return Entry(started, table, node, module)


def by_definition(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Entries by what they are reported at: their function, or the class that inherits it."""
    found: dict[ast.AST, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.definition, []).append(entry)
    return list(found.values())
