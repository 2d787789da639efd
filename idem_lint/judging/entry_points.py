"""What starts code besides the handlers of POST, and where money goes from there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from idem_lint.engine.deep_stack import on_any_stack
from idem_lint.engine.module_facts import Module
from idem_lint.engine.node_numbers import Sharing
from idem_lint.engine.value_types import UNKNOWN, Func, Klass, Lambda, Value, options
from idem_lint.entry_points.find import EntryFinder, by_definition
from idem_lint.entry_points.interface import Entry
from idem_lint.finding.interface import Registration
from idem_lint.judging.followed import Wanted
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.internal_faults import Faults
from idem_lint.judging.mark_placement import Definition
from idem_lint.judging.money_map import SHOWN, MoneyMap, owner_of
from idem_lint.judging.traced_ways import NOTHING, Traced, received, sent
from idem_lint.reach.framework_hooks import instance_of
from idem_lint.result_types import EntryPoint, Handler, Mark, MoneyPaths, Place
from idem_lint.rules.entry_advice import of_method
from idem_lint.source.discovery import shown


@dataclass(slots=True, eq=False)
class _Candidate:
    """An entry point, the function that runs, and what was found from it."""

    point: EntryPoint
    function: Func | Lambda
    owner: Value | None
    module: Module
    is_inner: bool
    klass: ast.AST | None = None
    """The class whose method it is, of a class view."""
    traced: Traced = NOTHING
    is_followed: bool = False


class EntryPoints:
    """Finds the entry points of modules, and follows those that are wanted."""

    def __init__(self, assembler: Assembler, money: MoneyMap, faults: Faults, sharing: Sharing) -> None:
        self._assembler = assembler
        self._sharing = sharing
        self._money = money
        self._faults = faults
        self._finder = EntryFinder(assembler.finder)

    def of(self, modules: Iterable[Module], judged: frozenset[Path], wanted: Wanted) -> list[EntryPoint]:
        """The entry points of the judged files, with where money goes from them."""
        every = self._candidates([module for module in modules if self._can_matter(module, wanted)])
        chosen = [
            each
            for each in every
            if each.module.path in judged
            and wanted.wants(each.point)
            and not self._assembler.domains.leaves_out(each.module.path)
        ]
        self._follow(chosen, wanted)
        self._leave_scripts_what_is_theirs(chosen, every)
        moving = [each for each in chosen if wanted.listed or each.traced.ways]
        covered = self._covered(moving, every, wanted) | _called_by_others(moving)
        found = [
            self._with_money(each, is_covered=each.function.node in covered)
            for each in moving
            if wanted.listed or each.function.node not in covered
        ]
        # People act there, one row at a time: it is listed, and nobody is accused of it.
        return [*found, *(self._money.admin_forms(judged) if wanted.listed else ())]

    def _can_matter(self, module: Module, wanted: Wanted) -> bool:
        """Whether an entry point of a module may be told: of a domain, by its file or by what registers a class of it."""
        everywhere = wanted.listed or wanted.sure_everywhere or wanted.likely_everywhere
        registered = self._assembler.finder.view_calls
        return (
            everywhere
            or self._assembler.domains.of_module(module) is not None
            or any(node in registered for node, _ in module.classes)
        )

    # which there are

    def _candidates(self, modules: list[Module]) -> list[_Candidate]:
        found: dict[ast.AST, _Candidate] = {}
        for definition, registrations in self._assembler.others:
            with self._faults.caught(definition.scope.module, definition.node):
                for function in self._functions(definition, registrations):
                    found[definition.node] = self._of_handler(definition, function, registrations)
        handlers: dict[ast.AST, Handler] = {
            definition.node: self._assembler.handlers[number]
            for number, (definition, _) in self._assembler.definitions.items()
        }
        for entries in by_definition(self._entries(modules)):
            node = entries[0].definition
            handler = handlers.get(node)
            if node not in found and not (handler is not None and "POST" in handler.methods):
                found[node] = self._of_entry(entries[0], entries, handler)
        return list(found.values())

    def _entries(self, modules: list[Module]) -> Iterator[Entry]:
        for module in modules:
            with self._faults.caught(module):
                yield from on_any_stack(partial(_listed, self._finder.of_module, module))

    def _functions(
        self, definition: Definition, registrations: tuple[Registration, ...]
    ) -> Iterator[Func | Lambda]:
        """What runs: the definition, or the method of the project that a class inherits."""
        if not isinstance(definition, Klass):
            yield definition
            return
        evaluator = self._assembler.finder.evaluator
        for registration in registrations:
            value = evaluator.class_attribute(definition, registration.attribute)
            yield from (option for option in options(value or UNKNOWN) if isinstance(option, Func))

    def _of_handler(
        self, definition: Definition, function: Func | Lambda, registrations: tuple[Registration, ...]
    ) -> _Candidate:
        module = definition.scope.module
        scope = self._assembler.domains.of_handler(module, registrations)
        name, qualname = _names(definition)
        methods = sorted(frozenset[str]().union(*(each.methods for each in registrations)))
        advice = self._of_method(methods, name or "<lambda>", registrations[0].framework)
        point = EntryPoint(
            self._assembler.place(definition.node, module, name),
            qualname,
            "handler",
            "",
            advice,
            scope.domain,
            scope.reason,
            methods=tuple(methods),
            route=self._route(registrations),
        )
        klass = next((each.klass.node for each in registrations if each.klass is not None), None)
        return _Candidate(point, function, owner_of(registrations), module, is_inner=False, klass=klass)

    def _of_entry(self, entry: Entry, entries: list[Entry], handler: Handler | None) -> _Candidate:
        function, klass = entry.function, entry.klass
        module = function.module
        name, qualname = _names(function)
        node: ast.AST = function.node
        if klass is not None and entry.node is klass.node:  # it inherits the method
            node, module = klass.node, klass.module
            qualname, name = f"{klass.scope.child_name(klass.node.name)}.{name}", klass.node.name
        scope = self._assembler.domains.of_handler(module, entry.registrations)
        places = {self._assembler.place(other.node, other.module) for other in entries}
        place = self._assembler.place(node, module, name)
        marks = handler.marks if handler is not None else tuple(self._marks(entry))
        point = EntryPoint(
            place,
            qualname,
            entry.table.kind,
            entry.table.title,
            self._advice(entry, function.node.name),
            scope.domain,
            scope.reason,
            marks,
            methods=tuple(sorted(entry.methods)),
            route=self._route(entry.registrations),
            started=tuple(sorted(each for each in places if not _is_at(each, function))),
            is_handler=handler is not None,
        )
        is_inner = all(other.table.is_inner for other in entries)
        owner = instance_of(klass) if klass is not None else None
        return _Candidate(point, function, owner, module, is_inner, klass.node if klass is not None else None)

    def _route(self, registrations: Iterable[Registration]) -> str | None:
        """The first route that is known, in full."""
        prefixes = self._assembler.finder.route_prefixes
        return next((route for each in registrations for route in prefixes.routes(each)), None)

    def _advice(self, entry: Entry, name: str) -> str:
        if entry.methods:
            return self._of_method(sorted(entry.methods), name, entry.table.framework)
        return entry.table.advice.format(name=name)

    def _of_method(self, methods: list[str], name: str, framework: str) -> str:
        has_adapter = self._assembler.finder.registry.has_adapter(framework)
        return of_method(methods, name, "" if has_adapter else framework)

    def _marks(self, entry: Entry) -> Iterator[Mark]:
        """The marks of a function that no framework's table has: those below the decorator that takes it."""
        function = entry.function
        evaluator = self._assembler.finder.evaluator
        for position, node in enumerate(reversed(function.node.decorator_list)):
            for use in self._assembler.marks.uses(evaluator.evaluate(node, function.scope)):
                is_idle = entry.below is not None and position > entry.below
                place = self._assembler.place(node, function.module)
                why = (
                    f"it stands above what makes `{function.node.name}` {entry.table.title}"
                    if is_idle
                    else ""
                )
                yield Mark(use.name, place, use.name, why, use.has_reason, use.reason, use.until)

    # where money goes

    def _follow(self, candidates: Iterable[_Candidate], wanted: Wanted) -> None:
        """Look for writes; what the wish has no room for is left out."""
        asked = [
            each
            for each in candidates
            if not each.is_followed and (each.point.mark != "money_moving" or wanted.listed)
        ]
        numbers = self._sharing.numbers
        known = self._sharing.shared(
            lambda which: sent(self._traced(asked[which], wanted), numbers), len(asked)
        )
        for which, each in enumerate(asked):
            each.is_followed = True
            with self._faults.caught(each.module, each.function.node):
                found = known.get(which)
                each.traced = received(found, numbers) if found is not None else self._traced(each, wanted)

    def _traced(self, candidate: _Candidate, wanted: Wanted) -> Traced:
        point = candidate.point
        names = (point.qualname, point.route or "", point.place.file.rpartition("/")[2])
        only_sure = not wanted.listed and point.domain is None and not wanted.likely_everywhere
        work = partial(self._money.traced, candidate.function, candidate.owner, names, only_sure=only_sure)
        return on_any_stack(work)

    def _leave_scripts_what_is_theirs(self, chosen: list[_Candidate], every: list[_Candidate]) -> None:
        """A script that starts a command, or calls a handler, says nothing that these do not say themselves."""
        nodes: set[ast.AST] = {each.function.node for each in every}
        nodes.update(definition.node for definition, _ in self._assembler.definitions.values())
        for each in chosen:
            if each.point.kind == "script":
                ways = (way for way in each.traced.ways if nodes.isdisjoint(way.functions))
                each.traced = each.traced._replace(ways=tuple(ways))

    def _covered(self, moving: list[_Candidate], every: list[_Candidate], wanted: Wanted) -> set[ast.AST]:
        """The functions for which another entry point answers: one that is reported or marked and leads to them."""
        inner = [each for each in moving if each.is_inner and each.point.mark is None]
        if not inner:
            return set()
        self._money.add(_answers)
        passed = {
            node
            for number, nodes in self._money.passed.items()
            if _answers(self._assembler.handlers[number])
            for node in nodes
        }
        outer = [
            each
            for each in every
            if not each.is_inner and each.point.kind != "script" and wanted.wants(each.point)
        ]
        self._follow(outer, wanted)
        passed.update(function for each in outer for function in each.traced.functions)
        covered: set[ast.AST] = {each.function.node for each in inner if each.function.node in passed}
        for number, each in enumerate(inner):
            before = (other for other in inner[:number] if each.function.node in other.traced.functions)
            after = (
                other
                for other in inner[number + 1 :]
                if each.function.node in other.traced.functions
                and other.function.node not in each.traced.functions
            )
            if any(True for _ in before) or any(True for _ in after):
                covered.add(each.function.node)
        return covered

    def _with_money(self, candidate: _Candidate, *, is_covered: bool) -> EntryPoint:
        traced = candidate.traced
        writes = tuple(way.write for way in traced.ways[:SHOWN])
        money = MoneyPaths(writes, traced.unresolved, traced.is_complete)
        return replace(candidate.point, money=money, is_covered=is_covered)


def _answers(handler: Handler) -> bool:
    """Whether something is said of a handler, or its mark says it all."""
    return handler.mark == "money_moving" or handler.domain is not None


def _called_by_others(moving: list[_Candidate]) -> set[ast.AST]:
    """The methods of class views that another one calls for the same requests: ``delete`` calls ``destroy``."""
    return {
        inner.function.node
        for inner in moving
        for outer in moving
        if inner.klass is not None
        and inner.klass is outer.klass
        and inner.function.node is not outer.function.node
        and not set(inner.point.methods).isdisjoint(outer.point.methods)
        and inner.function.node in outer.traced.functions
        and outer.function.node not in inner.traced.functions
    }


def _listed(of_module: Callable[[Module], Iterator[Entry]], module: Module) -> list[Entry]:
    return list(of_module(module))


def _names(definition: Definition) -> tuple[str, str]:
    if isinstance(definition, Lambda):
        return "", definition.scope.child_name("<lambda>")
    return definition.node.name, definition.scope.child_name(definition.node.name)


def _is_at(place: Place, function: Func) -> bool:
    """Whether a place is in a definition, or among its decorators."""
    node = function.node
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return place.file == shown(function.module.path) and first <= place.line <= (
        node.end_lineno or node.lineno
    )
