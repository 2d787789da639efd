"""A plain connection for the command line: named queries in, rows out, and errors that say what to do."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from idem_runtime.drivers.statement_text import compose
from idem_runtime.drivers.table import Table
from idem_runtime.errors import ConfigurationError, StoreUnavailable

CONNECT_TIMEOUT = 10
"""Seconds."""
STATEMENT_MODE = "08P01"
"""SQLSTATE of a pooler that refuses a transaction."""
UNREADABLE = (
    "the connection string (--dsn, IDEM_DSN or DATABASE_URL) cannot be read. It is "
    "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, without a +driver, and @ : / ? # % in a password are "
    "percent-encoded (@ is %40)"
)
REMEDIES = {
    "42P01": "create it with idem-runtime migrate, or name the right one with --schema and --table",
    "3F000": "create it with idem-runtime migrate, or name the right one with --schema and --table",
    "42703": "another program made this table: idem-runtime doctor says what is different",
    "25006": "this server can only be read, as a replica can: point the DSN at the primary",
    "55P03": "something else holds a lock: run it again later",
    "57014": "a time limit of this role or server was reached: raise statement_timeout for this command with "
    "PGOPTIONS='-c statement_timeout=0', or use a smaller --batch",
    STATEMENT_MODE: "a pooler in statement mode refuses transactions: set its pool_mode to transaction",
}
"""By SQLSTATE."""


class Admin:
    """One autocommit connection to the store. Every error of the database is one of ours, without a password.

    :raises StoreUnavailable: the server cannot be reached, or no longer. :raises ConfigurationError: what is asked for
        does not exist or is not allowed; the message says what to do.
    """

    def __init__(self, dsn: str, table: Table) -> None:
        """Connects at once. Only the simple protocol is used, because a pooler may stand between."""
        self.table = table
        self._dsn = dsn
        self._connection = self._connect()

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
        try:
            cursor = self._execute(name, params)
            return [] if cursor.description is None else cursor.fetchall()
        except psycopg.Error as error:
            raise self._explained(error, self._grant_remedy()) from None

    def row(self, name: str, **params: Any) -> dict[str, Any] | None:
        """The first row of the query ``name``."""
        return next(iter(self.rows(name, **params)), None)

    def count(self, name: str, **params: Any) -> int:
        """How many rows the query ``name`` changed."""
        try:
            return self._execute(name, params).rowcount
        except psycopg.Error as error:
            raise self._explained(error, self._grant_remedy()) from None

    def script(self, text: str) -> None:
        """Run statements of our own in one transaction; two programs that do so at once wait for each other."""
        try:
            with self._connection.transaction():
                self._connection.execute("SELECT pg_advisory_xact_lock(hashtext('idem-runtime migrate'))")
                self._connection.execute(text.encode())
        except psycopg.Error as error:
            raise self._explained(error, self._create_remedy()) from None

    def command(self, text: str) -> None:
        """Run one statement of our own that must not be in a transaction."""
        try:
            self._connection.execute(text.encode())
        except psycopg.Error as error:
            raise self._explained(error, self._create_remedy()) from None

    def whole_transactions(self) -> bool:
        """Whether a transaction may have several statements; a pooler in statement mode refuses it.

        Asked on a connection of its own, because such a pooler closes it.
        """
        try:
            with self._connect() as probe:
                probe.execute("BEGIN")
                probe.execute("ROLLBACK")
        except psycopg.Error as error:
            if error.sqlstate != STATEMENT_MODE:
                raise self._explained(error, "") from None
            return False
        return True

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            parameters = conninfo_to_dict(self._dsn)
        except psycopg.Error:
            raise ConfigurationError(UNREADABLE) from None
        if "@" in str(parameters.get("host", "")):
            raise ConfigurationError(UNREADABLE)
        try:
            return psycopg.connect(
                self._dsn,
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=CONNECT_TIMEOUT,
                client_encoding="utf8",
            )
        except psycopg.Error as error:
            password = str(parameters.get("password") or "")
            message = str(error).strip()
            message = message.replace(password, "…") if password else message
            raise StoreUnavailable(f"no connection: {message}") from None

    def _execute(self, name: str, params: dict[str, Any]) -> psycopg.ClientCursor[dict[str, Any]]:
        cursor = psycopg.ClientCursor(self._connection, row_factory=dict_row)
        cursor.execute(compose(self._connection, self.table, name, params))
        while cursor.nextset():
            pass  # of several statements in one round trip, the last one's result counts
        return cursor

    def _explained(self, error: psycopg.Error, grants: str) -> Exception:
        if error.sqlstate is None or (error.sqlstate[:2] in ("08", "57") and error.sqlstate not in REMEDIES):
            return StoreUnavailable(
                "the connection to the database was lost. Nothing is done by half: what was asked last is done or "
                "not, idem-runtime show or stats tells. Run it again"
            )
        # the first line only: details quote what is in the rows
        remedy = grants if error.sqlstate == "42501" else REMEDIES.get(error.sqlstate, "")
        message = error.diag.message_primary or type(error).__name__
        return ConfigurationError(
            f"{message}\n remedy: {remedy}" if remedy else f"{message} ({error.sqlstate})"
        )

    @property
    def role(self) -> str:
        """The role that is connected, as SQL text."""
        return sql.Identifier(self._connection.info.user).as_string(None)

    def _grant_remedy(self) -> str:
        schema = (
            ""
            if self.table.schema is None
            else f"GRANT USAGE ON SCHEMA {self.table.namespace} TO {self.role}; "
        )
        return (
            f"{schema}GRANT SELECT, INSERT, UPDATE, DELETE ON {self.table.quoted} TO {self.role}; "
            f"GRANT SELECT, INSERT ON {self.table.audit} TO {self.role}"
        )

    def _create_remedy(self) -> str:
        where = self.table.namespace or "public"
        return (
            f"run migrate as the owner of the database, or GRANT CREATE ON SCHEMA {where} TO {self.role} "
            "(and CREATE ON DATABASE for a schema that is not there yet); --format prints the SQL for somebody else"
        )
