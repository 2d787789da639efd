"""FastAPI keeps the contract, with async handlers and with sync ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters import fastapi_bank, serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


@pytest.fixture(
    scope="module", params=[fastapi_bank.async_bank, fastapi_bank.sync_bank], ids=["async", "sync"]
)
def bank(request: pytest.FixtureRequest, dsn: str) -> Iterator[Client]:
    idem = Idempotency(dsn, principal=principal, cap=CAP, wait=1)
    with serve.asgi(request.param(idem, dsn)) as client:
        yield client


class TestFastAPI(Contract):
    pass


@pytest.fixture(
    scope="module", params=[fastapi_bank.async_bank, fastapi_bank.sync_bank], ids=["async", "sync"]
)
def stranded(request: pytest.FixtureRequest) -> Iterator[Client]:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    with serve.asgi(
        request.param(Idempotency(nowhere, principal=principal, pool_timeout=0.2), nowhere)
    ) as client:
        yield client


class TestFastAPIWithoutItsStore(StoreDownContract):
    pass
