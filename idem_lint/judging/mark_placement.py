"""Which marks are written for a definition, wherever they stand, and whether each of them takes effect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import Applied, Bound, Func, Klass, Lambda, Value, options
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import Link, Registration
from idem_lint.finding.modules_in_view import modules
from idem_lint.judging.hidden_marks import Hiding, hidden_in_object, hiding
from idem_lint.judging.mark_recognition import Marks, Use
from idem_lint.source.discovery import shown

Definition = Func | Lambda | Klass
_STREAMED = "it stands on a generator, and a streamed response cannot be stored"
_ANSWERED = "move the money in a function that returns its answer"


@dataclass(slots=True, eq=False)
class Entry:
    """A mark that was written for a definition, and the registrations it guards."""

    use: Use
    node: ast.AST
    module: Module
    written: str
    covers: set[int]
    problem: str = ""
    conditional: bool = False
    refused: bool = False
    remedy: str = ""


class Placement:
    """Gathers the marks of definitions."""

    def __init__(self, finder: Finder, marks: Marks) -> None:
        self.finder = finder
        self.marks = marks

    def entries(
        self, definition: Definition, links: list[Link], judged: list[Registration]
    ) -> Iterator[Entry]:
        """The marks of a definition: among its decorators, at its registrations, and below it."""
        is_generator = isinstance(definition, Func) and bool(definition.body.yields)
        for entry in self._placed(definition, links, judged):
            if is_generator and entry.use.name == "money_moving" and not entry.refused:
                entry.covers.clear()
                entry.problem, entry.remedy, entry.refused = _STREAMED, _ANSWERED, True
            yield entry

    def _placed(
        self, definition: Definition, links: list[Link], judged: list[Registration]
    ) -> Iterator[Entry]:
        refused = list(self._refused(judged))
        settled = [*refused, *self._guards(judged, _keys(refused)), *self._idle(judged)]
        elsewhere = _keys(settled)
        for position, link in enumerate(links):
            for use in self.marks.uses(link.decorator):
                if (id(link.node), use.name) in elsewhere:
                    continue
                module = definition.scope.module
                if self._is_conditional(definition, link, use):
                    why = "applies the mark only under a condition"
                    yield Entry(use, link.node, module, written(link.node), set(), why, conditional=True)
                    continue
                covers = {n for n, each in enumerate(judged) if each.below is None or position < each.below}
                entry = Entry(use, link.node, module, link.written, covers)
                self._leave_hidden(entry, links, judged, position)
                yield entry
        yield from self._at_registrations(judged, _keys(refused))
        yield from settled
        if isinstance(definition, Func):
            by_name = {number for number, each in enumerate(judged) if each.deferred}
            yield from self._afterwards(
                definition, {id(node) for each in judged for node, _ in applied(each)}, by_name
            )

    def _is_conditional(self, definition: Definition, link: Link, use: Use) -> bool:
        """Whether the decorator applies the mark in some cases and not in others."""
        evaluator = self.finder.evaluator
        decorator = evaluator.evaluate(link.node, link.scope, definition.environment)
        ways = list(options(evaluator.apply(decorator, definition, link.node, link.scope)))
        return len(ways) > 1 and not all(self._applies(way, use) for way in ways)

    def _applies(self, way: Value, use: Use) -> bool:
        """Whether the mark is on a function as one way of decorating it leaves it."""
        while isinstance(way, Applied):
            if any(other.name == use.name for other in self.marks.uses(way.decorator)):
                return True
            way = way.target
        return False

    def _leave_hidden(
        self, entry: Entry, links: list[Link], judged: list[Registration], position: int
    ) -> None:
        """Take from a mark the registrations that a decorator above hides it from."""
        hidden: dict[int, Hiding] = {}
        for number in entry.covers if entry.use.name == "money_moving" else ():
            found = judged[number]
            around = [value for _, value in applied(found)] if found.below is None else []
            above = [*(link.decorator for link in links[position + 1 : found.below]), *around]
            hider = hidden_in_object(self.finder, found) or hiding(self.finder, found.framework, above)
            if hider is not None:
                hidden[number] = hider
        entry.covers -= hidden.keys()
        if hidden and not entry.covers:
            entry.problem, entry.remedy = next(iter(hidden.values()))
            entry.refused = True

    def _at_registrations(self, judged: list[Registration], refused: set[tuple[int, str]]) -> Iterator[Entry]:
        """The marks that a target was wrapped in where it was registered."""
        for number, each in enumerate(judged):
            around: list[Value] = []
            for node, value in applied(each) if each.below is None else ():
                for use in self.marks.uses(value):
                    if (id(node), use.name) in refused:
                        continue
                    hider = (
                        hiding(self.finder, each.framework, around) if use.name == "money_moving" else None
                    )
                    entry = Entry(use, node, self._home(node, each), written(node), {number})
                    if hider is not None:
                        entry.covers.clear()
                        entry.problem, entry.remedy = hider
                        entry.refused = True
                    yield entry
                around.append(value)

    def _refused(self, judged: list[Registration]) -> Iterator[Entry]:
        """Marks that run where the runtime refuses them, each once."""
        seen: set[tuple[int, str]] = set()
        for each in judged:
            for stands in each.refused:
                for use in self.marks.uses(stands.value):
                    key = id(stands.node), use.name
                    if key not in seen and (stands.opt_out or use.name == "money_moving"):
                        seen.add(key)
                        home = self._home(stands.node, each)
                        yield Entry(
                            use,
                            stands.node,
                            home,
                            use.name,
                            set(),
                            stands.why,
                            refused=True,
                            remedy=stands.remedy,
                        )

    def _guards(self, judged: list[Registration], refused: set[tuple[int, str]]) -> Iterator[Entry]:
        seen: dict[tuple[int, str], Entry] = {}
        for number, each in enumerate(judged):
            for value, node in each.guards:
                for use in self.marks.uses(value):
                    if (id(node), use.name) in refused:
                        continue
                    entry = seen.setdefault(
                        (id(node), use.name), Entry(use, node, self._home(node, each), use.name, set())
                    )
                    member = _member(each)
                    if use.member in {None, "dispatch", member}:
                        entry.covers.add(number)
                    else:
                        entry.problem = f"it is put on `{use.member}`, not on `{member}`"
        yield from seen.values()

    def _idle(self, judged: list[Registration]) -> Iterator[Entry]:
        for each in judged:
            for value, node, why in each.idle:
                for use in self.marks.uses(value):
                    if use.member not in {None, "dispatch", _member(each)}:
                        continue
                    yield Entry(use, node, self._home(node, each), use.name, set(), why)

    def _afterwards(self, function: Func, registered: set[int], by_name: set[int]) -> Iterator[Entry]:
        """``transfer = money_moving(transfer)`` below the function, unless that is what is registered. It is too late but
        for the registrations ``by_name``: their decorator only notes something, and the framework takes what the name is
        at the end.
        """
        for binding in function.scope.bindings.get(function.node.name, ()):
            if (
                binding.kind == "assign"
                and isinstance(binding.node, ast.expr)
                and binding.line > function.node.lineno
            ):
                value = self.finder.evaluator.evaluate(binding.node, function.scope)
                while isinstance(value, Applied):
                    is_late = id(value.node) not in registered
                    if is_late and self.finder.definition(value) is not None and not binding.path:
                        for use in self.marks.uses(value.decorator):
                            yield Entry(
                                use,
                                binding.node,
                                function.module,
                                written(value.node),
                                set(by_name),
                                "it is applied after the function was registered",
                            )
                    value = value.target

    def _home(self, node: ast.AST, found: Registration) -> Module:
        """The module that a mark stands in: often that of the registration, or else one of the project's."""
        here = found.scope.module
        return next((each for each in (here, *modules(self.finder, here)) if holds(each.tree, node)), here)


