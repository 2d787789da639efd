"""The statements of a function that its arguments leave in reach: a branch that a flag rules out is not walked."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import cast

from idem_lint.engine import conditions, constants
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import (
    UNKNOWN,
    Const,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Made,
    Table,
    Value,
    options,
)

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_BOOL = External("builtins.bool")
_DEPTH = 2
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Reachable:
    """Walks one body in one environment."""

    def __init__(self, evaluator: Evaluator, scope: Scope, environment: Environment) -> None:
        self._evaluator = evaluator
        self._scope = scope
        self._environment = environment

    def nodes(self, body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
        """Every statement and expression in reach, outermost first; definitions inside are not entered."""
        yield from self._block(body)

    def inner(self, node: ast.expr) -> Iterator[ast.AST]:
        """An expression with all that is in it."""
        yield from self._expressions(node)

    def _block(self, body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
        for statement in body:
            yield from self._statement(statement)
            if isinstance(statement, _ENDS) or self._always_ends(statement):
                return

    def _always_ends(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.If):
            truth = self.truth(statement.test)
            taken = statement.body if truth else statement.orelse
            return truth is not None and any(
                isinstance(each, _ENDS) or self._always_ends(each) for each in taken
            )
        if isinstance(statement, ast.With | ast.AsyncWith):
            return any(isinstance(each, _ENDS) or self._always_ends(each) for each in statement.body)
        return False

    def _statement(self, statement: ast.stmt) -> Iterator[ast.AST]:
        if isinstance(statement, _DEFINITIONS):
            return
        yield statement
        if isinstance(statement, ast.If):
            truth = self.truth(statement.test)
            yield from self._expressions(statement.test)
            if truth is not False:
                yield from self._block(statement.body)
            if truth is not True:
                yield from self._block(statement.orelse)
            return
        for name, value in ast.iter_fields(statement):
            if isinstance(value, ast.expr):
                yield from self._expressions(value)
            elif isinstance(value, list):
                yield from self._list(name, cast("list[object]", value))

    def _list(self, name: str, values: list[object]) -> Iterator[ast.AST]:
        if name in {"body", "orelse", "finalbody"}:
            yield from self._block(each for each in values if isinstance(each, ast.stmt))
            return
        for each in values:
            if isinstance(each, ast.expr):
                yield from self._expressions(each)
            elif isinstance(each, ast.withitem):
                yield from self._expressions(each.context_expr)
            elif isinstance(each, ast.ExceptHandler | ast.match_case):
                yield from self._block(each.body)

    def _expressions(self, node: ast.expr) -> Iterator[ast.AST]:
        stack: list[ast.AST] = [node]
        while stack:
            item = stack.pop()
            if isinstance(item, ast.Lambda):
                continue
            yield item
            if isinstance(item, ast.IfExp):
                truth = self.truth(item.test)
                parts = [
                    item.test,
                    *([item.body] if truth is not False else []),
                    *([item.orelse] if truth is not True else []),
                ]
                stack.extend(reversed(parts))
                continue
            stack.extend(reversed(list(ast.iter_child_nodes(item))))

    def truth(self, node: ast.expr) -> bool | None:
        """Whether a condition holds; ``None`` where the source does not say."""
        if isinstance(node, ast.Constant):
            return bool(node.value)
        if not self._environment and not _asks_settings(node):
            return None
        return conditions.truth(node, self._scope, self._environment, self._value, self._undecided)

    def _value(self, node: ast.expr, scope: Scope, env: Environment) -> Value:
        """The value of a part of a condition. What is in a collection is believed of an argument alone: what begins as
        ``HANDLERS = {}`` may be filled where nobody sees it, and ``errors = {}`` only where there are any.
        """
        if isinstance(node, ast.Attribute) and self._is_configured(node, scope, env, _DEPTH):
            return UNKNOWN
        value = self._evaluator.evaluate(node, scope, env)
        is_given = isinstance(node, ast.Name) and (id(scope.node), node.id) in env
        is_named = isinstance(node, ast.Name | ast.Attribute | ast.Call)
        is_many = any(isinstance(option, Items | Table) for option in options(value))
        return UNKNOWN if is_named and not is_given and is_many else value

    def _is_configured(self, node: ast.Attribute, scope: Scope, env: Environment, depth: int) -> bool:
        """Whether an attribute is a field with a default, such as a setting: where the program runs it may be anything.
        ``self.key = settings.key`` is one, too.
        """
        for owner in options(self._evaluator.evaluate(node.value, scope, env)):
            if isinstance(owner, Made) and isinstance(owner.callee, Klass):
                is_given = bool(owner.call.args) or any(word.arg == node.attr for word in owner.call.keywords)
                for base in self._evaluator.mro(owner.callee):
                    if not isinstance(base, Klass):
                        continue
                    if not is_given and any(_is_field(part, node.attr) for part in base.node.body):
                        return True
                    if depth > 0 and self._is_copied(base, node.attr, depth - 1):
                        return True
        return False

    def _is_copied(self, klass: Klass, name: str, depth: int) -> bool:
        """Whether a constructor copies a setting into an attribute."""
        for init in (
            part for part in klass.node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"
        ):
            scope = klass.scope.module.scopes[init]
            for part in ast.walk(init):
                if isinstance(part, ast.Assign) and isinstance(part.value, ast.Attribute):
                    is_own = any(
                        isinstance(each, ast.Attribute) and each.attr == name for each in part.targets
                    )
                    if is_own and self._is_configured(part.value, scope, {}, depth):
                        return True
        return False

    def _undecided(self, node: ast.expr) -> bool | None:
        for value in options(self._evaluator.evaluate(node, self._scope, self._environment)):
            if isinstance(value, Made) and value.callee == _BOOL and len(value.call.args) == 1:
                return conditions.truth(
                    value.call.args[0], value.scope, value.environment, self._evaluator.evaluate
                )
        return self._returned(node)

    def _returned(self, node: ast.expr) -> bool | None:
        """The truth of a name that a function of the project gave, by the returns that its arguments leave in reach."""
        bindings = self._scope.bindings.get(node.id, ()) if isinstance(node, ast.Name) else ()
        found: set[bool | None] = set()
        for binding in bindings:
            if not isinstance(binding.node, ast.Call):
                return None
            for callee in options(
                self._evaluator.evaluate(binding.node.func, self._scope, self._environment)
            ):
                if not isinstance(callee, Func) or callee.node is self._scope.node:
                    return None
                made = Made(callee, binding.node, self._scope, self._environment)
                env = self._evaluator.arguments(callee, made, bound=False)
                inner = Reachable(self._evaluator, callee.body, env)
                for each in inner.nodes(callee.node.body):
                    if isinstance(each, ast.Return) and each.value is not None:
                        value = self._evaluator.evaluate(each.value, callee.body, env)
                        value = constants.unpack(value, binding.path)
                        found.add(bool(value.value) if isinstance(value, Const) else None)
        return found.pop() if len(found) == 1 else None


def _is_field(node: ast.stmt, name: str) -> bool:
    """``key: str = ""`` in a class body."""
    if not isinstance(node, ast.AnnAssign) or node.value is None:
        return False
    return isinstance(node.target, ast.Name) and node.target.id == name


def _asks_settings(node: ast.expr) -> bool:
    """Whether a condition asks only for constants of a module: ``not DEBUG``."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _asks_settings(node.operand)
    if isinstance(node, ast.BoolOp):
        return all(map(_asks_settings, node.values))
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.isupper())
