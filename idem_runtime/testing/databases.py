"""A fresh database for one test, with the table of the records."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager

from idem_runtime.drivers.table import Table
from idem_runtime.operate.admin_connection import Admin


@contextmanager
def database(dsn_of: Callable[[str], str]) -> Generator[str, None, None]:
    """The DSN of a database that is dropped afterwards, whoever is still connected; ``dsn_of``: from a database's name."""
    name = f"idem_{os.urandom(6).hex()}"
    with Admin(dsn_of("postgres"), Table()) as admin:
        admin.command(f"CREATE DATABASE {name}")
        try:
            with Admin(dsn_of(name), Table()) as inside:
                inside.script(inside.table.creation())
            yield dsn_of(name)
        finally:
            admin.command(f"DROP DATABASE {name} WITH (FORCE)")
