"""An ``Idempotency`` on every kind of pool, in both colours, for tests that say what the drivers below do."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool, AsyncNullConnectionPool, ConnectionPool, NullConnectionPool

from idem_runtime import Idempotency
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Ask, Results, Statement, Steps
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime import orm
from tests.runtime.calls import PATIENCE

COLOURS = pytest.mark.parametrize("colour", ["sync", "async"])
FORMS = pytest.mark.parametrize("kind", ["pool", "unprepared"], ids=["prepared", "simple"])
"""Pools whose connections may prepare statements, and pools whose connections may not."""
KINDS = pytest.mark.parametrize("kind", ["dsn", "pool", "unpooled", "engine"])


def ask(key: str = "k", **more: Any) -> Ask:
    """Alice asks to pay; ``number`` tells attempts apart."""
    number = more.pop("number", 1)
    return Ask("5:alice3:pay", key, of_value(1), f"00000000-0000-0000-0000-{number:012d}", **more)


async def settled(value: Any) -> Any:
    """``value``, awaited where it is async: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


def one(statement: Statement) -> Steps[Results]:
    """Steps of one statement."""
    return (yield statement)


@asynccontextmanager
async def on(
    dsn: str, kind: str, colour: str, *, size: int = 1, **options: Any
) -> AsyncIterator[Idempotency]:
    """An ``Idempotency`` whose handlers share ``size`` connections."""
    if kind == "dsn":
        idem = Idempotency(dsn, pool_size=size, **options)
        close: Callable[[], Any] = lambda: None  # noqa: E731
    elif kind == "engine":
        sizes = {"pool_size": size, "max_overflow": 0}
        engine: Any = orm.async_engine(dsn, **sizes) if colour == "async" else None
        engine = engine or orm.sqlalchemy.create_engine(orm.url(dsn), **sizes)
        idem, close = Idempotency(pool=engine, **options), engine.dispose
    else:
        kinds: dict[str, tuple[type[Any], type[Any]]] = {
            "pool": (ConnectionPool, AsyncConnectionPool),
            "unprepared": (ConnectionPool, AsyncConnectionPool),
            "unpooled": (NullConnectionPool, AsyncNullConnectionPool),
        }
        kwargs = {"prepare_threshold": None} if kind == "unprepared" else {}
        pool = kinds[kind][colour == "async"](dsn, min_size=0, max_size=size, open=False, kwargs=kwargs)
        idem, close = Idempotency(pool=pool, **options), pool.close
    try:
        yield idem
    finally:
        await idem.aclose()
        await settled(close())


def store(idem: Idempotency, colour: str, *, small: bool = False) -> Any:
    """A store of this colour."""
    return (
        runtime_of(idem).async_store(small=small)
        if colour == "async"
        else runtime_of(idem).sync_store(small=small)
    )


def finished(main: Callable[[], Awaitable[Any]]) -> Any:
    """Run ``main`` in a loop of its own, and not for ever."""
    return asyncio.run(asyncio.wait_for(main(), PATIENCE))


def until(true: Callable[[], Any]) -> bool:
    """Whether ``true`` came to be so."""
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(true())
