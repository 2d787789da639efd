"""FastAPI and Flask keep the contract with a SQLAlchemy session in the place of a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from idem_runtime import Idempotency
from tests.runtime import orm
from tests.runtime.adapters import fastapi_bank, flask_bank, serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port

BANKS = ["fastapi-async", "fastapi-sync", "flask"]


def principal(request: Any) -> str:
    return str(request.headers["x-tenant"])


@contextmanager
def serving(which: str, dsn: str) -> Iterator[Client]:
    def protecting(engine: Any) -> Idempotency:
        return Idempotency(pool=engine, principal=principal, cap=CAP, wait=1)

    if which == "fastapi-async":
        engine = orm.async_engine(dsn)
        app = fastapi_bank.async_bank(protecting(engine), dsn, joined=True)
        with serve.asgi(orm.dispose_with(app, engine)) as client:
            yield client
        return
    with orm.engine(dsn) as engine:
        idem = protecting(engine)
        if which == "flask":
            with serve.wsgi(flask_bank.bank(idem, dsn, joined=True)) as client:
                yield client
        else:
            with serve.asgi(fastapi_bank.sync_bank(idem, dsn, joined=True)) as client:
                yield client
        idem.close()


@pytest.fixture(scope="module", params=BANKS)
def bank(request: pytest.FixtureRequest, dsn: str) -> Iterator[Client]:
    with serving(request.param, dsn) as client:
        yield client


class TestJoinedSessions(Contract):
    pass


@pytest.fixture(scope="module", params=BANKS)
def stranded(request: pytest.FixtureRequest) -> Iterator[Client]:
    with serving(request.param, f"postgresql://postgres@127.0.0.1:{free_port()}/x") as client:
        yield client


class TestJoinedSessionsWithoutTheirStore(StoreDownContract):
    pass
