"""Where the money goes from each handler: the writes that ``reach`` finds, with their chains, as values for reports."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from idem_lint.engine.deep_stack import on_any_stack
from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import Applied, Bound, Func, Klass, Lambda, Value
from idem_lint.finding.interface import Registration
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.internal_faults import Faults
from idem_lint.judging.mark_placement import Definition
from idem_lint.reach.framework_hooks import instance_of
from idem_lint.reach.money_names import says_money, speaks_of_moving
from idem_lint.reach.paths import Found, Paths, Way
from idem_lint.reach.records import Money
from idem_lint.result_types import Handler, MoneyPaths, Step, Write
from idem_lint.settings.config import Config

_LONGEST = 60
SHOWN = 5
"""How many writes of a handler are kept: the surest and nearest."""


class MoneyMap:
    """Adds to handlers where the money goes from them."""

    def __init__(self, assembler: Assembler, every: Iterable[Config], faults: Faults) -> None:
        configs = list(every)
        named: dict[str, Money] = {
            name: "" if kind == "nothing" else kind
            for config in configs
            for name, kind in config.money_models.items()
        }
        ledger_writes = [name for config in configs for name in config.ledger_writes]
        self._assembler = assembler
        self._faults = faults
        self._paths = Paths(assembler.finder, named=named, ledger_writes=ledger_writes)

    def add(self, wanted: Callable[[Handler], bool]) -> None:
        """Follow the calls of the handlers that are wanted. A fault is kept for the report of the handler's file."""
        for number, (definition, registrations) in self._assembler.definitions.items():
            handler = self._assembler.handlers[number]
            if wanted(handler):
                with self._faults.caught(definition.scope.module, definition.node):
                    work = partial(self._of, handler, definition, registrations)
                    self._assembler.handlers[number] = replace(handler, money=on_any_stack(work))

    def _of(
        self, handler: Handler, definition: Definition, registrations: tuple[Registration, ...]
    ) -> MoneyPaths:
        is_named = _says_money(handler)
        if isinstance(definition, Klass):
            found = self._paths.of_class(definition, handler.inherited or ("post",), says_money=is_named)
        else:
            found = self._paths.of_function(definition, _owner(registrations), says_money=is_named)
        return MoneyPaths(
            tuple(self._writes(found, handler)), tuple(found.unresolved), found.is_complete, is_named
        )

    def _writes(self, found: Found, handler: Handler) -> Iterator[Write]:
        for way in found.ways[:SHOWN]:
            yield Write(
                way.sink.kind,
                way.sink.what,
                self._assembler.place(way.sink.node, way.scope.module),
                "sure" if way.is_sure else "likely",
                (*_first(handler, way), *self._steps(way)),
                way.is_deferred,
            )

    def _steps(self, way: Way) -> Iterator[Step]:
        for step in way.steps:
            module: Module = step.function.scope.module
            what = _end(way) if step is way.steps[-1] else _call(step.node)
            yield Step(_name(step.function), self._assembler.place(step.node, module), what)


def _name(function: Func | Lambda) -> str:
    name = "<lambda>" if isinstance(function, Lambda) else function.node.name
    return function.scope.child_name(name).replace(".<locals>", "")


def _owner(registrations: tuple[Registration, ...]) -> Value | None:
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
    return any(says_money(name) or speaks_of_moving(name) for name in names)
