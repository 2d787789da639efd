"""Task queues: no handlers of POST, but a mark above the task decorator is as idle there as anywhere.

Source: celery docs, userguide/tasks "Multiple decorators" (the task decorator comes first in the list); dramatiq, huey,
rq, taskiq, procrastinate, FastStream and APScheduler keep the function below their decorator in the same way. What is
registered answers no HTTP method: a function without a mark is not mentioned.
"""

from __future__ import annotations

from idem_lint.finding.interface import Framework, Methods, Route, Slot

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

FRAMEWORK = Framework(
    name="queues",
    packages=(
        "celery",
        "dramatiq",
        "huey",
        "rq",
        "django_rq",
        "taskiq",
        "procrastinate",
        "faststream",
        "apscheduler",
    ),
    methods=_DECORATORS,
    functions=_DECORATORS,
    tokens=("money_moving", "not_money_moving"),
    local=frozenset(_DECORATORS),
)
