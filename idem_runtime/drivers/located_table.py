"""Where the records of one ``Idempotency`` are, as its first connection in this process has it.

A table is named with its schema from then on: a temporary table of the same name, or another schema that comes first on a
search path later, does not take the place of the records.
"""

from __future__ import annotations

from idem_runtime import log_records
from idem_runtime.drivers.table import Table
from idem_runtime.model import Results, Statement, StoreError

UNDEFINED_TABLE = "42P01"


class Located:
    """A table, and whether it was looked for; shared by all sessions of an ``Idempotency``."""

    def __init__(self, table: Table, *, looked: bool = False, own_pools: bool = False) -> None:
        """``looked``: it is taken as it is. ``own_pools``: its connections are of pools that we open for a DSN."""
        self._own_pools = own_pools
        self._direct = False
        self.table = table
        self.looked = looked
        self.prepares = True
        """Whether statements are prepared on connections that may; not any more where it turned out that none may."""

    def move(self, table: Table) -> None:
        """The records are on other connections now, which are not of our pools."""
        self._own_pools = self._direct = self.looked = False
        self.prepares = True
        self.table = table

    @property
    def question(self) -> Statement:
        """What the first connection is asked."""
        return Statement("located", {"name": self.table.name, "schema": self.table.schema})

    def may_prepare(self, prepare_threshold: int | None) -> bool:
        """Whether a connection whose owner has set this may prepare our statements.

        Our own pools say nothing of it, because a transaction pooler may stand before the server; where none does, they may.
        """
        return self.prepares and (prepare_threshold is not None or (self._own_pools and self._direct))

    def learn(self, results: Results, announced: int) -> None:
        """Say what is missing, and name the schema from here on.

        ``announced``: the process that the connection was told it talks to; a pooler announces one of its own.

        :raises StoreError: a crash of the server would empty the table, so that it is as good as none.
        """
        row = results[-1].row
        if row is None:
            log_records.table_missing(self.table.quoted)
            return
        if row["persistence"] != "p":
            log_records.table_unlogged(self.table.quoted)
            raise StoreError(UNDEFINED_TABLE)
        self.table = self.table._replace(schema=row["schema"])
        self._direct = row["process"] == str(announced)
        if row["lacking"]:
            log_records.privileges_missing(row["role"], row["lacking"], self.table.quoted)
