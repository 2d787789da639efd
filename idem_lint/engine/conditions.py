"""The conditions that the expressions of a function stand under, and which of them its arguments decide.

``if``, ``match`` and what ends a block early (``if not write: return …``) count; where a condition is not decided, all
ways are possible.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from idem_lint.engine import constants
from idem_lint.engine.module_facts import Scope, ScopeNode
from idem_lint.engine.value_types import (
    Const,
    Environment,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Table,
    Value,
    options,
)

Evaluate: TypeAlias = Callable[[ast.expr, Scope, Environment], Value]
Settle: TypeAlias = "Callable[[ast.expr, Callable[[], bool | None]], bool | None]"


@dataclass(frozen=True, slots=True)
class Condition:
    """A test, and whether it holds where something stands; ``None`` for what may not run for another reason."""

    test: ast.expr | None
    holds: bool


Conditions: TypeAlias = "tuple[Condition, ...]"

_PERHAPS = Condition(None, holds=True)
# More than that are not looked at: those that are nearest decide.
_LIMIT = 32
# Of how many tests it is kept what stands in them.
_TESTS = 4096
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def conditions_in(node: ScopeNode) -> dict[int, Conditions]:
    """The conditions of each expression in a function or module that stands under any, by the ``id`` of its node."""
    found: dict[int, Conditions] = {}
    if not isinstance(node, ast.Lambda):
        _block(node.body, (), found)
    return found


def _block(body: Iterable[ast.stmt], around: Conditions, found: dict[int, Conditions]) -> bool:
    """Note what stands in a block; whether the block ends what is around it."""
    for statement in body:
        ways = list(_ways(statement))
        ended = [_block(block, _nearest((*around, *conditions)), found) for conditions, block in ways]
        if isinstance(statement, ast.If | ast.Match):
            if ended and all(ended) and _is_whole(statement):
                return True
            around = _nearest((*around, *_left(ways, ended)))
        elif around:
            for part in (part for head in _heads(statement) for part in ast.walk(head)):
                if isinstance(part, ast.expr):
                    found[id(part)] = around
        if isinstance(statement, _ENDS):
            return True
    return False


def _nearest(conditions: Conditions) -> Conditions:
    return conditions if len(conditions) <= _LIMIT else (_PERHAPS, *conditions[-_LIMIT:])


def _ways(statement: ast.stmt) -> Iterator[tuple[Conditions, list[ast.stmt]]]:
    """The blocks of a statement, each with the conditions under which it runs."""
    if isinstance(statement, ast.If):
        yield (Condition(statement.test, holds=True),), statement.body
        yield (Condition(statement.test, holds=False),), statement.orelse
    elif isinstance(statement, ast.Match):
        earlier: Conditions = ()
        for case in statement.cases:
            test = _equality(statement.subject, case)
            own = (Condition(test, holds=True),) if test is not None else ()
            yield (*earlier, *own), case.body
            earlier = (*earlier, Condition(test, holds=False)) if test is not None else earlier
    elif not isinstance(statement, _DEFINITIONS):
        perhaps = (_PERHAPS,) if isinstance(statement, ast.Try | ast.TryStar) else ()
        for block in (getattr(statement, "body", []), getattr(statement, "orelse", [])):
            yield perhaps, block
        yield (), getattr(statement, "finalbody", [])
        for handler in getattr(statement, "handlers", ()):
            yield perhaps, handler.body


def _equality(subject: ast.expr, case: ast.match_case) -> ast.expr | None:
    """``case "POST" | "PUT"`` as ``subject in ("POST", "PUT")``; ``None`` for what is no such list of values."""
    patterns = case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
    values = [pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue)]
    if len(values) < len(patterns) or case.guard is not None:
        return None
    return ast.copy_location(
        ast.Compare(subject, [ast.In()], [ast.copy_location(ast.Tuple(values, ast.Load()), subject)]), subject
    )


def _is_whole(statement: ast.If | ast.Match) -> bool:
    """Whether one of the blocks of a statement runs in any case."""
    if isinstance(statement, ast.If):
        return bool(statement.orelse)
    return any(
        isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None
        for case in statement.cases
    )


def _left(ways: list[tuple[Conditions, list[ast.stmt]]], ended: list[bool]) -> Iterator[Condition]:
    """What holds after a statement some of whose blocks end early."""
    for (conditions, _), has_ended in zip(ways, ended, strict=True):
        if has_ended and len(conditions) == 1:
            yield Condition(conditions[0].test, holds=not conditions[0].holds)


def _heads(statement: ast.stmt) -> Iterator[ast.AST]:
    """What a statement itself evaluates: all of a simple one, the head of a compound one, a definition's decorators."""
    if isinstance(statement, _DEFINITIONS):
        yield from statement.decorator_list
    elif not isinstance(statement, ast.Try | ast.TryStar):
        blocks = {id(part) for _, block in _ways(statement) for part in block}
        yield from (part for part in ast.iter_child_nodes(statement) if id(part) not in blocks)


# what arguments decide


def _at_once(_: ast.expr, find: Callable[[], bool | None]) -> bool | None:
    return find()


