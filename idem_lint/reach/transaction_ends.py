"""From a handler to where its own code, or what it calls, ends a transaction: ``commit()`` and ``rollback()``."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Callable, Iterator

from idem_lint.engine.module_facts import Scope, lambda_scope
from idem_lint.engine.value_types import Environment, Func, Lambda, Made, Member, Value, options
from idem_lint.reach.calls import Callees
from idem_lint.reach.paths import DEPTH, FUNCTIONS, Step, Way
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.sql_sinks import texts
from idem_lint.reach.statements import Reachable
from idem_lint.reach.targets import Target, key_of

_ENDS = frozenset({"commit", "rollback"})
_RUNS = frozenset({"execute", "exec_driver_sql"})
_LEADS_BACK = frozenset({"cursor", "connection"})
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
        """The first way to a call that ends a lent transaction; ``None`` where there is none in reach."""
        queue: deque[tuple[Target, tuple[Step, ...]]] = deque([(Target(function, environment), ())])
        seen: set[object] = set()
        while queue and len(seen) < FUNCTIONS:
            target, steps = queue.popleft()
            key = (target.function.node, key_of(target.environment))
            if key in seen:
                continue
            seen.add(key)
            for node, scope in self._calls(target):
                ends = (*steps, Step(target.function, node))
                if self._ends(node, scope, target.environment):
                    return Way(Sink("end", _shown(node), node), scope, ends, is_sure=True)
                found, _ = self._callees.of(node, scope, target.environment)
                is_near = len(steps) < DEPTH
                queue += [(each, ends) for each in found if is_near and not each.is_deferred]
        return None

    def _ends(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        evaluate = self._callees.evaluator.evaluate
        if isinstance(node.func, ast.Attribute) and node.func.attr in _ENDS:
            return self._is_of_lent(evaluate(node.func.value, scope, env))
        if isinstance(node.func, ast.Attribute) and node.func.attr in _RUNS and node.args:
            return _says_end(evaluate(node.args[0], scope, env)) and self._is_of_lent(
                evaluate(node.func.value, scope, env)
            )
        if isinstance(node.func, ast.Name):  # end = db.commit
            callees = options(evaluate(node.func, scope, env))
            return any(
                isinstance(each, Member) and each.name in _ENDS and self._is_of_lent(each.owner)
                for each in callees
            )
        return False

    def _is_of_lent(self, value: Value) -> bool:
        """Whether a value is what is lent, a cursor of it, or what that says its connection is."""
        while not self._is_lent(value):
            owner = value.callee if isinstance(value, Made) else value
            if not isinstance(owner, Member) or owner.name not in _LEADS_BACK:
                return False
            value = owner.owner
        return True

    def _calls(self, target: Target) -> Iterator[tuple[ast.Call, Scope]]:
        """The calls in reach in one function, that of a context manager's exit among them."""
        function = target.function
        scope = lambda_scope(function.node, function.scope) if isinstance(function, Lambda) else function.body
        walk = Reachable(self._callees.evaluator, scope, target.environment)
        body = function.node.body
        for node in walk.nodes(body) if isinstance(body, list) else walk.inner(body):
            if isinstance(node, ast.Call):
                yield node, scope
            elif isinstance(node, ast.With | ast.AsyncWith):
                name = "__exit__" if isinstance(node, ast.With) else "__aexit__"
                yield from ((_method(item.context_expr, name), scope) for item in node.items)


def _method(owner: ast.expr, name: str) -> ast.Call:
    """A method's call, as if it were written where its owner is."""
    method = ast.copy_location(ast.Attribute(owner, name, ast.Load()), owner)
    return ast.copy_location(ast.Call(method, [], []), owner)


def _says_end(statement: Value) -> bool:
    """Whether an SQL statement ends a transaction; a savepoint it may end."""
    return any(_SQL.match(text) is not None for option in options(statement) for text in texts(option))


def _shown(node: ast.Call) -> str:
    """The call as people see it; of one that runs SQL, with the statement."""
    if isinstance(node.func, ast.Attribute) and node.func.attr in _RUNS:
        return shown(node)
    return f"{shown(node.func)}()"
