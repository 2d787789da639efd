"""The pools: how connections to the records are had."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal, cast
from weakref import WeakSet

from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime.drivers.connection_strings import connection_string
from idem_runtime.drivers.loop_pools import Loop, LoopPool, Owner
from idem_runtime.drivers.pool_protocols import AsyncPool, SyncPool
from idem_runtime.drivers.pool_sources import FromDsn, Role, beside
from idem_runtime.errors import ConfigurationError


class Pools:
    """The pools of one ``Idempotency``: its own for a DSN, opened at first use, or the application's.

    Beside them there are small ones of ours, for what must not wait for the handlers that hold the others: what is said
    about external effects, claims inside local executions, and the renewal of leases. Async ones are one event loop's.
    """

    def __init__(self, make: Callable[[type[Any], Role], Any], sync: Any, asynchronous: Any) -> None:
        """``make`` makes a pool of a class for a use; ``sync`` and ``asynchronous`` are the application's."""
        self._make = make
        self._given: dict[type[Any], Any] = {ConnectionPool: sync, AsyncConnectionPool: asynchronous}
        self._owner = Owner(asynchronous)
        self._made: dict[Role, Any] = {}
        self._loops: dict[tuple[Loop, Role], LoopPool] = {}
        self._stale = False
        self._lock = threading.Lock()
        _ALL.add(self)

    @classmethod
    def of(
        cls, dsn: str | None, pool: Any, *, size: int, timeout: float, store_timeout: float = 5.0
    ) -> Pools:
        """The given pool, or pools (sync and async), or those that ``dsn`` needs. Times in seconds.

        :raises ConfigurationError: neither, or something that is no psycopg pool and no engine on psycopg.
        """
        given = _as_tuple(pool)
        sync, asynchronous = _pools(given)
        if given and (sync, asynchronous) == (None, None):
            raise ConfigurationError(
                "pool=…: a psycopg_pool.ConnectionPool or a SQLAlchemy Engine, an AsyncConnectionPool or AsyncEngine, "
                f"or one for sync and one for async handlers{_asyncpgs_own(given)}"
            )
        if given:
            own = {ConnectionPool: sync, AsyncConnectionPool: asynchronous}
            return cls(lambda kind, role: beside(own[kind], role), sync, asynchronous)
        if not dsn:
            return cls(_no_store, None, None)
        return cls(FromDsn(dsn, size=size, timeout=timeout, store_timeout=store_timeout), None, None)

    def join(self, engine: Any, find: Callable[[Any], Any]) -> bool:
        """Work on ``engine``, and have it ask ``find`` for whoever executes; whether that is another one than before.

        :raises ConfigurationError: it is none that can be joined, or there is a pool that is no engine.
        """
        if any(isinstance(pool, ConnectionPool | AsyncConnectionPool) for pool in self._given.values()):
            raise ConfigurationError(
                "idem.join(engine): pool=… is a psycopg pool, on whose connections the records would be: leave it out"
            )
        joined = import_module("idem_runtime.drivers.sqlalchemy")
        if joined.is_known(engine, self._given.values()):
            joined.join(engine, find)
            return False
        (pool,) = joined.pools((engine,))
        if pool is engine:
            raise ConfigurationError(
                f"idem.join(engine): a SQLAlchemy Engine or AsyncEngine, not {type(engine).__name__}"
            )
        joined.join(engine, find)
        kind = AsyncConnectionPool if isinstance(pool, joined.AsyncPool) else ConnectionPool
        self._given[kind] = pool
        if kind is ConnectionPool:
            self.close()  # what stood beside the one before
        else:
            self._loops.clear()  # each is closed when its loop ends
        self._owner = Owner(self._given[AsyncConnectionPool])
        self._make = self._beside_given
        return True

    def _beside_given(self, kind: type[Any], role: Role) -> Any:
        return beside(self._given[kind], role)

    @property
    def missing(self) -> bool:
        """Whether there is nothing to work on yet."""
        return self._make is _no_store

    def is_given(self, engine: Any) -> bool:
        """Whether connections of ``engine`` come out of a pool that is given."""
        pools = [getattr(pool, "core", None) for pool in self._given.values()]
        return any(core is not None and core.pool is engine.pool for core in pools)

    def connection_strings(self) -> list[str]:
        """Of the application's own pools and engines, as far as they can be read."""
        given = (connection_string(pool) for pool in self._given.values() if pool is not None)
        return [found for found in given if found is not None]

    @property
    def _own(self) -> bool:
        """Whether all pools are ours."""
        return isinstance(self._make, FromDsn)

    def has(self, kind: Literal["sync", "async"]) -> bool:
        """Whether there are pools for such handlers."""
        return self._given[_KINDS[kind]] is not None or self._own or self.missing

    def sync(self, role: Role = "main") -> SyncPool:
        """The pool for sync handlers, or one beside it.

        :raises ConfigurationError: only an async pool was given, or one that was opened before a fork.
        """
        given = self._checked("sync")
        if given is not None and role == "main":
            return cast("SyncPool", given)
        with self._lock:
            if role not in self._made:
                self._made[role] = self._make(ConnectionPool, role)
            return cast("SyncPool", self._made[role])

    def asynchronous(self, role: Role = "main") -> AsyncPool:
        """The pool for async handlers of the running event loop, or one beside it.

        :raises ConfigurationError: only a sync pool was given, or one that was opened before a fork.
        """
        given = self._checked("async")
        if given is not None and role == "main" and self._owner.is_here():
            return cast("AsyncPool", given)
        loop = asyncio.get_running_loop()
        with self._lock:
            self._drop_the_dead()
            if (loop, role) not in self._loops:
                self._loops[loop, role] = LoopPool(loop, self._make(AsyncConnectionPool, role))
            return cast("AsyncPool", self._loops[loop, role].pool)

    def _checked(self, kind: Literal["sync", "async"]) -> Any:
        """What the application gave for such handlers."""
        if self._stale:
            raise ConfigurationError(
                "pool=… was opened before this process was forked, and processes cannot share connections: open it in each"
            )
        if not self.has(kind):
            raise ConfigurationError(f"a handler is {kind}, but pool=… has no {kind} pool: give one of each")
        return self._given[_KINDS[kind]]

    def _drop_the_dead(self) -> None:
        for loop, role in [place for place in self._loops if place[0].is_closed()]:
            self._loops.pop((loop, role)).drop()

    def join_given(self, find: Callable[[Any], Any]) -> None:
        """Have the given engines ask ``find`` for whoever executes."""
        for pool in self._given.values():
            engine = getattr(pool, "engine", None)
            if engine is not None:
                import_module("idem_runtime.drivers.sqlalchemy").join(engine, find)

    def close(self) -> None:
        """Close the sync pools that are ours; a later use opens new ones."""
        while self._made:
            self._made.popitem()[1].close()

    async def aclose(self) -> None:
        """Close all pools that are ours, but for those of other event loops, which close them when they end."""
        self.close()
        here = asyncio.get_running_loop()
        for place in [place for place in self._loops if place[0] is here]:
            await self._loops.pop(place).close()

    def forked(self) -> None:
        """This is a child process now: its parent's connections are not to be touched, not even to close them."""
        _OF_THE_PARENT.append((dict(self._made), dict(self._loops)))
        self._made.clear()
        self._loops.clear()
        self._lock = threading.Lock()
        kinds = (ConnectionPool, AsyncConnectionPool)  # an engine knows itself what it does about forks
        self._stale = any(isinstance(pool, kinds) and not pool.closed for pool in self._given.values())


