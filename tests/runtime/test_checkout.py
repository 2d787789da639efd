"""Connections that an exception cuts off on their way out of a pool or back are not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime.drivers import checkout
from idem_runtime.drivers.deadlines import Deadline
from idem_runtime.drivers.messages import failure
from idem_runtime.drivers.pools import Table
from idem_runtime.drivers.psycopg import AsyncSession, SyncSession
from idem_runtime.model import Statement, Steps, StoreError

SECONDS = 5.0


class Interrupted(BaseException):
    """As a signal handler's."""


def interrupted(*_: object) -> Any:
    raise Interrupted


def interrupting() -> Generator[Any, Any, None]:
    """A ROLLBACK that an exception cuts off."""
    yield from ()
    raise Interrupted


def urgent() -> Steps[None]:
    """What runs on no handler's connection."""
    yield Statement("now", {}, fresh=True, urgent=True)


def test_a_connection_goes_back_where_looking_at_it_is_cut_off(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True) as pool:
        with monkeypatch.context() as patched, pytest.raises(Interrupted):
            patched.setattr(checkout, "closed_meanwhile", interrupted)
            checkout.take(pool, Deadline(SECONDS))
        with monkeypatch.context() as patched, pytest.raises(Interrupted):
            patched.setattr(pool, "getconn", interrupted)
            checkout.take(pool, Deadline(SECONDS))
        real = checkout.take(pool, Deadline(SECONDS))
        checkout.put(pool, real, None, Deadline(SECONDS))
        checkout.put(pool, real, None, Deadline(SECONDS))  # twice is as once


def test_an_async_connection_goes_back_where_looking_at_it_is_cut_off(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool:
            with monkeypatch.context() as patched:
                patched.setattr(checkout, "closed_meanwhile", interrupted)
                with pytest.raises(Interrupted):
                    await checkout.take_async(pool, Deadline(SECONDS))
            with monkeypatch.context() as patched:
                patched.setattr(pool, "getconn", interrupted)
                with pytest.raises(Interrupted):
                    await checkout.take_async(pool, Deadline(SECONDS))
            real = await checkout.take_async(pool, Deadline(SECONDS))
            await checkout.put_async(pool, real, None, Deadline(SECONDS))
            await checkout.put_async(pool, real, None, Deadline(SECONDS))

    asyncio.run(main())


def test_a_connection_whose_rollback_is_cut_off_is_closed_and_goes_back_when_it_is_asked_again(
    dsn: str,
) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True) as pool:
        real = checkout.take(pool, Deadline(SECONDS))
        with pytest.raises(Interrupted):
            checkout.put(pool, real, interrupting(), Deadline(SECONDS))
        assert real.closed
        checkout.put(pool, real, None, Deadline(SECONDS))
        checkout.put(pool, checkout.take(pool, Deadline(SECONDS)), None, Deadline(SECONDS))


def test_an_async_connection_whose_rollback_is_cut_off_is_closed_and_goes_back_when_it_is_asked_again(
    dsn: str,
) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool:
            real = await checkout.take_async(pool, Deadline(SECONDS))
            with pytest.raises(Interrupted):
                await checkout.put_async(pool, real, interrupting(), Deadline(SECONDS))
            assert real.closed
            await checkout.put_async(pool, real, None, Deadline(SECONDS))
            again = await checkout.take_async(pool, Deadline(SECONDS))
            await checkout.put_async(pool, again, None, Deadline(SECONDS))

    asyncio.run(main())


def test_where_no_connection_is_to_be_had_beside_the_handlers_that_is_said() -> None:
    nowhere = ConnectionPool("postgresql://127.0.0.1:1/bank", min_size=0, max_size=1, timeout=0.2, open=True)
    with nowhere, pytest.raises(StoreError):
        SyncSession(nowhere, Table(), timeout=0.5).run(urgent())

    async def main() -> None:
        pool = AsyncConnectionPool(
            "postgresql://127.0.0.1:1/bank", min_size=0, max_size=1, timeout=0.2, open=False
        )
        async with pool:
            with pytest.raises(StoreError):
                await AsyncSession(pool, Table(), timeout=0.5).run(urgent())

    asyncio.run(main())


def test_an_error_that_is_not_the_stores_stays_what_it_is() -> None:
    error = psycopg.DataError("a text with NUL")
    assert failure(error, Table(), closed=False) is error
