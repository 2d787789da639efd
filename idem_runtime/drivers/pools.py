"""The table and the pools: where the records are, and how connections to them are had."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol, TypeAlias

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Transformer
from psycopg.pq import Escaping
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime.errors import ConfigurationError
from idem_runtime.sql import load, query


class SyncPool(Protocol):
    """What a session needs of a pool: psycopg's own, or an engine in its place."""

    @property
    def closed(self) -> bool: ...
    def open(self) -> None: ...
    def getconn(self) -> psycopg.Connection[Any]: ...
    def putconn(self, conn: psycopg.Connection[Any], /) -> None: ...


class AsyncPool(Protocol):
    """As :class:`SyncPool`, for async handlers."""

    @property
    def closed(self) -> bool: ...
    async def open(self) -> None: ...
    async def getconn(self) -> psycopg.AsyncConnection[Any]: ...
    async def putconn(self, conn: psycopg.AsyncConnection[Any], /) -> None: ...


Piece: TypeAlias = tuple[bytes, str]
"""SQL text, and the placeholder that follows it, or nothing."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(?:savepoint|isolation)\}")


@dataclass(frozen=True, slots=True)
class Table:
    """Where the records are: names, never pasted into SQL unquoted."""

    name: str = "idempotency_records"
    schema: str | None = None

    @property
    def quoted(self) -> str:
        """The table as SQL text."""
        return _quoted(self.schema, self.name)

    @property
    def audit(self) -> str:
        """The table of operators' decisions as SQL text."""
        return _quoted(self.schema, f"{self.name}_decisions")

    def creation(self) -> str:
        """What ``migrate`` runs."""
        return _named(self, load("schema.sql")["create"])


def _quoted(schema: str | None, name: str) -> str:
    parts = [name] if schema is None else [schema, name]
    return sql.Identifier(*parts).as_string(None)


def _named(table: Table, text: str) -> str:
    names = {
        "{table}": table.quoted,
        "{audit}": table.audit,
        "{index}": _quoted(None, f"{table.name}_expiry_time"),
    }
    return re.sub(r"\{(table|audit|index)\}", lambda found: names[found[0]], text)


@cache
def pieces(table: Table, name: str, *, previous: bool, encoding: str) -> tuple[Piece, ...]:
    """The query ``name`` for ``table``, cut where its parameters go."""
    found: list[Piece] = []
    at, text = 0, query(name, previous=previous)
    for placeholder in _PLACEHOLDER.finditer(text):
        between = _named(table, text[at : placeholder.start()]).encode(encoding)
        found.append((between, placeholder[1] or placeholder[0]))
        at = placeholder.end()
    return (*found, (_named(table, text[at:]).encode(encoding), ""))


def compose(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any],
    table: Table,
    name: str,
    params: Mapping[str, Any],
    *,
    level: str = "READ_COMMITTED",
) -> bytes:
    """The query ``name`` with its parameters, quoted by psycopg for ``connection``.

    The simple protocol takes no parameters of its own, and it is what makes several statements one round trip.
    """
    literal = Transformer(connection).as_literal
    quote = Escaping(connection.pgconn).escape_identifier
    cut = pieces(table, name, previous=bool(params.get("previous")), encoding=connection.info.encoding)
    parts: list[Buffer] = []
    for text, placeholder in cut:
        parts.append(text)
        if placeholder == "{savepoint}":
            parts.append(quote(params["savepoint"].encode()))
        elif placeholder == "{isolation}":
            parts.append(level.replace("_", " ").encode())
        elif placeholder:
            parts.append(literal(params[placeholder]))
    return b"".join(parts)


class Pools:
    """The pools of one ``Idempotency``: its own for a DSN, opened at first use, or the application's."""

    def __init__(self, make: Callable[[type[Any]], Any] | None, sync: Any, asynchronous: Any) -> None:
        """``make`` opens a pool of a class; without it only what is given is there."""
        self._make = make
        self._sync: Any = sync
        self._async: Any = asynchronous
        self._lock = threading.Lock()

    @classmethod
    def of(cls, dsn: str | None, pool: Any, *, size: int, timeout: float) -> Pools:
        """The given pool, or pools (sync and async), or those that ``dsn`` needs.

        :raises ConfigurationError: neither, or something that is no psycopg pool and no engine on psycopg.
        """
        given = _as_tuple(pool)
        sync, asynchronous = _pools(given)
        if given and (sync, asynchronous) == (None, None):
            raise ConfigurationError(
                "pool=…: a psycopg_pool.ConnectionPool or a SQLAlchemy Engine, an AsyncConnectionPool or AsyncEngine, "
                "or one of each colour"
            )
        if given:
            return cls(None, sync, asynchronous)
        if not dsn:
            raise ConfigurationError("no store: give a DSN or pool=…, or set IDEM_DSN or DATABASE_URL")

        def make(kind: type[Any]) -> Any:
            # no named prepared statements: they are what a transaction pooler may not know
            options = {
                "kwargs": {"prepare_threshold": None},
                "min_size": 1,
                "max_size": size,
                "timeout": timeout,
            }
            return kind(dsn, open=False, **options)

        return cls(make, None, None)

    def sync(self) -> SyncPool:
        """The pool for sync handlers.

        :raises ConfigurationError: only an async pool was given.
        """
        with self._lock:
            self._sync = self._sync or self._made(ConnectionPool, "sync")
            return self._sync  # type: ignore[no-any-return]

    def asynchronous(self) -> AsyncPool:
        """The pool for async handlers.

        :raises ConfigurationError: only a sync pool was given.
        """
        with self._lock:
            self._async = self._async or self._made(AsyncConnectionPool, "async")
            return self._async  # type: ignore[no-any-return]

    def _made(self, kind: type[Any], color: str) -> Any:
        if self._make is None:
            raise ConfigurationError(
                f"a handler is {color}, but pool=… has no {color} pool: give one of each"
            )
        return self._make(kind)

    def close(self) -> None:
        """Close the sync pool, if it is ours; a later use opens a new one."""
        if self._make is not None and self._sync is not None:
            self._sync.close()
            self._sync = None

    async def aclose(self) -> None:
        """Close both pools, if they are ours."""
        self.close()
        if self._make is not None and self._async is not None:
            await self._async.close()
            self._async = None


def _pools(given: tuple[Any, ...]) -> tuple[Any, Any]:
    """The sync pool and the async one; SQLAlchemy is imported only where an engine was given."""
    sync, asynchronous = [ConnectionPool], [AsyncConnectionPool]
    bases = (base for each in given for base in type(each).__mro__)
    if any(base.__module__.partition(".")[0] == "sqlalchemy" for base in bases):
        joined = import_module("idem_runtime.drivers.sqlalchemy")
        given = joined.pools(given)
        sync, asynchronous = [*sync, joined.SyncPool], [*asynchronous, joined.AsyncPool]
    return _first_of(given, *sync), _first_of(given, *asynchronous)


def _first_of(given: tuple[Any, ...], *kinds: type[Any]) -> Any:
    return next((each for each in given if isinstance(each, kinds)), None)


def _as_tuple(pool: Any) -> tuple[Any, ...]:
    if pool is None:
        return ()
    return tuple(pool) if isinstance(pool, tuple) else (pool,)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
