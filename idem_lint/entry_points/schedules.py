"""Schedulers in a process of their own or in the application's: what they run by the clock.

Source: apscheduler's docs (``add_job``, ``scheduled_job``, version 4: ``add_schedule``); Flask-APScheduler (``task``); the
README of ``schedule`` (``schedule.every().day.do(job)``); fastapi_utils (``repeat_every``).
"""

from __future__ import annotations

from idem_lint.engine.parameter_binding import Slot
from idem_lint.entry_points.interface import ON_FUNCTION, PLAIN, EntryTable

_FUNCTION = Slot(0, ("func", "func_or_task_id", "job_func"))

TABLES = (
    EntryTable(
        "schedule",
        "run by a scheduler",
        packages=(
            "apscheduler",
            "flask_apscheduler",
            "schedule",
            "fastapi_utils",
            "fastapi_utilities",
            "rocketry",
        ),
        decorators=frozenset({"scheduled_job", "task", "repeat_every", "repeat_at", "repeat"}),
        calls={"add_job": _FUNCTION, "add_schedule": _FUNCTION, "do": _FUNCTION},
        advice=(
            f"{ON_FUNCTION}, with a key that names the run (a date): two schedulers, or one that catches up, then pay once "
            f"({PLAIN})"
        ),
    ),
)
