"""For the tests of an application: storms of duplicates, crashes, a real Postgres (docs/testing.md).

``pytest`` finds the fixtures by itself (``idem_storm``, ``idem_postgres``, ``idem_dsn``); each imports what it needs when it
is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idem_runtime.testing.crash_points import CrashPoint
    from idem_runtime.testing.reports import Answer, Storm, assert_executed_once
    from idem_runtime.testing.storms import storm
    from idem_runtime.testing.unprotected_calls import unprotected

__all__ = ["Answer", "CrashPoint", "Storm", "assert_executed_once", "storm", "unprotected"]

_LATER = {
    "Answer": "reports",
    "CrashPoint": "crash_points",
    "Storm": "reports",
    "assert_executed_once": "reports",
    "storm": "storms",
    "unprotected": "unprotected_calls",
}


def __getattr__(name: str) -> Any:
    """A name is imported when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
