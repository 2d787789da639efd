"""From a handler to where its own code, or what it calls, ends a transaction: ``commit()``, ``with db:`` and their like."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeGuard

from idem_lint.engine.module_facts import FunctionNode, Scope, lambda_scope, terminal
from idem_lint.engine.value_types import (
    Const,
    Environment,
    External,
    Func,
    Items,
    Lambda,
    Made,
    Member,
    Table,
    Value,
    options,
)
from idem_lint.reach.calls import Callees
from idem_lint.reach.paths import DEPTH, Step, Way
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.sql_sinks import texts
from idem_lint.reach.statements import Reachable
from idem_lint.reach.targets import Target, key_of

_FUNCTIONS = 1500
"""How many functions are looked into; few are lent a transaction at all."""
_ENDS = frozenset({"commit", "rollback", "close", "reset", "begin", "tpc_begin", "set_autocommit"})
"""What the runtime refuses on what it lends (``handler_connection.py`` and ``joined_connection.py`` of its drivers)."""
_RUNS = frozenset({"execute", "exec_driver_sql"})
_ENTERS = frozenset({"enter_context", "enter_async_context", "push", "push_async_exit"})
"""What an ``ExitStack`` does with a context manager: its exit is called at the end."""
_EXITS = frozenset({"__exit__", "__aexit__"})
_CLOSES = frozenset({"contextlib.closing", "contextlib.aclosing"})
_SQL = re.compile(
    r"\s*(?:commit|rollback|abort|end)\b(?!\s+(?:work\s+|transaction\s+)?to\b|\s+prepared\b)", re.IGNORECASE
)


class TransactionEnds:
    """Searches by breadth, so that the shortest way is told."""

    def __init__(self, callees: Callees, is_lent: Callable[[Value], bool]) -> None:
        """``is_lent``: whether a value is the connection or session that is not to be ended."""
        self._callees = callees.keeping(is_lent)
        self._is_lent = is_lent

    def of_function(self, function: Func | Lambda, environment: Environment) -> Way | None:
        """The first way to what ends a lent transaction; ``None`` where there is none in reach."""
        start = Target(function, environment)
        queue: deque[tuple[Target, tuple[Step, ...]]] = deque((each, ()) for each in self._decorated(start))
        seen: set[object] = set()
        while queue and len(seen) < _FUNCTIONS:
            target, steps = queue.popleft()
            key = (target.function.node, key_of(target.environment))
            if key in seen:
                continue
            seen.add(key)
            for node, scope in self._parts(target):
                ends = (*steps, Step(target.function, node))
                if self._ends(node, scope, target.environment):
                    return Way(Sink("end", _shown(node), node), scope, ends, is_sure=True)
                if isinstance(node, ast.Call) and len(steps) < DEPTH:
                    found, _ = self._callees.of(node, scope, target.environment)
                    near = [each for each in found if not each.is_deferred]
                    queue += [(each, ends) for callee in near for each in self._decorated(callee)]
        return None

    # what is called

    def _decorated(self, target: Target) -> Iterator[Target]:
        """A function, and what the project's own decorators put around it."""
        yield target
        function = target.function
        if not isinstance(function, Lambda) and function.node.decorator_list:
            evaluator = self._callees.evaluator
            for node in function.node.decorator_list:
                for decorator in options(evaluator.evaluate(node, function.scope, function.environment)):
                    if isinstance(decorator, Func):
                        for wrapper in self._given_back(decorator, function):
                            yield Target(wrapper, self._handed_on(target, wrapper))

    def _given_back(self, decorator: Func, function: Func) -> Iterator[Func]:
        """The functions of its own that a decorator gives back for a function."""
        first = [*decorator.node.args.posonlyargs, *decorator.node.args.args][:1]
        env = {**decorator.environment, **{(id(decorator.node), each.arg): function for each in first}}
        names = [returned.id for returned in decorator.body.returns if isinstance(returned, ast.Name)]
        for binding in [binding for name in names for binding in decorator.body.bindings.get(name, ())]:
            if isinstance(binding.node, FunctionNode):
                yield Func(binding.node, decorator.body, env)

    def _handed_on(self, target: Target, wrapper: Func) -> Environment:
        """What a wrapper is called with: the arguments of the function below it, by their names or their places."""
        function = target.function
        spec, inner = wrapper.node.args, function.node.args
        positional = [each.arg for each in (*inner.posonlyargs, *inner.args)]
        values = {
            name: self._argument(target, name)
            for name in (*positional, *(each.arg for each in inner.kwonlyargs))
        }
        own = [each.arg for each in (*spec.posonlyargs, *spec.args)]
        key = id(wrapper.node)
        found = dict(wrapper.environment)
        for place, name in enumerate(own):
            called = name if name in values else positional[place] if place < len(positional) else None
            if called is not None:
                found[key, name] = values[called]
        found.update({(key, each.arg): values[each.arg] for each in spec.kwonlyargs if each.arg in values})
        if spec.vararg is not None:
            rest = [name for name in positional[len(own) :] if name not in own]
            found[key, spec.vararg.arg] = Items(tuple(values[name] for name in rest))
        if spec.kwarg is not None:
            pairs = ((Const(name), value) for name, value in values.items() if name not in own)
            found[key, spec.kwarg.arg] = Table(tuple(pairs))
        return found

    def _argument(self, target: Target, name: str) -> Value:
        known = target.environment.get((id(target.function.node), name))
        if known is not None:
            return known
        return self._callees.evaluator.lookup(name, target.function.body, target.environment)

    # what ends a transaction

    def _ends(self, node: ast.Call | ast.Attribute, scope: Scope, env: Environment) -> bool:
        evaluate = self._callees.evaluator.evaluate
        if isinstance(node, ast.Attribute):  # an assignment's target
            return self._is_lent(evaluate(node.value, scope, env))
        if isinstance(node.func, ast.Attribute) and node.func.attr in _EXITS:
            return self._is_lent(evaluate(node.func.value, scope, env))
        if isinstance(node.func, ast.Attribute) and node.func.attr in _ENDS:
            return not _is_a_part(node) and self._is_connection(evaluate(node.func.value, scope, env))
        if isinstance(node.func, ast.Attribute) and node.func.attr in _RUNS and node.args:
            return _says_end(evaluate(node.args[0], scope, env)) and self._is_of_lent(
                evaluate(node.func.value, scope, env)
            )
        named = [node.func] if isinstance(node.func, ast.Name) else []  # end = db.commit
        given = (each for each in node.args if isinstance(each, ast.Attribute) and each.attr in _ENDS)
        return any(self._is_end(evaluate(each, scope, env)) for each in (*named, *given))

    def _is_end(self, value: Value) -> bool:
        """Whether a value is a method that ends what is lent: called, or handed to what calls it."""
        return any(
            isinstance(each, Member) and each.name in _ENDS and self._is_connection(each.owner)
            for each in options(value)
        )

    def _is_connection(self, value: Value) -> bool:
        """Whether a value is what is lent, or what that says its connection is: a cursor may be closed."""
        owner = value.callee if isinstance(value, Made) else value
        is_cursor = isinstance(owner, Member) and owner.name == "cursor"
        return not is_cursor and self._is_of_lent(value)

    def _is_of_lent(self, value: Value) -> bool:
        """Whether a value is what is lent, a cursor of it, or what that says its connection is."""
        while not self._is_lent(value):
            owner = value.callee if isinstance(value, Made) else value
            if not isinstance(owner, Member) or owner.name not in {"cursor", "connection"}:
                return False
            value = owner.owner
        return True

    # what a function does

    def _parts(self, target: Target) -> Iterator[tuple[ast.Call | ast.Attribute, Scope]]:
        """The calls in reach in one function, those of a context manager's exit among them, and what sets ``autocommit``."""
        function = target.function
        scope = lambda_scope(function.node, function.scope) if isinstance(function, Lambda) else function.body
        walk = Reachable(self._callees.evaluator, scope, target.environment)
        body = function.node.body
        for node in walk.nodes(body) if isinstance(body, list) else walk.inner(body):
            if isinstance(node, ast.Call):
                yield node, scope
                if isinstance(node.func, ast.Attribute) and node.func.attr in _ENTERS:
                    is_async = "async" in node.func.attr
                    for manager in node.args[:1]:
                        yield from self._exits(manager, scope, target.environment, is_async=is_async)
            elif isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    is_async = isinstance(node, ast.AsyncWith)
                    yield from self._exits(item.context_expr, scope, target.environment, is_async=is_async)
            elif isinstance(node, ast.Assign):
                yield from ((each, scope) for each in node.targets if _sets_autocommit(each))

    def _exits(
        self, manager: ast.expr, scope: Scope, env: Environment, *, is_async: bool
    ) -> Iterator[tuple[ast.Call, Scope]]:
        """What leaving a context manager calls: its exit, and of ``closing(…)`` what that closes."""
        if isinstance(manager, ast.Call):
            callee = self._callees.evaluator.evaluate(manager.func, scope, env)
            if isinstance(callee, External) and callee.name in _CLOSES:
                yield from ((_method(each, "close"), scope) for each in manager.args[:1])
        yield _method(manager, "__aexit__" if is_async else "__exit__"), scope


