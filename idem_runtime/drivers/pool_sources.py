"""How a pool of ours is made: for a DSN, or beside the application's own pool or engine with its parameters.

``main``: what handlers hold. ``apart``: for single statements that must not wait for handlers. ``heart``: one connection,
for the renewal of leases.
"""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, AsyncNullConnectionPool, ConnectionPool, NullConnectionPool

Role: TypeAlias = Literal["main", "apart", "heart"]
FEWEST_APART = 2
IDLE = 60.0
"""Seconds after which a connection that few need is closed."""


def size_of(role: Role, size: int) -> int:
    """The most connections of a pool beside one of ``size``."""
    return {"main": size, "apart": max(FEWEST_APART, size // 2), "heart": 1}[role]


class FromDsn:
    """Pools for a DSN. ``timeout`` and ``store_timeout`` in seconds."""

    def __init__(self, dsn: str, *, size: int, timeout: float, store_timeout: float) -> None:
        """Nothing is opened by this."""
        self._dsn = dsn
        self._size = size
        self._timeout = timeout
        self._store_timeout = store_timeout

    def __call__(self, kind: type[Any], role: Role) -> Any:
        """A pool of class ``kind`` that is not open yet."""
        return kind(
            self._dsn,
            open=False,
            timeout=self._timeout,
            min_size=1 if role == "main" else 0,
            max_size=size_of(role, self._size),
            max_idle=600 if role == "main" else IDLE,
            num_workers=3 if role == "main" else 1,
            reconnect_timeout=self._store_timeout,  # it doubles its pauses up to this, and a store comes back any time
            kwargs=self._parameters(),
        )

    def _parameters(self) -> dict[str, Any]:
        """Of each connection: a network that swallows packets is found out by the kernel, even where a handler waits."""
        seconds = max(1, math.ceil(self._store_timeout))
        network = {
            "connect_timeout": max(2, seconds),  # libpq takes less for 2
            "keepalives_idle": seconds,
            "keepalives_interval": max(1, seconds // 3),
            "keepalives_count": 3,
            "tcp_user_timeout": seconds * 1000,
        }
        try:
            said = conninfo_to_dict(self._dsn)
        except psycopg.Error:
            network = {}  # said where it is connected to
        else:
            network = {name: value for name, value in network.items() if name not in said}
        # named prepared statements are what a transaction pooler may not know
        return {"prepare_threshold": None, **network}


def database_name(given: Any) -> str:
    """A name for the database of a pool, an engine or a DSN, without a password: for metrics."""
    pool = cast("Any", given[0] if isinstance(given, tuple) else given)
    if isinstance(pool, str):
        said = conninfo_to_dict(pool)
        return f"{said.get('host', '')}:{said.get('port', 5432)}/{said.get('dbname', '')}"
    url: Any = getattr(pool, "url", None)
    return str(pool.name) if url is None else f"{url.host or ''}:{url.port or 5432}/{url.database}"


def beside(pool: Any, role: Role) -> Any:
    """A pool like the application's ``pool``, not open yet, for another use or another event loop.

    An engine's stands in ``sqlalchemy.py`` and says itself how it is made again.
    """
    made = getattr(pool, "beside", None)
    return _like(pool, role) if made is None else made(role)


def _like(pool: Any, role: Role) -> Any:
    asynchronous = isinstance(pool, AsyncConnectionPool)
    unpooled = isinstance(pool, NullConnectionPool | AsyncNullConnectionPool)
    kinds: dict[tuple[bool, bool], type[Any]] = {
        (False, False): ConnectionPool,
        (False, True): NullConnectionPool,
        (True, False): AsyncConnectionPool,
        (True, True): AsyncNullConnectionPool,
    }
    return kinds[asynchronous, unpooled](
        pool.conninfo,
        open=False,
        connection_class=pool.connection_class,
        kwargs=pool.kwargs,
        configure=pool._configure,  # noqa: SLF001 - psycopg_pool has no other name for it
        reset=pool._reset,  # noqa: SLF001 - as above
        timeout=pool.timeout,
        min_size=0,
        max_size=size_of(role, pool.max_size),
        max_idle=IDLE,
        num_workers=1,
    )