class Tests:
    """The tests that expressions of one function stand under, each decided once for these arguments."""

    def __init__(self, scope: Scope, env: Environment, evaluate: Evaluate, settle: Settle = _at_once) -> None:
        """``settle`` keeps what is decided of a test for others who ask with these arguments."""
        self.scope = scope
        self._env = env
        self._evaluate = evaluate
        self._settle = settle
        self._called = {node for node, _ in env}
        self._decided: dict[ast.expr, bool | None] = {}

    def hold(self, conditions: Conditions) -> bool | None:
        """Whether all conditions hold; ``None`` where that is not known."""
        answer: bool | None = True
        for condition in reversed(conditions):  # the nearest one is the most likely to be against it
            truth = None if condition.test is None else self._truth(condition.test)
            if truth is None:
                answer = None
            elif truth is not condition.holds:
                return False
        return answer

    def _truth(self, test: ast.expr) -> bool | None:
        if test not in self._decided:
            self._decided[test] = self._decide(test)
        return self._decided[test]

    def _decide(self, test: ast.expr) -> bool | None:
        """A test that arguments decide; what an object remembers may be otherwise when it runs."""
        scope, env, evaluate = self.scope, self._env, self._evaluate
        if not _depends_on_arguments(test, scope, env, self._called):
            return None

        def find() -> bool | None:
            return None if _asks_an_object(test, scope, env, evaluate) else truth(test, scope, env, evaluate)

        return self._settle(test, find)


def _depends_on_arguments(test: ast.expr, scope: Scope, env: Environment, called: set[int]) -> bool:
    """Whether arguments of the functions that are ``called`` decide a test; what the module alone says
    (``DEBUG = False``) may be otherwise when it runs.
    """
    names = _names(test)
    current: Scope | None = scope
    while current is not None:
        key = id(current.node)
        if key in called and any(
            (key, name) in env or (current.is_function and name in current.bindings) for name in names
        ):
            return True
        current = current.parent
    return False


@lru_cache(maxsize=_TESTS)
def _names(test: ast.expr) -> frozenset[str]:
    """The names in a test, which is asked of once for each call of its function."""
    return frozenset(part.id for part in ast.walk(test) if isinstance(part, ast.Name))


@lru_cache(maxsize=_TESTS)
def _owners(test: ast.expr) -> tuple[ast.expr, ...]:
    """What a test asks for attributes."""
    return tuple(part.value for part in ast.walk(test) if isinstance(part, ast.Attribute))


def _asks_an_object(test: ast.expr, scope: Scope, env: Environment, evaluate: Evaluate) -> bool:
    owners = _owners(test)
    return any(isinstance(o, Made) for owner in owners for o in options(evaluate(owner, scope, env)))


def truth(
    test: ast.expr,
    scope: Scope,
    env: Environment,
    evaluate: Evaluate,
    undecided: Callable[[ast.expr], bool | None] = lambda _: None,
) -> bool | None:
    """Whether an expression is true; ``None`` where that cannot be told. ``undecided`` is asked of the parts that their
    values do not decide.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth(test.operand, scope, env, evaluate, undecided)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        decisive = isinstance(test.op, ast.Or)
        parts = [truth(part, scope, env, evaluate, undecided) for part in test.values]
        return decisive if decisive in parts else (None if None in parts else not decisive)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left = evaluate(test.left, scope, env)
        right = evaluate(test.comparators[0], scope, env)
        return _agreed(
            _compared(test.ops[0], one, other) for one in options(left) for other in options(right)
        )
    answer = _agreed(map(_truth, options(evaluate(test, scope, env))))
    return undecided(test) if answer is None else answer


def _agreed(answers: Iterable[bool | None]) -> bool | None:
    first: bool | None = None
    for position, answer in enumerate(answers):
        if answer is None or (position and answer is not first):
            return None
        first = answer
    return first


def _truth(value: Value) -> bool | None:
    return True if isinstance(value, Func | Klass | Lambda) else constants.truth(value)


def _compared(operator: ast.cmpop, left: Value, right: Value) -> bool | None:
    answer: bool | None = None
    if _is_partly_unknown(left) or _is_partly_unknown(right):
        return None
    if isinstance(operator, ast.In | ast.NotIn):
        answer = _contains(right, left)
    elif isinstance(left, Const) and isinstance(right, Const):
        answer = left.value == right.value
    elif Const(None) in (left, right) and isinstance(left, Const | Items | Table | Func | Klass | Lambda):
        answer = False
    if answer is None or not isinstance(
        operator, ast.In | ast.NotIn | ast.Is | ast.IsNot | ast.Eq | ast.NotEq
    ):
        return None
    return not answer if isinstance(operator, ast.NotIn | ast.IsNot | ast.NotEq) else answer


def _is_partly_unknown(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, str) and constants.UNKNOWN_PART in value.value


def _contains(row: Value, item: Value) -> bool | None:
    many = constants.iterate(row)
    if not isinstance(many, Items) or not isinstance(item, Const):
        return None
    if item in many.items:
        return True
    return (
        False
        if many.complete
        and all(isinstance(part, Const) and not _is_partly_unknown(part) for part in many.items)
        else None
    )
