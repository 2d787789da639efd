"""From a handler to where its own code, or what it calls, ends a transaction: ``commit()`` and ``rollback()``."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterator

from idem_lint.engine.module_facts import Scope, lambda_scope
from idem_lint.engine.value_types import Environment, Func, Lambda, Value
from idem_lint.reach.calls import Callees
from idem_lint.reach.paths import DEPTH, FUNCTIONS, Step, Way
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.statements import Reachable
from idem_lint.reach.targets import Target, key_of

_ENDS = frozenset({"commit", "rollback"})


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
            for node, scope in _calls(self._callees, target):
                ends = (*steps, Step(target.function, node))
                if self._ends(node, scope, target.environment):
                    return Way(Sink("end", f"{shown(node.func)}()", node), scope, ends, is_sure=True)
                found, _ = self._callees.of(node, scope, target.environment)
                is_near = len(steps) < DEPTH
                queue += [(each, ends) for each in found if is_near and not each.is_deferred]
        return None

    def _ends(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _ENDS:
            return False
        return self._is_lent(self._callees.evaluator.evaluate(node.func.value, scope, env))


def _calls(callees: Callees, target: Target) -> Iterator[tuple[ast.Call, Scope]]:
    """The calls in reach in one function."""
    function = target.function
    scope = lambda_scope(function.node, function.scope) if isinstance(function, Lambda) else function.body
    walk = Reachable(callees.evaluator, scope, target.environment)
    body = function.node.body
    nodes = walk.nodes(body) if isinstance(body, list) else walk.inner(body)
    yield from ((node, scope) for node in nodes if isinstance(node, ast.Call))
