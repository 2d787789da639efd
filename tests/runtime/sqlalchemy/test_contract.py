"""FastAPI keeps the contract with sessions of the application's own, from a ``get_db`` that commits at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import sessionmaker

from idem_runtime import Idempotency
from tests.runtime import orm
from tests.runtime.adapters import fastapi_bank, serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port

BANKS: list[Any] = [
    "async",
    *(pytest.param(colour, marks=pytest.mark.exhaustive) for colour in ("sync", "asyncpg")),
]


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


@contextmanager
def serving(colour: str, dsn: str) -> Iterator[Client]:
    idem = Idempotency(principal=principal, cap=CAP, wait=1)
    if colour in ("async", "asyncpg"):
        engine = orm.async_engine(dsn, driver="asyncpg" if colour == "asyncpg" else "psycopg")
        make = async_sessionmaker(engine)

        @idem.sessions
        async def get_async_db() -> AsyncIterator[Any]:
            async with make() as session:
                yield session
                await session.commit()

        app = fastapi_bank.async_bank(idem, dsn, get_db=get_async_db)
        with serve.asgi(orm.dispose_with(app, engine)) as client:
            yield client
        return
    with orm.engine(dsn) as sync_engine:
        make_sync = sessionmaker(sync_engine)

        @idem.sessions
        def get_db() -> Iterator[Any]:
            with make_sync() as session:
                yield session
                session.commit()

        with serve.asgi(fastapi_bank.sync_bank(idem, dsn, get_db=get_db)) as client:
            yield client
        idem.close()


@pytest.fixture(scope="module", params=BANKS)
def bank(request: pytest.FixtureRequest, dsn: str) -> Iterator[Client]:
    with serving(request.param, dsn) as client:
        yield client


class TestOwnSessions(Contract):
    pass


@pytest.fixture(scope="module", params=BANKS)
def stranded(request: pytest.FixtureRequest) -> Iterator[Client]:
    with serving(request.param, f"postgresql://postgres@127.0.0.1:{free_port()}/x") as client:
        yield client


class TestOwnSessionsWithoutTheirStore(StoreDownContract):
    pass
