"""Where the money goes from each handler: the writes that ``reach`` finds, with their chains, as values for reports."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from idem_lint.engine.deep_stack import on_any_stack
from idem_lint.engine.module_facts import Module
from idem_lint.engine.node_numbers import Sharing
from idem_lint.engine.value_types import Applied, Bound, Environment, Func, Klass, Lambda, Value
from idem_lint.finding.interface import Registration
from idem_lint.judging.admin_forms import AdminForms
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.internal_faults import Faults
from idem_lint.judging.traced_ways import Traced, TracedWay
from idem_lint.reach.action_names import asks_to_move, speaks_of_moving
from idem_lint.reach.explained_calls import CallsExplained, Explained
from idem_lint.reach.framework_hooks import instance_of
from idem_lint.reach.named_like_money import names_provider, says_money, suggests_money
from idem_lint.reach.paths import Found, Paths, Way
from idem_lint.reach.records import Money
from idem_lint.reach.signs import Called, Sign, Signs
from idem_lint.reach.transaction_ends import TransactionEnds
from idem_lint.reach.weighed import only_reads
from idem_lint.result_types import EntryPoint, Handler, MoneyPaths, Step, Write
from idem_lint.result_types import Sign as ToldSign
from idem_lint.settings.config import Config

_LONGEST = 60
SHOWN = 5
"""How many writes of a handler are kept: the surest and nearest."""


class MoneyMap:
    """Adds to handlers where the money goes from them. ``past_marks``: also through functions that carry a mark of their
    own; those of a handler that is marked as moving money count always.
    """

    def __init__(
        self,
        assembler: Assembler,
        every: Iterable[Config],
        faults: Faults,
        sharing: Sharing,
        *,
        past_marks: bool = True,
    ) -> None:
        configs = list(every)
        named: dict[str, Money] = {
            name: "" if kind == "nothing" else kind
            for config in configs
            for name, kind in config.money_models.items()
        }
        ledger_writes = [name for config in configs for name in config.ledger_writes]
        self._assembler = assembler
        self._faults = faults
        self._sharing = sharing
        self.past_marks = past_marks
        self.passed: dict[int, set[ast.AST]] = {}
        """The functions on the ways from the handlers that were followed, by the handler's number."""
        self._paths = Paths(
            assembler.finder,
            named=named,
            ledger_writes=ledger_writes,
            is_guarded=lambda function: is_guarded(assembler, function),
        )
        self._signs = Signs(self._paths.rows, lambda name: named.get(name) == "")

    def add(self, wanted: Callable[[Handler], bool]) -> None:
        """Follow the calls of the handlers that are wanted. A fault is kept for the report of the handler's file."""
        asked = [
            number
            for number in self._assembler.definitions
            if wanted(self._assembler.handlers[number]) and number not in self.passed
        ]
        known = self._sharing.shared(lambda which: self._sent(asked[which]), len(asked))
        for which, number in enumerate(asked):
            definition, _ = self._assembler.definitions[number]
            with self._faults.caught(definition.scope.module, definition.node):
                found = known.get(which)
                if found is not None:
                    money, passed = found[0], {*self._sharing.numbers.nodes(found[1])}
                else:
                    money, passed = on_any_stack(partial(self._of, number))
                self.passed[number] = passed
                self._assembler.handlers[number] = replace(self._assembler.handlers[number], money=money)

    def _sent(self, number: int) -> tuple[MoneyPaths, list[int]]:
        """What another process sends of a handler."""
        money, passed = on_any_stack(partial(self._of, number))
        return money, self._sharing.numbers.of(passed)

    def traced(
        self, function: Func | Lambda, owner: Value | None, names: Iterable[str], *, only_sure: bool
    ) -> Traced:
        """What is found from a function that is no handler of POST; ``names`` are those that may say money."""
        found = self._paths.of_function(
            function, owner, says_money=any(map(_is_of_money, names)), past_marks=self.past_marks
        )
        ways = [way for way in found.ways if way.is_sure or not only_sure]
        return Traced(
            tuple(TracedWay(self._write(way), tuple(_functions_on(way))) for way in ways),
            tuple(found.unresolved),
            found.is_complete,
        )

    def admin_forms(self, judged: frozenset[Path]) -> Iterator[EntryPoint]:
        """The forms of admin sites in which money is written by hand."""
        rows = self._paths.rows
        return AdminForms(self._assembler, self._paths.evaluator, rows.given, rows.records).of(judged)

    def explained(self, function: Func) -> Iterator[Explained]:
        """How each call of a function was resolved."""
        return CallsExplained(self._paths.evaluator, self._paths.callees, self._paths.sinks).of(function)

    def end_of(
        self, function: Func | Lambda, given: Environment, is_lent: Callable[[Value], bool]
    ) -> Write | None:
        """Where a handler ends a transaction that it was lent, with the way there; ``None`` where it does not. ``given``:
        what its parameters are given.
        """
        way = TransactionEnds(self._paths.callees, is_lent).of_function(function, given)
        return self._write(way) if way is not None else None

    def _of(self, number: int) -> tuple[MoneyPaths, set[ast.AST]]:
        """Where the money goes from a handler, and the functions on the way."""
        definition, registrations = self._assembler.definitions[number]
        handler = self._assembler.handlers[number]
        says_money = _says_money(handler)
        past_marks = self.past_marks or handler.mark == "money_moving"
        if isinstance(definition, Klass):
            found = self._paths.of_class(definition, handler.inherited or ("post",), says_money=says_money)
        else:
            found = self._paths.of_function(
                definition, owner_of(registrations), says_money=says_money, past_marks=past_marks
            )
        passed = {function for way in found.ways for function in _functions_on(way)}
        money = MoneyPaths(
            tuple(self._writes(found, handler)),
            tuple(found.unresolved),
            found.is_complete,
            is_named=says_money,
            is_suggested=_suggests_money(handler) or any(map(_is_of_money, found.called)),
            left_open=tuple(found.left_open),
            only_reads=only_reads(handler.qualname.rpartition(".")[2]),
        )
        if not money.writes and not money.only_reads:
            money = replace(money, writes=tuple(self._weighed(found, handler, is_followed=money.is_settled)))
        return money, passed

    def _weighed(self, found: Found, handler: Handler, *, is_followed: bool) -> Iterator[Write]:
        """What speaks for a write that was not found, where it is enough."""
        called = Called(handler.qualname, handler.routes, handler.place.file, handler.methods)
        weighed = self._signs.weigh(called, found.near, is_followed=is_followed)
        if weighed is not None:
            write = self._write(weighed.way)
            signs = tuple(self._sign(sign, handler) for sign in weighed.signs)
            yield replace(write, chain=(*_first(handler, weighed.way), *write.chain), signs=signs)

    def _sign(self, sign: Sign, handler: Handler) -> ToldSign:
        step = sign.step
        place = (
            handler.place if step is None else self._assembler.place(step.node, step.function.scope.module)
        )
        return ToldSign(sign.what, sign.points, place)

    def _writes(self, found: Found, handler: Handler) -> Iterator[Write]:
        for way in found.ways[:SHOWN]:
            write = self._write(way)
            yield replace(write, chain=(*_first(handler, way), *write.chain))

    def _write(self, way: Way) -> Write:
        return Write(
            way.sink.kind,
            way.sink.what,
            self._assembler.place(way.sink.node, way.scope.module),
            "sure" if way.is_sure else "likely",
            tuple(self._steps(way)),
            way.is_deferred,
            self._guard(way),
        )

    def _guard(self, way: Way) -> str:
        """The first function on the way, but for the entry point itself, that carries a mark of its own."""
        for step in way.steps[1:]:
            if isinstance(step.function, Func) and is_guarded(self._assembler, step.function):
                return _name(step.function)
        return ""

    def _steps(self, way: Way) -> Iterator[Step]:
        for step in way.steps:
            module: Module = step.function.scope.module
            what = _end(way) if step is way.steps[-1] else _call(step.node)
            what = f"{what}, by its name" if step.is_guess else what
            yield Step(_name(step.function), self._assembler.place(step.node, module), what)


