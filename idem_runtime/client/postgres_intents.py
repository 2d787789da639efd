"""Intents in a table of the caller's own Postgres, over psycopg: for services on several machines.

Only the methods of what the caller gives are used, so psycopg is not imported here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID, uuid4

from idem_runtime.client.file_intents import at_least_a_day
from idem_runtime.client.kept_keys import KeptKey
from idem_runtime.durations import Duration
from idem_runtime.errors import ConfigurationError

BEFORE = ("read_committed", "durable")
"""What is said at the beginning of the transaction that keeps a key."""


class _Intents:
    def __init__(self, source: Any, *, table: str = "idempotency_intents", schema: str | None = None) -> None:
        """``source``: a psycopg pool, or a connection that is in no transaction when an intent is entered."""
        self._source = source
        self._table = ".".join(_quoted(part) for part in (schema, table) if part is not None)

    def creation(self) -> str:
        """The SQL that makes the table: safe to run twice."""
        return self._query("create")

    def _query(self, name: str, db: Any = None) -> str:
        """The SQL ``name``; with placeholders as cursors of ``db`` have them."""
        from idem_runtime.sql import load  # what reads files of a package is slow to import

        query = load("client_intents.sql")[name].replace("{table}", self._table)
        return _numbered(query) if db is not None and _is_raw(db) else query


class PostgresIntents(_Intents):
    """Keeps the keys of named intents in a table; ``connection.execute(intents.creation())`` makes it, once.

    Each key is committed in a transaction of its own before :func:`intent` is entered. Entries stay until :meth:`forget` or
    :meth:`purge`: a name that is forgotten is a new intent.
    """

    def keep(self, name: str) -> KeptKey:
        """As :meth:`IntentStore.keep`: committed when this returns. Ages are by the database's clock.

        :raises ConfigurationError: the connection is in a transaction.
        """
        with self._transaction() as db:
            for query in BEFORE:
                db.execute(self._query(query))
            db.execute(self._query("keep", db), (name, uuid4()))
            return _kept(db.execute(self._query("find", db), (name,)))

    def forget(self, name: str) -> None:
        """Remove ``name``, if it is there: whoever says it next means a new intent."""
        with self._transaction() as db:
            db.execute(self._query("forget", db), (name,))

    def purge(self, older_than: Duration) -> int:
        """Remove entries whose names nobody will say again; how many.

        :raises ConfigurationError: ``older_than`` is shorter than servers remember.
        """
        with self._transaction() as db:
            return int(db.execute(self._query("purge", db), (at_least_a_day(older_than),)).rowcount)

    @contextmanager
    def _transaction(self) -> Generator[Any]:
        if hasattr(self._source, "transaction"):  # a connection
            with _standing_alone(self._source).transaction():
                yield self._source
            return
        with self._source.connection() as db, _standing_alone(db).transaction():
            yield db


class AsyncPostgresIntents(_Intents):
    """:class:`PostgresIntents` for ``async with intent(…)``, on an async pool or connection."""

    async def keep(self, name: str) -> KeptKey:
        """As :meth:`PostgresIntents.keep`."""
        async with self._transaction() as db:
            for query in BEFORE:
                await db.execute(self._query(query))
            await db.execute(self._query("keep", db), (name, uuid4()))
            return _kept(await db.execute(self._query("find", db), (name,)))

    async def forget(self, name: str) -> None:
        """As :meth:`PostgresIntents.forget`."""
        async with self._transaction() as db:
            await db.execute(self._query("forget", db), (name,))

    async def purge(self, older_than: Duration) -> int:
        """As :meth:`PostgresIntents.purge`."""
        async with self._transaction() as db:
            return int((await db.execute(self._query("purge", db), (at_least_a_day(older_than),))).rowcount)

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Any]:
        if hasattr(self._source, "transaction"):  # a connection
            async with _standing_alone(self._source).transaction():
                yield self._source
            return
        async with self._source.connection() as db, _standing_alone(db).transaction():
            yield db


def _standing_alone(connection: Any) -> Any:
    """``connection``; :raises ConfigurationError: what is written on it may not be committed when the request leaves."""
    if connection.info.transaction_status != 0:  # libpq's PQTRANS_IDLE
        raise ConfigurationError(
            "the connection is in a transaction, but a key has to be committed before its request leaves: give the store a "
            "pool, or a connection of its own"
        )
    if connection.pgconn.pipeline_status != 0:  # libpq's PQ_PIPELINE_OFF
        raise ConfigurationError(
            "the connection is in a pipeline, so a key is not committed when its request leaves: give the store a pool, or "
            "a connection of its own"
        )
    return connection


def _is_raw(db: Any) -> bool:
    """Whether its cursors take PostgreSQL's own placeholders; known by its name, because psycopg is not imported here."""
    return any(kind.__name__ == "RawCursorMixin" for kind in db.cursor_factory.__mro__)


def _numbered(query: str) -> str:
    """``query`` with ``$1``, ``$2``… for ``%s``."""
    first, *rest = query.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))


def _kept(cursor: Any) -> KeptKey:
    """From the result as it came, whatever rows the caller's connection makes of it."""
    key, age = (cursor.pgresult.get_value(0, column).decode() for column in (0, 1))
    return KeptKey(UUID(key), float(age))


def _quoted(identifier: str) -> str:
    if not identifier or "\0" in identifier or "%" in identifier:
        raise ConfigurationError(f"{identifier!r} cannot be the name of a table or schema here")
    return '"' + identifier.replace('"', '""') + '"'
