"""What runs because something else happened: receivers of signals, and listeners of an ORM.

Source: django/dispatch/dispatcher.py (``receiver``, ``Signal.connect``); blinker/base.py (``connect``, ``connect_via``);
sqlalchemy/event/api.py (``listens_for``, ``listen``).
"""

from __future__ import annotations

from idem_lint.engine.parameter_binding import Slot
from idem_lint.entry_points.interface import EntryTable

_ADVICE = (
    "write where the signal is sent, in a marked handler; or put @money_moving(operation=…, key=…, principal=…) on the "
    "function that moves the money (docs/runtime.md#plain-functions-workers-queues-jobs)"
)

TABLES = (
    EntryTable(
        "receiver",
        "a receiver of a signal",
        packages=("django", "blinker", "flask", "flask_security", "celery.signals"),
        decorators=frozenset({"receiver", "connect_via"}),
        calls={"connect": Slot(0, ("receiver",))},
        advice=_ADVICE,
        is_inner=True,
    ),
    EntryTable(
        "receiver",
        "a listener of SQLAlchemy",
        packages=("sqlalchemy",),
        decorators=frozenset({"listens_for"}),
        calls={"listen": Slot(2, ("fn",))},
        advice=_ADVICE,
        is_inner=True,
    ),
)
