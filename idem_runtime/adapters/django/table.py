"""The tables as Django's migration makes them: the SQL of ``idem-runtime migrate``."""

from __future__ import annotations

from typing import Any

from idem_runtime.drivers.table import Table


def create(_: Any, editor: Any) -> None:
    """Make the tables, where they are not there yet and the database is Postgres."""
    if editor.connection.vendor == "postgresql":
        editor.execute(Table().creation())


def drop(_: Any, editor: Any) -> None:
    """Drop the tables: ``migrate idem_guard zero``."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP TABLE IF EXISTS {Table().quoted}, {Table().audit}")
