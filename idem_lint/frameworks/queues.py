"""Task queues: no handlers of POST, but a mark above the task decorator is as idle there as anywhere.

Source: celery docs, userguide/tasks "Multiple decorators" (the task decorator comes first in the list); dramatiq, huey,
rq, taskiq, procrastinate, FastStream and APScheduler keep the function below their decorator in the same way. What is
registered answers no HTTP method: a function without a mark is not mentioned.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import UNKNOWN, External, Func, Klass, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Methods, Refused, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder
    from idem_lint.finding.runtime_adapters import RuntimeAdapter

_NONE: Methods = frozenset()
_CALLED = Route(fixed=_NONE, path=Slot(None, ("name",)), strict=True, needs_path=False)
_BARE = Route(fixed=_NONE, path=Slot(None, ("name",)), strict=True, needs_path=False, bare=True)
_DECORATORS = {
    "task": _BARE,
    "shared_task": _BARE,
    "actor": _BARE,
    "periodic_task": _CALLED,
    "db_task": _CALLED,
    "db_periodic_task": _CALLED,
    "job": _CALLED,
    "scheduled_job": _CALLED,
    "subscriber": _CALLED,
    "retry_later": _BARE,
}
_MONEY_TASK = "idem_runtime.adapters.queues.celery.MoneyTask"
_NEVER_AWAITED = "the task is async, and Celery awaits nothing"
_SYNC = "make it a def, which may call asyncio.run()"


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A task of Celery that nothing would await: its ``MoneyTask`` takes none."""
    function = finder.definition(found.target)
    is_async = isinstance(function, Func) and isinstance(function.node, ast.AsyncFunctionDef)
    if isinstance(function, Func) and is_async and _is_a_money_task(finder, given):
        marks = finder.links(function)
        refused = (Refused(link.decorator, link.node, _NEVER_AWAITED, remedy=_SYNC) for link in marks)
        found = replace(found, refused=tuple(refused))
    yield found


def _is_a_money_task(finder: Finder, given: Arguments) -> bool:
    bases = [
        each for each in options(given.keywords.get("base", UNKNOWN)) if isinstance(each, External | Klass)
    ]
    every = (
        above
        for base in bases
        for above in (finder.evaluator.mro(base) if isinstance(base, Klass) else [base])
    )
    return any(isinstance(each, External) and each.name == _MONEY_TASK for each in every)


def queue(
    name: str, packages: tuple[str, ...], titles: tuple[str, ...], adapter: RuntimeAdapter
) -> Framework:
    """The decorators that queues have in common, for queues that one part of the runtime serves."""
    return Framework(
        name=name,
        titles=titles,
        adapter=adapter,
        packages=packages,
        methods=_DECORATORS,
        functions=_DECORATORS,
        refine=_refine,
        tokens=("money_moving", "not_money_moving"),
        local=frozenset(_DECORATORS),
    )


FRAMEWORK = queue(
    "queues",
    ("celery", "dramatiq", "procrastinate", "faststream", "idem_runtime.adapters.queues.arq"),
    ("Celery", "dramatiq", "procrastinate", "FastStream"),
    runtime_adapters.QUEUES,
)