def _keys(entries: list[Entry]) -> set[tuple[int, str]]:
    return {(id(entry.node), entry.use.name) for entry in entries}


def judge(entries: list[Entry], judged: list[Registration], module: Module) -> list[Entry]:
    """Say of each mark why it does not take effect, if so; one that is only for other methods of a class is left out.

    ``module`` is that of the definition.
    """
    covered = {number for entry in entries for number in entry.covers}
    bare = {each.attribute for number, each in enumerate(judged) if number not in covered}
    entries = [each for each in entries if not (each.covers and _is_for_others(each, judged, bare))]
    for entry in entries:
        if entry.problem and not entry.covers:
            continue
        missed = [each for number, each in enumerate(judged) if number not in entry.covers]
        if not entry.covers:
            route = missed[0].written or "the route"
            entry.problem = f"it stands above @{route}, which registered the function below it"
        elif any(number not in covered for number in range(len(judged))):
            open_route = next(each for number, each in enumerate(judged) if number not in covered)
            line = f"line {getattr(open_route.node, 'lineno', 0)}"
            if open_route.scope.module is not module:
                line += f" of {shown(open_route.scope.module.path)}"
            entry.problem = f"the route registered in {line} (@{open_route.written}) is not behind it"
        else:
            entry.problem = ""
    return entries


def _is_for_others(entry: Entry, judged: list[Registration], bare: set[str]) -> bool:
    """Whether a class inherits several handlers, and the mark guards those of them that are not the bare ones."""
    return bool(bare) and "" not in bare and not bare & {judged[number].attribute for number in entry.covers}


def applied(found: Registration) -> Iterator[tuple[ast.expr, Value]]:
    """The decorators a target was wrapped in where it was registered."""
    value = found.target
    while isinstance(value, Applied):
        yield value.node, value.decorator
        value = value.target


def _member(found: Registration) -> str:
    target = found.target
    while isinstance(target, Applied):
        target = target.target
    if isinstance(target, Func | Bound):
        return target.node.name if isinstance(target, Func) else target.function.node.name
    return found.attribute or "post"


def holds(tree: ast.AST, node: ast.AST) -> bool:
    """Whether a node is part of a tree; only what spans its line is looked into."""
    line = getattr(node, "lineno", 0)
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if part is node:
            return True
        waiting += [child for child in ast.iter_child_nodes(part) if _spans(child, line)]
    return False


def _spans(node: ast.AST, line: int) -> bool:
    first = getattr(node, "lineno", line)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
        first = node.decorator_list[0].lineno
    return first <= line <= getattr(node, "end_lineno", line)
