"""Task queues: no handlers of POST, but a mark above the task decorator is as idle there as anywhere.

Source: celery docs, userguide/tasks "Multiple decorators" (the task decorator comes first in the list); dramatiq, huey,
rq, taskiq, procrastinate, FastStream and APScheduler keep the function below their decorator in the same way. What is
registered answers no HTTP method: a function without a mark is not mentioned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Methods, Route, Slot

if TYPE_CHECKING:
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
}


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
        tokens=("money_moving", "not_money_moving"),
        local=frozenset(_DECORATORS),
    )


FRAMEWORK = queue(
    "queues",
    ("celery", "dramatiq", "procrastinate", "faststream"),
    ("Celery", "dramatiq", "procrastinate", "FastStream"),
    runtime_adapters.QUEUES,
)
