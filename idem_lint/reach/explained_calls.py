"""How each call of one function was resolved, in words: what ``idem-lint why`` shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Func,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    options,
)
from idem_lint.reach.calls import Callees
from idem_lint.reach.origins import origin
from idem_lint.reach.sinks import Sinks
from idem_lint.reach.statements import Reachable
from idem_lint.reach.targets import Target


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """One call: what it may run, how that is known (or why it is not), and what it writes itself, if anything."""

    node: ast.Call
    targets: tuple[Target, ...]
    how: str
    writes: str
    stops: bool


class CallsExplained:
    """Asks of each call what the search asks."""

    def __init__(self, evaluator: Evaluator, callees: Callees, sinks: Sinks) -> None:
        self._evaluator = evaluator
        self._callees = callees
        self._sinks = sinks

    def of(self, function: Func) -> Iterator[Explained]:
        """The calls of a function, in the order of its statements, asked without what its callers give it."""
        scope, env = function.body, function.environment
        for node in Reachable(self._evaluator, scope, env).nodes(function.node.body):
            if isinstance(node, ast.Call):
                targets, is_unresolved = self._callees.of(node, scope, env)
                callee = next(options(self._evaluator.evaluate(node.func, scope, env)))
                how = (
                    _resolved(callee, targets, function) if targets else _not_followed(callee, is_unresolved)
                )
                written = next((sink.what for sink in self._sinks.of(node, scope, env)), "")
                yield Explained(node, tuple(targets), how, written, stops=is_unresolved)


def _resolved(callee: Value, targets: list[Target], function: Func) -> str:
    while isinstance(callee, Applied):
        callee = callee.target
    if any(target.is_deferred for target in targets):
        return "handed on, to be run later"
    if isinstance(callee, Bound):
        made_of = callee.owner.callee if isinstance(callee.owner, Made) else callee.owner
        name = made_of.node.name if isinstance(made_of, Klass) else "its object"
        return f"a method, because the receiver is a `{name}`"
    if isinstance(callee, Func | Lambda):
        is_here = callee.scope.module is function.module
        return "by its name, in this module" if is_here else f"by its name, from {callee.scope.module.name}"
    if isinstance(callee, Klass):
        return f"makes a `{callee.node.name}`"
    if isinstance(callee, Unknown | Member | Parameter):
        return "by an annotation, a default or what is injected"
    return f"given to {origin(callee) or 'something'}, which may run it"


def _not_followed(callee: Value, is_unresolved: bool) -> str:  # noqa: FBT001 - the second half of one answer
    if is_unresolved:
        if isinstance(callee, Parameter):
            return f"the parameter `{callee.name}` says nothing of what it is"
        return getattr(callee, "why", "its value is not known from the source")
    if isinstance(callee, Klass):
        return f"makes a `{callee.node.name}`, which runs no code of the project"
    name = origin(callee)
    return f"of a package, {name}" if name else "runs no code of the project that is known"
