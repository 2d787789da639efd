"""The tasks of a project by the names that they are sent by: ``app.send_task("bank.settle")``.

Another service may know a task only by its name: the one that its decorator gives it, else its module and function, of
which the last part is its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from idem_lint.engine.module_facts import Module, terminal
from idem_lint.engine.value_types import Func

_TASKS = frozenset({"task", "shared_task", "periodic_task", "job", "actor", "db_task"})


class TasksByName:
    """Answers with the function of a task; the project is looked through once."""

    def __init__(self, modules: Callable[[], list[Module]]) -> None:
        self._modules = modules
        self._known: dict[str, Func] | None = None

    def of(self, name: str) -> Func | None:
        """The task of a name, or else the only one whose function has its last part for a name."""
        if self._known is None:
            self._known = {}
            by_last: dict[str, list[Func]] = {}
            for function, given in self._all():
                if given:
                    self._known.setdefault(given, function)
                else:
                    by_last.setdefault(function.node.name, []).append(function)
            alone = {last: functions[0] for last, functions in by_last.items() if len(functions) == 1}
            self._known = {**alone, **self._known}
        return self._known.get(name) or self._known.get(name.rpartition(".")[2])

    def _all(self) -> Iterator[tuple[Func, str]]:
        for module in self._modules():
            for node, scope in module.functions:
                for decorator in node.decorator_list:
                    func = decorator.func if isinstance(decorator, ast.Call) else decorator
                    if terminal(func) in _TASKS:
                        yield Func(node, scope), _given_name(decorator)


def _given_name(decorator: ast.expr) -> str:
    """The name that a decorator gives its task; empty where it gives none."""
    words = decorator.keywords if isinstance(decorator, ast.Call) else []
    names = [word.value for word in words if word.arg in {"name", "actor_name"}]
    return next((str(name.value) for name in names if isinstance(name, ast.Constant)), "")


__all__ = ["TasksByName"]