def _method(owner: ast.expr, name: str) -> ast.Call:
    """A method's call, as if it were written where its owner is."""
    method = ast.copy_location(ast.Attribute(owner, name, ast.Load()), owner)
    return ast.copy_location(ast.Call(method, [], []), owner)


def _is_a_part(call: ast.Call) -> bool:
    """Whether it is ``session.begin(nested=True)``, which ends a savepoint only."""
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "nested")]
    return (
        any(isinstance(each, ast.Constant) and each.value is True for each in given)
        and terminal(call.func) == "begin"
    )


def _sets_autocommit(target: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(target, ast.Attribute) and target.attr == "autocommit"


def _says_end(statement: Value) -> bool:
    """Whether an SQL statement ends a transaction; a savepoint it may end."""
    return any(_SQL.match(text) is not None for option in options(statement) for text in texts(option))


def _shown(node: ast.Call | ast.Attribute) -> str:
    """What ends it as people see it; of a call that runs SQL, or is given what ends, with its arguments."""
    if isinstance(node, ast.Attribute):
        return f"{shown(node)} = …"
    if isinstance(node.func, ast.Attribute) and node.func.attr in _EXITS:
        return f"with {shown(node.func.value)}"
    is_plain = isinstance(node.func, ast.Attribute) and node.func.attr in _ENDS
    return f"{shown(node.func)}()" if is_plain or not node.args else shown(node)
