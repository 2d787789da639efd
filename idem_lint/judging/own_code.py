"""What the own code of a handler refers to, as the runtime reads it at start-up (``idem_runtime/startup/own_code.py``).

Own code is the function with its decorators and closures, the methods of its own class that it names, and from each of
these on the functions and classes that it names in the module in which it is itself written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module
from idem_lint.engine.module_facts import arguments as _parameters
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    External,
    Func,
    Klass,
    Lambda,
    Made,
    ProjectModule,
    Value,
    options,
)
from idem_lint.judging.lending_values import Lending, LendingValues

_WORDS = frozenset({"idem_connection"})
"""What Flask's ``g`` has of ours."""


class OwnCode:
    """Reads own code from one function on."""

    def __init__(self, evaluator: Evaluator, values: LendingValues, itself: ast.AST) -> None:
        self._evaluator = evaluator
        self._values = values
        self._itself = itself
        self._seen: set[ast.AST] = set()

    def lends(self, value: Value, owner: Klass | None = None) -> Lending:
        """Whether something of the own code of a function, a class or an object lends."""
        answer = Lending.NO
        waiting: list[tuple[Value, Klass | None]] = [(value, owner)]
        while waiting and answer is not Lending.YES:
            value, owner = waiting.pop()
            if not isinstance(value, Func | Klass | Lambda) or value.node in self._seen:
                continue
            self._seen.add(value.node)
            for found, around, is_own in self._referred(value, owner):
                answer = max(answer, self._values.of(found, self._itself))
                waiting += [(code, around) for code in _code(found)] if is_own else []
        return answer

    def _referred(
        self, value: Func | Klass | Lambda, owner: Klass | None
    ) -> Iterator[tuple[Value, Klass | None, bool]]:
        """The values that code refers to, the class whose method they are, and whether their code is own code."""
        if isinstance(value, Klass):
            for base in self._evaluator.mro(value):
                if isinstance(base, Klass) and base.module is value.module:
                    for name in base.body.bindings:
                        found = self._evaluator.class_attribute(base, name)
                        yield from ((option, value, True) for option in options(found or Const(None)))
        elif isinstance(value, Func):
            for decorator in value.node.decorator_list:
                for option in options(self._evaluator.evaluate(decorator, value.scope)):
                    callee = option.callee if isinstance(option, Made) else option
                    yield callee, None, isinstance(callee, Func | Klass)
            yield from self._in_body(value.node.body, value, owner)
        else:
            yield from self._in_body([value.node.body], value, owner)

    def _in_body(
        self, body: list[ast.stmt] | list[ast.expr], function: Func | Lambda, owner: Klass | None
    ) -> Iterator[tuple[Value, Klass | None, bool]]:
        nodes = [node for statement in body for node in ast.walk(statement)]
        attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        local = {*_stored(nodes), *(argument.arg for argument in _parameters(function.node.args))}
        for node in nodes:
            if isinstance(node, ast.Name) and node.id not in local:
                for found in self._named(node, function, attributes):
                    yield found, None, _is_written_in(found, function.scope.module)
            if _says_ours(node):
                yield External("idem_runtime.Idempotency"), None, False
        if owner is not None:
            methods = (self._evaluator.class_attribute(owner, name) for name in attributes)
            for method in methods:
                yield from ((option, owner, True) for option in options(method or Const(None)))

    def _named(self, node: ast.Name, function: Func | Lambda, attributes: set[str]) -> Iterator[Value]:
        scope = function.body if isinstance(function, Func) else function.scope
        for option in options(self._evaluator.evaluate(node, scope, function.environment)):
            yield from self._content(option, attributes)

    def _content(self, value: Value, attributes: set[str]) -> Iterator[Value]:
        """A value; of a module, what code that has these attributes may mean of it."""
        if not isinstance(value, ProjectModule):
            yield value
            return
        for name in attributes:
            dotted = f"{value.module.name}.{name}"
            inner = self._evaluator.modules.find(dotted, value.module)
            if name in value.module.scope.bindings or inner is not None:
                for option in options(self._evaluator.attribute(value, name)):
                    yield from self._content(option, attributes - {name})


def _stored(nodes: list[ast.AST]) -> Iterator[str]:
    """The names that code gives values to itself, in functions within it, too."""
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.ExceptHandler) and node.name is not None:
            yield node.name


def _is_written_in(value: Value, module: Module) -> bool:
    while isinstance(value, Applied):
        value = value.target
    if isinstance(value, Bound):
        value = value.function
    if isinstance(value, Made):
        value = value.callee
    return isinstance(value, Func | Klass | Lambda) and value.scope.module is module


def _code(value: Value) -> Iterator[Value]:
    """The functions and classes behind a value."""
    while isinstance(value, Applied):
        value = value.target
    if isinstance(value, Bound):
        value = value.function
    yield value.callee if isinstance(value, Made) else value


def _says_ours(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value in _WORDS if isinstance(node.value, str) else False
    return isinstance(node, ast.Attribute) and node.attr in _WORDS
