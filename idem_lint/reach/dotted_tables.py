"""Tables of functions that stand there as texts: ``{"invoice.paid": "billing.services.handle_paid"}``, imported when one is
asked for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import Bound, Const, Environment, Func, Klass, Table, Value, options

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){1,8}")
_DEPTH = 3
_ENTRIES = 20


class DottedTables:
    """Answers with the functions of a table of texts that something was looked up in."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def chosen(self, func: ast.expr, scope: Scope, env: Environment) -> list[Value]:
        """What a name may be that was given what a function of the project, or a table in it, has for a key."""
        calls = [func] if isinstance(func, ast.Call) else []
        if isinstance(func, ast.Name):
            calls = [each.node for each in scope.bindings.get(func.id, ()) if isinstance(each.node, ast.Call)]
        found: dict[object, Value] = {}
        for call in calls:
            for value in self._of_call(call, scope, env, _DEPTH):
                found.setdefault(getattr(value, "node", value), value)
        return list(found.values())[:_ENTRIES]

    def _of_call(self, call: ast.Call, scope: Scope, env: Environment, depth: int) -> Iterator[Value]:
        """What the tables have that a call and the functions of the project which it runs read."""
        for given in (call.func, *call.args):
            yield from self._of_tables(given, scope, env)
        if depth <= 0:
            return
        inner = [part for part in ast.walk(call) if isinstance(part, ast.Call)]
        for each in inner:
            for option in options(self._evaluator.evaluate(each.func, scope, env)):
                function = option.function if isinstance(option, Bound) else option
                if isinstance(function, Func):
                    body = function.body
                    for part in ast.walk(function.node):
                        if isinstance(part, ast.Dict | ast.Subscript):
                            yield from self._of_tables(part, body, {})
                    for returned in body.returns:
                        for again in [part for part in ast.walk(returned) if isinstance(part, ast.Call)]:
                            yield from self._of_call(again, body, {}, depth - 1)

    def _of_tables(self, node: ast.AST, scope: Scope, env: Environment) -> Iterator[Value]:
        for part in ast.walk(node):
            if isinstance(part, ast.Name | ast.Dict):
                for option in options(self._evaluator.evaluate(part, scope, env)):
                    if isinstance(option, Table):
                        yield from self._entries(option, scope)

    def _entries(self, table: Table, scope: Scope) -> Iterator[Value]:
        for _, value in table.pairs[:_ENTRIES]:
            for option in options(value):
                if (
                    isinstance(option, Const)
                    and isinstance(option.value, str)
                    and _DOTTED.fullmatch(option.value)
                ):
                    named = options(self._evaluator.imported(option.value, scope.module))
                    yield from (each for each in named if isinstance(each, Func | Klass))


__all__ = ["DottedTables"]
