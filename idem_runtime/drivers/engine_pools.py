"""How a connection comes from the application's engine, as it does from a psycopg pool, and how it goes back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from importlib import import_module
from typing import Any, ClassVar, TypeAlias, cast

import psycopg
from sqlalchemy import exc
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from idem_runtime.drivers import async_session, sync_session
from idem_runtime.drivers.joined_connection import JoinedConnection
from idem_runtime.drivers.joined_engines import core_engine, for_us
from idem_runtime.drivers.pool_sources import Role
from idem_runtime.errors import ConfigurationError

SyncReal: TypeAlias = psycopg.Connection[Any]
AsyncReal: TypeAlias = psycopg.AsyncConnection[Any]


def _joined(engine: Engine) -> JoinedConnection:
    """A connection of ``engine``.

    :raises psycopg.OperationalError: none is to be had, in the words of a psycopg pool.
    """
    with for_us():
        try:
            return JoinedConnection(engine)
        except (exc.DBAPIError, exc.TimeoutError) as error:
            raise psycopg.OperationalError(str(error)) from error


def again(engine: Engine) -> Engine:
    """An engine like ``engine``, with connections of its own."""
    return Engine(
        engine.pool.recreate(),
        engine.dialect,
        engine.url,
        hide_parameters=engine.hide_parameters,
        execution_options=engine.get_execution_options(),
    )


def _switched(engine: Engine) -> str:
    """The URL of ``engine`` on psycopg 3, without what is secret."""
    if engine.dialect.name != "postgresql":
        return "postgresql+psycopg://…"
    return engine.url.set(drivername="postgresql+psycopg").render_as_string(hide_password=True)


def is_on_asyncpg(engine: Any) -> bool:
    """Whether its DBAPI is asyncpg, which only async engines have."""
    return isinstance(engine, AsyncEngine) and f"{engine.dialect.name}+{engine.dialect.driver}" == ON_ASYNCPG


ON_ASYNCPG = "postgresql+asyncpg"


class _Pool:
    """An engine as a session uses a pool."""

    closed = False
    timeout = math.inf
    """Seconds: the engine's own pool knows."""
    driver = "postgresql+psycopg"

    def __init__(self, engine: Engine) -> None:
        """:raises ConfigurationError: another DBAPI than psycopg 3, or asyncpg in an async engine."""
        driver_name = f"{engine.dialect.name}+{engine.dialect.driver}"
        if driver_name != self.driver:
            raise ConfigurationError(
                f"an engine on postgresql+psycopg:// (psycopg 3), or an async one on {ON_ASYNCPG}://, not {driver_name}://: "
                f"write {_switched(engine)!r} where create_engine is called"
            )
        self.core = engine
        self.out: dict[Any, JoinedConnection] = {}

    def driver_connection(self, joined: JoinedConnection) -> Any:
        """The psycopg connection of ``joined``, by which it is found again."""
        real = joined.connection.driver_connection
        self.out[real] = joined
        return real


class SyncPool(_Pool):
    """An engine for sync handlers."""

    connection_class = psycopg.Connection
    store: ClassVar[type[sync_session.SyncSession]]

    def __init__(self, engine: Engine) -> None:
        """``engine`` stays the application's: it is never disposed of here."""
        super().__init__(engine)
        self.engine = engine

    def open(self) -> None:
        """It is never closed."""

    def beside(self, _: Role) -> SyncPool:
        """Another engine of ours with the same parameters and a pool of its own."""
        return SyncPool(again(self.engine))

    def close(self) -> None:
        """Close the connections of an engine of ours."""
        self.engine.dispose()

    def getconn(self, _: float) -> SyncReal:
        """A connection out of the engine's pool."""
        return cast("SyncReal", self.driver_connection(_joined(self.engine)))

    def putconn(self, real: SyncReal) -> None:
        """Give ``real`` back, or throw it away."""
        self.out.pop(real).end()


class AsyncPool(_Pool):
    """An engine for async handlers."""

    store: ClassVar[type[async_session.AsyncSession]]

    def __init__(self, engine: AsyncEngine) -> None:
        """``engine`` stays the application's: it is never disposed of here."""
        super().__init__(engine.sync_engine)
        self.engine = engine

    async def open(self) -> None:
        """It is never closed."""

    def beside(self, _: Role) -> AsyncPool:
        """As :meth:`SyncPool.beside`."""
        return AsyncPool(AsyncEngine(again(self.engine.sync_engine)))

    async def close(self) -> None:
        """Close the connections of an engine of ours."""
        await self.engine.dispose()

    async def getconn(self, _: float) -> AsyncReal:
        """A connection out of the engine's pool."""
        joined = await greenlet_spawn(_joined, self.engine.sync_engine)
        return cast("AsyncReal", self.driver_connection(joined))

    async def putconn(self, real: AsyncReal) -> None:
        """Give ``real`` back, or throw it away."""
        await greenlet_spawn(self.out.pop(real).end)


def is_known(engine: Any, given: Iterable[Any]) -> bool:
    """Whether ``engine`` is one that is ``given``, or another view of it, as ``execution_options()`` makes one."""
    if not isinstance(engine, Engine | AsyncEngine):
        return False
    cores = [pool.core for pool in given if isinstance(pool, _Pool)]
    return any(core_engine(engine).pool is core.pool for core in cores)


def pools(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """``given``, its engines made usable as pools.

    :raises ConfigurationError: an engine of another DBAPI than psycopg 3 and asyncpg.
    """
    return tuple([_pool(pool) for pool in given])


def _pool(given: Any) -> Any:
    if is_on_asyncpg(given):  # its driver's file needs asyncpg, which only who has such an engine has
        return import_module("idem_runtime.drivers.asyncpg_engine").AsyncpgPool(given)
    if isinstance(given, AsyncEngine):
        return AsyncPool(given)
    return SyncPool(given) if isinstance(given, Engine) else given
