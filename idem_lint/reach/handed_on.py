"""What a call hands on: the function of a task that runs later, callbacks that a package is given."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module, Scope, terminal
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    Environment,
    Func,
    Klass,
    Lambda,
    Made,
    Member,
    Value,
    options,
)
from idem_lint.reach.targets import Target
from idem_lint.reach.tasks_by_name import TasksByName

_DEFERS = frozenset(
    {
        "add_task",
        "apply_async",
        "async_apply",
        "defer",
        "defer_async",
        "delay",
        "delay_on_commit",
        "enqueue",
        "enqueue_call",
        "kiq",
        "send",
        "schedule",
        "s",
        "si",
        "submit",
        "create_task",
        "ensure_future",
        "start_soon",
        "spawn",
        "run_in_executor",
        "Thread",
        "Process",
    }
)
"""Names by which work is handed to somebody who runs it later, or elsewhere."""
_BY_NAME = frozenset({"send_task", "async_task", "enqueue", "delay"})
_SIGNS = frozenset({"signature", "subtask"})
_RUNS_LATER = _DEFERS - {"run_in_executor", "create_task", "ensure_future"}


class HandedOn:
    """Answers with the functions that a call hands on."""

    def __init__(self, evaluator: Evaluator, modules: Callable[[], list[Module]]) -> None:
        self.evaluator = evaluator
        self._tasks = TasksByName(modules)

    def deferred(self, callee: Value, name: str) -> Target | None:
        """``task.delay(…)``: the task's own function."""
        if not (isinstance(callee, Member) and name in _DEFERS):
            return None
        function = _function(callee.owner)
        return Target(function, function.environment, is_deferred=True) if function is not None else None

    def given(self, node: ast.Call, name: str, scope: Scope, env: Environment) -> Iterator[Target]:
        """The functions of the project that a package's function is given: it may run them."""
        arguments = [*node.args, *(word.value for word in node.keywords)]
        if name in _BY_NAME:
            yield from self._named(node, scope, env)
        if name in {"apply_async", "delay"} and isinstance(node.func, ast.Attribute):
            signed = node.func.value
            if isinstance(signed, ast.Call) and terminal(signed.func) in _SIGNS:
                yield from self._named(signed, scope, env)
        for argument in arguments:
            if isinstance(argument, ast.Starred | ast.Constant | ast.JoinedStr):
                continue
            if not isinstance(argument, ast.Name | ast.Attribute | ast.Lambda | ast.Call):
                continue
            for option in options(self.evaluator.evaluate(argument, scope, env)):
                if isinstance(option, Func | Lambda | Bound | Applied):
                    target = self._as_given(option)
                    if target is not None:
                        yield Target(target.function, target.environment, is_deferred=name in _RUNS_LATER)

    def _named(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Target]:
        """``celery.send_task("worker.settle_batch")``: the task of that name."""
        for argument in node.args[:1]:
            name = self.evaluator.evaluate(argument, scope, env)
            if isinstance(name, Const) and isinstance(name.value, str):
                known = [
                    function
                    for option in options(self.evaluator.imported(name.value, scope.module))
                    if "." in name.value and (function := _function(option)) is not None
                ]
                task = None if known else self._tasks.of(name.value)
                for function in [*known, *([task] if task is not None else [])]:
                    yield Target(function, function.environment, is_deferred=True)

    def _as_given(self, value: Value) -> Target | None:
        if (
            isinstance(value, Bound)
            and isinstance(value.owner, Made)
            and isinstance(value.owner.callee, Klass)
        ):
            first = [*value.function.node.args.posonlyargs, *value.function.node.args.args][:1]
            return Target(
                value.function, {(id(value.function.node), each.arg): value.owner for each in first}
            )
        function = _function(value)
        return Target(function, function.environment) if function is not None else None


def _function(value: Value) -> Func | Lambda | None:
    while isinstance(value, Applied):
        value = value.target
    if isinstance(value, Bound):
        value = value.function
    return value if isinstance(value, Func | Lambda) else None
