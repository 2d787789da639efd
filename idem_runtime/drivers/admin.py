"""A plain connection for the command line: named queries in, rows out."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row

from idem_runtime.drivers.pools import Table, compose
from idem_runtime.errors import StoreUnavailable

CONNECT_TIMEOUT = 10


class Admin:
    """One autocommit connection to the store.

    :raises StoreUnavailable: nobody answers there; the message has no password.
    """

    def __init__(self, dsn: str, table: Table) -> None:
        """Connects at once, with the simple protocol only: a pooler may stand between."""
        self.table = table
        try:
            self._connection = psycopg.connect(
                dsn, autocommit=True, prepare_threshold=None, connect_timeout=CONNECT_TIMEOUT
            )
        except psycopg.Error as error:
            raise StoreUnavailable(f"no connection: {error}".strip()) from None

    def __enter__(self) -> Self:
        """The connection, for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._connection.close()

    def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """The rows of the query ``name``."""
        cursor = self._execute(name, params)
        return [] if cursor.description is None else cursor.fetchall()

    def row(self, name: str, **params: Any) -> dict[str, Any] | None:
        """The first row of the query ``name``."""
        return next(iter(self.rows(name, **params)), None)

    def count(self, name: str, **params: Any) -> int:
        """How many rows the query ``name`` changed."""
        return self._execute(name, params).rowcount

    def script(self, text: str) -> None:
        """Run statements of our own, all or none."""
        with self._connection.transaction():
            self._connection.execute(text.encode())

    def _execute(self, name: str, params: dict[str, Any]) -> psycopg.ClientCursor[dict[str, Any]]:
        cursor = psycopg.ClientCursor(self._connection, row_factory=dict_row)
        cursor.execute(compose(self._connection, self.table, name, params))
        return cursor
