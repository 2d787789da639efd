"""What a message bus or a mediator runs: the functions of the project that take a command of the class that it is given.

``bus.handle(Deposit(account, amount))`` leads to ``def deposit(command: Deposit, unit)`` and to ``DepositHandler.handle``,
whichever table the bus looks it up in.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import FunctionNode, Module, Scope, positional, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import Bound, Environment, Func, Klass, Made, Value, options
from idem_lint.reach.rows import Rows, annotated

_DISPATCHES = frozenset(
    {
        "send",
        "handle",
        "dispatch",
        "execute",
        "publish",
        "emit",
        "invoke",
        "process",
        "ask",
        "call",
        "raise_event",
    }
)
_BUSES = frozenset({"bus", "messagebus", "mediator", "dispatcher", "commands", "queries", "events"})
"""What something is called that finds the function for a command by the command's class."""
_FEW = 6
"""How many functions may take a command, so that it is one."""


class DispatchedCommands:
    """Finds the functions that take a command; where they stand is looked up once."""

    def __init__(self, evaluator: Evaluator, rows: Rows, modules: Callable[[], list[Module]]) -> None:
        self._evaluator = evaluator
        self._rows = rows
        self._modules = modules
        self._taking: dict[str, list[tuple[FunctionNode, Scope]]] | None = None

    def of(self, node: ast.Call, scope: Scope, env: Environment) -> list[Value]:
        """The functions and methods that a call of a bus leads to; none for another call."""
        func = node.func
        if not isinstance(func, ast.Attribute) or func.attr not in _DISPATCHES or not node.args:
            return []
        if not any(part in terminal(func.value).lower() for part in _BUSES):
            return []
        classes = [
            klass
            for klass in self._rows.classes(node.args[0], scope, env)
            if self._rows.records.of_class(klass) is None
        ]
        found = [taking for klass in classes for taking in self._of_class(klass, scope)]
        return found if len(found) <= _FEW else []

    def _of_class(self, klass: Klass, asking: Scope) -> Iterator[Value]:
        for function, scope in self._all().get(klass.node.name, ()):
            if function is asking.node or _is_route(function):
                continue
            for part in _first_annotations(function):
                is_of_class = any(
                    isinstance(option, Klass) and option.node is klass.node
                    for option in options(self._evaluator.evaluate(part, scope))
                )
                if is_of_class:
                    yield self._as_value(function, scope)
                    break

    def _as_value(self, function: FunctionNode, scope: Scope) -> Value:
        if isinstance(scope.node, ast.ClassDef) and scope.parent is not None:
            owner = Klass(scope.node, scope.parent)
            return Bound(Func(function, scope), Made(owner, SELF, owner.scope))
        return Func(function, scope)

    def _all(self) -> dict[str, list[tuple[FunctionNode, Scope]]]:
        if self._taking is None:
            self._taking = {}
            for module in self._modules():
                for function, scope in module.functions:
                    for part in _first_annotations(function):
                        known = self._taking.setdefault(terminal(part), [])
                        known.append((function, scope))
        return self._taking


def _first_annotations(function: FunctionNode) -> Iterator[ast.expr]:
    """What the annotation of the first parameter of a function names, apart from ``self``."""
    given = [argument for argument in positional(function) if argument.arg not in {"self", "cls"}][:1]
    for argument in given:
        yield from annotated(argument.annotation) if argument.annotation is not None else ()


def _is_route(function: FunctionNode) -> bool:
    """Whether a function is called from outside, so that a command is its body and not what is sent to it."""
    return any(
        isinstance(item, ast.Call)
        and terminal(item.func) in {"post", "put", "get", "patch", "delete", "route"}
        for item in function.decorator_list
    )