def _no_store(_: type[Any], __: Role) -> Any:
    """:raises ConfigurationError: there is nothing to make a pool of."""
    raise ConfigurationError(NO_STORE)


NO_STORE = "no store: give a DSN or pool=…, set IDEM_DSN or DATABASE_URL, or call idem.join(engine)"
_KINDS: dict[str, type[Any]] = {"sync": ConnectionPool, "async": AsyncConnectionPool}
_ALL: WeakSet[Pools] = WeakSet()
_OF_THE_PARENT: list[Any] = []
"""Kept alive: a connection that is collected says goodbye to the server, on the socket that the parent uses."""


def _forked() -> None:
    for pools in list(_ALL):
        pools.forked()


os.register_at_fork(after_in_child=_forked)


def _pools(given: tuple[Any, ...]) -> tuple[Any, Any]:
    """The sync pool and the async one; SQLAlchemy is imported only where an engine was given."""
    sync, asynchronous = [ConnectionPool], [AsyncConnectionPool]
    bases = (base for pool in given for base in type(pool).__mro__)
    if any(base.__module__.partition(".")[0] == "sqlalchemy" for base in bases):
        joined = import_module("idem_runtime.drivers.sqlalchemy")
        given = joined.pools(given)
        sync, asynchronous = [*sync, joined.SyncPool], [*asynchronous, joined.AsyncPool]
    if any(isinstance(getattr(pool, "using", None), str) for pool in given):
        sync.append(import_module("idem_runtime.drivers.django").DjangoPool)
    return _first_of(given, *sync), _first_of(given, *asynchronous)


def _asyncpgs_own(given: tuple[Any, ...]) -> str:
    """What to give in the place of a pool of asyncpg's."""
    theirs = any(type(pool).__module__.partition(".")[0] == "asyncpg" for pool in given)
    return (
        "; not a pool of asyncpg's: give create_async_engine('postgresql+asyncpg://…'), or a psycopg AsyncConnectionPool"
        if theirs
        else ""
    )


def _first_of(given: tuple[Any, ...], *kinds: type[Any]) -> Any:
    return next((pool for pool in given if isinstance(pool, kinds)), None)


def _as_tuple(pool: Any) -> tuple[Any, ...]:
    if pool is None:
        return ()
    return tuple(pool) if isinstance(pool, tuple) else (pool,)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - isinstance knows no item types
