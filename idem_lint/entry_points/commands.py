"""Commands: Django's management commands, and those of click, Typer and Flask.

Source: django/core/management/base.py (``execute`` calls ``handle``); click/core.py, click/decorators.py (``command``,
``group``); Typer's docs (``app.command``, ``app.callback``); flask/cli.py (``app.cli.command``).
"""

from __future__ import annotations

from idem_lint.entry_points.interface import EntryTable

_ADVICE = (
    "put @money_moving(operation=…, key=…, principal=…) on the function that moves the money, with a key that names what is "
    "to be done (a batch, a date): a command that is started again then does nothing twice "
    "(docs/runtime.md#plain-functions-workers-queues-jobs)"
)

TABLES = (
    EntryTable(
        "command",
        "a Django management command",
        packages=("django.core.management",),
        bases={
            "BaseCommand": ("handle",),
            "AppCommand": ("handle_app_config",),
            "LabelCommand": ("handle_label",),
        },
        advice=_ADVICE,
    ),
    EntryTable(
        "command",
        "a command",
        packages=("click", "typer", "flask", "rich_click", "asyncclick"),
        decorators=frozenset({"command", "callback", "group"}),
        advice=_ADVICE,
    ),
)
