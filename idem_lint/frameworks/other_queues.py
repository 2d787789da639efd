"""Task queues for which the runtime has no helper of their own: a mark protects the task as it does any function.

Source: see :mod:`idem_lint.frameworks.queues`.
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.frameworks.queues import queue

FRAMEWORK = queue(
    "other_queues",
    ("huey", "rq", "django_rq", "taskiq", "apscheduler"),
    ("Huey", "RQ", "TaskIQ", "APScheduler"),
    runtime_adapters.FUNCTIONS,
)