def _name(function: Func | Lambda) -> str:
    name = "<lambda>" if isinstance(function, Lambda) else function.node.name
    return function.scope.child_name(name).replace(".<locals>", "")


def _functions_on(way: Way) -> Iterator[ast.AST]:
    """The functions on a way, but for the entry point itself."""
    return (step.function.node for step in way.steps[1:])


def is_guarded(assembler: Assembler, function: Func) -> bool:
    """Whether a function carries ``@money_moving`` itself."""
    evaluator = assembler.finder.evaluator
    decorators = (evaluator.evaluate(node, function.scope) for node in function.node.decorator_list)
    return any(use.name == "money_moving" for value in decorators for use in assembler.marks.uses(value))


def owner_of(registrations: tuple[Registration, ...]) -> Value | None:
    """The instance that a method was registered of; of a view class any instance."""
    for registration in registrations:
        target = registration.target
        while isinstance(target, Applied):
            target = target.target
        if isinstance(target, Bound):
            return target.owner
        if registration.klass is not None:
            return instance_of(registration.klass)
    return None


def _first(handler: Handler, way: Way) -> tuple[Step, ...]:
    """A class that inherits its handler from a framework stands before what the framework runs of it."""
    if not handler.inherited:
        return ()
    inherited = " and ".join(f"{name}(…)" for name in handler.inherited)
    return (
        Step(handler.qualname, handler.place, f"its inherited {inherited}" if way.steps else way.sink.what),
    )


def _end(way: Way) -> str:
    """What the last step writes."""
    return "the ledger" if way.sink.kind == "ledger" else way.sink.what


def _call(node: ast.AST) -> str:
    """What leads on: a call as it is written, or what a framework injects."""
    if not isinstance(node, ast.Call):
        return "its dependencies"
    text = " ".join(ast.unparse(node.func).split())
    return f"{text if len(text) <= _LONGEST else f'…{text[-_LONGEST:]}'}(…)"


def _says_money(handler: Handler) -> bool:
    """Whether a handler is named like money that moves: by its own name, its routes or its file."""
    names = (handler.qualname, *handler.routes, handler.place.file.rpartition("/")[2])
    return any(_is_of_money(name) or names_provider(name) for name in names)


def _suggests_money(handler: Handler) -> bool:
    """Whether a handler may have to do with money, by its own name or its routes."""
    return suggests_money(" ".join((handler.qualname, *handler.routes)))


def _is_of_money(name: str) -> bool:
    return says_money(name) or speaks_of_moving(name) or asks_to_move(name)
