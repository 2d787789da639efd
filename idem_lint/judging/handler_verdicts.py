"""From registrations to handlers: one per definition, with its marks and whether each of them takes effect."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from idem_lint.engine.deep_stack import on_any_stack
from idem_lint.engine.dotted_names import written
from idem_lint.engine.imports import LINE_END
from idem_lint.engine.module_facts import Module, Scope
from idem_lint.engine.value_types import (
    Applied,
    External,
    Func,
    Klass,
    Lambda,
    Made,
    Parameter,
    Unknown,
    Value,
    options,
)
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import AT_REGISTRATION, Link, Registration
from idem_lint.finding.named_in_text import is_named
from idem_lint.finding.route_prefixes import distinct
from idem_lint.judging.handler_domain import HandlerDomains, HandlerScope
from idem_lint.judging.internal_faults import Faults
from idem_lint.judging.mark_placement import Definition, Entry, Placement, applied, judge
from idem_lint.judging.mark_recognition import Marks, is_lookalike
from idem_lint.judging.several_operations import SeveralOperations
from idem_lint.judging.weaker_promises import weaker
from idem_lint.result_types import ANY_METHOD, Evidence, Handler, Lookalike, Mark, Place, Undecided
from idem_lint.settings.config import ConfigOf
from idem_lint.source.discovery import decode, shown

_STRENGTH: tuple[Evidence, ...] = ("explicit", "any-method", "inherited")


@dataclass(slots=True, eq=False)
class _Group:
    """One definition and all that registers it."""

    definition: Definition
    registrations: list[Registration] = field(default_factory=list[Registration])


class Assembler:
    """Groups registrations by definition and judges the marks."""

    def __init__(self, finder: Finder, marks: Marks, config: ConfigOf, faults: Faults) -> None:
        self.finder = finder
        self.faults = faults
        self.marks = marks
        self.placement = Placement(finder, marks)
        self._several = SeveralOperations(finder)
        self.domains = HandlerDomains(config, finder.route_prefixes.routes)
        self.handlers: list[Handler] = []
        self.undecided: list[Undecided] = []
        self.definitions: dict[int, tuple[Definition, tuple[Registration, ...]]] = {}
        self.others: list[tuple[Definition, tuple[Registration, ...]]] = []
        """What answers other methods than POST and carries no mark."""
        self._told: set[ast.AST] = set()
        self._heirs: dict[ast.AST, list[Registration]] = {}
        """What the classes register that answer by one method of a base, by that method."""
        self._lines: dict[Module, list[str]] = {}

    def add(self, registrations: Iterable[Registration]) -> None:
        """Turn registrations into handlers and undecided places."""
        groups: dict[ast.AST, _Group] = {}
        for found in _without_guesses(list(registrations)):
            for target in options(found.target):
                definition = self.finder.definition(target)
                if definition is not None:
                    group = groups.setdefault(definition.node, _Group(definition))
                    group.registrations.append(_with_target(found, target))
                else:
                    with self.faults.caught(found.scope.module, found.node):
                        on_any_stack(partial(self._without_definition, found, target))
        self._told.update(groups)
        self._inherited_by(groups.values())
        for group in groups.values():
            certain = [each for each in group.registrations if not each.presumed]
            group.registrations = certain or group.registrations
            with self.faults.caught(group.definition.scope.module, group.definition.node):
                on_any_stack(partial(self._group, group))

    def add_unread(self, registrations: Iterable[Registration]) -> None:
        """Handlers that may be behind what nobody can read: each definition once, where nothing else registers it."""
        groups: dict[ast.AST, _Group] = {}
        for found in registrations:
            for target in options(found.target):
                definition = self.finder.definition(target)
                if definition is not None and definition.node not in self._told:
                    group = groups.setdefault(definition.node, _Group(definition))
                    group.registrations = group.registrations or [_with_target(found, target)]
        for group in groups.values():
            with self.faults.caught(group.definition.scope.module, group.definition.node):
                on_any_stack(partial(self._group, group))

    # places

    def place(self, node: ast.AST, module: Module, name: str = "") -> Place:
        """Where a node stands; the column is that of ``name`` after its keyword."""
        line = getattr(node, "lineno", 1)
        column = self._column(node, module, line, name)
        return Place(shown(module.path), line, column)

    def _column(self, node: ast.AST, module: Module, line: int, name: str) -> int:
        if module not in self._lines:
            self._lines[module] = LINE_END.split(decode(module.source))
        lines = self._lines[module]
        text = lines[line - 1] if line <= len(lines) else ""
        found = re.search(rf"\b(?:def|class)\s+({re.escape(name)})\b", text) if name else None
        if found is not None:
            return found.start(1) + 1
        offset = getattr(node, "col_offset", 0)
        return len(text.encode()[:offset].decode(errors="ignore")) + 1

    # what has no definition in reach

    def _without_definition(self, found: Registration, target: Value) -> None:
        module = found.scope.module
        place = self.place(found.node, module)
        scope = self.domains.of_handler(module, [found])
        if not (found.methods & {"POST", "*"} or found.problem):
            return
        while isinstance(target, Applied):
            target = target.target
        name = found.node.name if isinstance(found.node, ast.ClassDef) else ""
        name = written(found.node) if isinstance(found.node, ast.expr) else name
        if isinstance(target, External):
            if not self.finder.registry.is_builtin_handler(target.name):
                routes = self.finder.route_prefixes.routes(found)
                self.handlers.append(
                    Handler(
                        place,
                        target.name,
                        found.framework,
                        _methods(found.methods),
                        next(iter(routes), None),
                        scope.domain,
                        tuple(self._chain_marks(found)),
                        found.evidence,
                        routes=routes,
                        advice=found.advice or AT_REGISTRATION,
                        is_defined=False,
                        has_adapter=self.finder.registry.has_adapter(found.framework),
                        domain_reason=scope.reason,
                        outside=scope.outside,
                        hidden_test=scope.hidden_test,
                    )
                )
            return
        if found.node in self.finder.followed or _is_override(found):
            return
        deciding = [*found.parameters, *([target] if isinstance(target, Parameter) else [])]
        if deciding and all(each.scope.node in self.finder.used for each in deciding):
            return
        reason = f"its handler {_why(target)}"
        undecided = _undecided(place, name, found.framework, scope, found.problem or reason)
        if undecided not in self.undecided:
            self.undecided.append(undecided)

    def _chain_marks(self, found: Registration) -> Iterator[Mark]:
        why = {id(refused.node): refused.why for refused in found.refused}
        for node, value in applied(found):
            for use in self.marks.uses(value):
                problem = why.get(id(node), "") if use.name == "money_moving" else ""
                entry = Entry(
                    use, node, found.scope.module, written(node), {0}, problem, refused=bool(problem)
                )
                yield self._mark(entry)

    # one definition

    def _group(self, group: _Group) -> None:
        definition = group.definition
        if self._is_abstract(group):
            return
        posts = [each for each in group.registrations if each.methods & {"POST", "*"} or each.problem]
        links = self.finder.links(definition) if isinstance(definition, Func) else []
        judged = posts or group.registrations
        entries = list(self.placement.entries(definition, links, judged))
        if not posts and not entries:
            if any(each.methods for each in judged):
                self.others.append((definition, tuple(judged)))
            return
        name, qualname = _names(definition)
        module = definition.scope.module
        entries = judge(entries, judged, module)
        is_rpc = any(each.is_rpc for each in judged)
        place = self.place(definition.node, module, name)
        scope = self.domains.of_handler(module, judged)
        marks = tuple(self._mark(entry) for entry in entries)
        open_problem = next((each.problem for each in judged if each.problem), "")
        decided = [each for each in judged if each.methods & {"POST", "*"}]
        if open_problem and all(p.scope.node in self.finder.used for each in judged for p in each.parameters):
            open_problem = open_problem if not any(each.parameters for each in judged) else ""
        if not decided and not open_problem and posts:
            return
        if judged[0].unread and not marks:
            undecided = _undecided(place, qualname, judged[0].framework, scope, open_problem)
            self.undecided.append(replace(undecided, settles=judged[0].settles))
            return
        if open_problem and not decided:
            self.undecided.append(_undecided(place, qualname, judged[0].framework, scope, open_problem))
            if not marks:
                return
        counted = judged if isinstance(definition, Klass) else group.registrations
        methods = frozenset[str]().union(*(each.methods for each in counted))
        evidence: Evidence = next(
            kind for kind in _STRENGTH if any(each.evidence == kind for each in decided or judged)
        )
        routes = self._routes(decided or judged)
        # A class that answers by what it inherits, or by all that comes: the mark has its place where the framework says.
        is_class = isinstance(definition, Klass)
        inherited = next((e for e in decided or judged if is_class or e.evidence == "inherited"), None)
        framework = next((e.framework for e in judged if e.framework != "unknown"), "unknown")
        self.handlers.append(
            Handler(
                place=place,
                qualname=qualname,
                framework=framework,
                methods=_methods(methods),
                route=next(iter(routes), None),
                domain=scope.domain,
                marks=marks,
                evidence=evidence,
                lookalikes=tuple(self._lookalikes(links, module)),
                unknown_decorators=tuple(self._unknown(links)),
                weaker_decorators=tuple(weaker(links)),
                is_rpc=is_rpc,
                routes=routes,
                advice=inherited.advice if inherited is not None else "",
                registered=self._registered(definition, judged),
                inherited=_inherited(definition, judged),
                has_adapter=self.finder.registry.has_adapter(framework),
                domain_reason=scope.reason,
                outside=scope.outside,
                hidden_test=scope.hidden_test,
                operations=self._several.of(*self._behind(definition, group), entries),
            )
        )
        self.definitions[len(self.handlers) - 1] = definition, tuple(decided or judged)

    def _inherited_by(self, groups: Iterable[_Group]) -> None:
        for group in groups:
            function = self._inherited_function(group.definition)
            if function is not None:
                self._heirs.setdefault(function.node, []).extend(group.registrations)

    def _inherited_function(self, definition: Definition) -> Func | None:
        """The method of a base, written in the project, by which a class answers POST."""
        if not isinstance(definition, Klass):
            return None
        found = self.finder.evaluator.class_attribute(definition, "post")
        while isinstance(found, Applied):
            found = found.target
        return found if isinstance(found, Func) else None

    def _behind(self, definition: Definition, group: _Group) -> tuple[Definition, list[Registration]]:
        """The function that answers, and all that it is registered for: of a method of a base, by whatever class."""
        function = self._inherited_function(definition)
        if function is None:
            return definition, group.registrations
        return function, self._heirs[function.node]

    def _routes(self, registrations: list[Registration]) -> tuple[str, ...]:
        """The routes in full of several registrations, each once."""
        routes = [
            route
            for registration in registrations
            for route in self.finder.route_prefixes.routes(registration)
        ]
        return distinct(routes)

    def _registered(self, definition: Definition, judged: list[Registration]) -> tuple[Place, ...]:
        """Where the handler is registered, unless a decorator directly above it does that, or its class by itself."""
        above = {id(definition.node), *map(id, getattr(definition.node, "decorator_list", ()))}
        places = {
            self.place(each.node, each.scope.module)
            for each in judged
            if id(each.node) not in above and not isinstance(each.node, ast.ClassDef)
        }
        return tuple(sorted(places))

    def _is_abstract(self, group: _Group) -> bool:
        """A class that others extend and nothing registers, nor names in a text, is no handler itself."""
        if any(isinstance(each.node, ast.Call) and not each.scope.is_class for each in group.registrations):
            return False  # a call elsewhere registers a method of it
        classes = [each.klass for each in group.registrations]
        if any(klass is not None and self._registers_itself(klass) for klass in classes):
            return False
        return all(
            klass is not None
            and klass.node in self.finder.extended
            and klass.node not in self.finder.view_calls
            and not is_named(self.finder, klass)
            for klass in classes
        )

    def _registers_itself(self, klass: Klass) -> bool:
        bases = self.finder.evaluator.mro(klass)[1:]
        return any(isinstance(base, Klass) and "__init_subclass__" in base.body.bindings for base in bases)

    def _mark(self, entry: Entry) -> Mark:
        use = entry.use
        return Mark(
            use.name,
            self.place(entry.node, entry.module),
            entry.written,
            entry.problem,
            use.has_reason,
            use.reason,
            use.until,
            entry.conditional,
            entry.refused,
            entry.remedy,
            use.is_external,
            use.vouches,
            use.has_key,
        )

    def _lookalikes(self, links: list[Link], module: Module) -> Iterator[Lookalike]:
        marked = {id(link.node) for link in links if any(True for _ in self.marks.uses(link.decorator))}
        found = {
            id(link.node): link
            for link in links
            if is_lookalike(link.written) and id(link.node) not in marked
        }
        for link in found.values():  # of one decorator the outermost link, which is the decorator itself
            yield Lookalike(link.written, self.place(link.node, module), self.marks.origin(link.decorator))

    def _unknown(self, links: list[Link]) -> Iterator[str]:
        for link in links:
            callee = link.decorator.callee if isinstance(link.decorator, Made) else link.decorator
            known = isinstance(callee, External) and self.finder.registry.is_known(callee.name)
            if isinstance(callee, External | Unknown | Parameter) and not known:
                if not any(True for _ in self.marks.uses(link.decorator)):
                    yield link.written


def _undecided(place: Place, name: str, framework: str, scope: HandlerScope, reason: str) -> Undecided:
    return Undecided(
        place, name, framework, scope.domain, reason, domain_reason=scope.reason, outside=scope.outside
    )


def _without_guesses(found: list[Registration]) -> list[Registration]:
    """Functions that only look like views count where nothing at all is registered in what is seen."""
    if all(each.presumed for each in found):
        return found
    return [each for each in found if not (each.presumed and each.evidence == "any-method")]


def _is_override(found: Registration) -> bool:
    """A project router's ``def add_url_rule(self, …): super().add_url_rule(…)``: its callers register."""
    func = found.node.func if isinstance(found.node, ast.Call) else None
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Call):
        return False
    around = found.scope.node
    is_super = isinstance(func.value.func, ast.Name) and func.value.func.id == "super"
    return is_super and not isinstance(around, ast.Module | ast.Lambda) and around.name == func.attr


def _inherited(definition: Definition, judged: list[Registration]) -> tuple[str, ...]:
    """The methods that a class answers POST by and inherits."""
    if not isinstance(definition, Klass):
        return ()
    answering = (each for each in judged if each.evidence == "inherited" and each.attribute)
    return tuple(dict.fromkeys(each.attribute for each in answering))


def _with_target(found: Registration, target: Value) -> Registration:
    return found if found.target is target else replace(found, target=target)


def _methods(methods: frozenset[str]) -> tuple[str, ...]:
    return ANY_METHOD if "*" in methods else tuple(sorted(methods))


def _names(definition: Definition) -> tuple[str, str]:
    if isinstance(definition, Lambda):
        return "", definition.scope.child_name("<lambda>")
    return definition.node.name, definition.scope.child_name(definition.node.name)


def _why(target: Value) -> str:
    if isinstance(target, Parameter):
        return f"is the parameter `{target.name}`, and no call that gives it is in sight"
    if isinstance(target, Made) and isinstance(target.callee, Klass):
        return f"is what a `{target.callee.node.name}` passes its calls on to, which cannot be told from the source"
    return "cannot be told from the source"


__all__ = ["Assembler", "Scope"]
