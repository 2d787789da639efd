"""AWS Lambda Powertools: a persistence layer on Postgres, and ``@money_moving`` on a resolver's routes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idem_runtime.adapters.powertools.layer import PostgresPersistenceLayer
    from idem_runtime.adapters.powertools.purge import purge_handler
    from idem_runtime.drivers.six_columns import flyway_migration

__all__ = ["PostgresPersistenceLayer", "flyway_migration", "purge_handler"]

_LATER = {
    "PostgresPersistenceLayer": "idem_runtime.adapters.powertools.layer",
    "flyway_migration": "idem_runtime.drivers.six_columns",
    "purge_handler": "idem_runtime.adapters.powertools.purge",
}
"""Imported when they are asked for: a function that has the one does not wait for what the other imports."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
