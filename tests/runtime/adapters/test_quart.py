"""Quart keeps the contract, with async views and with sync ones in threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters import quart_bank, serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port

BANKS = [
    pytest.param(quart_bank.async_bank, id="async"),
    pytest.param(quart_bank.sync_bank, id="sync", marks=pytest.mark.exhaustive),
]


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


@pytest.fixture(scope="module", params=BANKS)
def bank(request: pytest.FixtureRequest, dsn: str) -> Iterator[Client]:
    idem = Idempotency(dsn, principal=principal, cap=CAP, wait=1)
    with serve.asgi(request.param(idem, dsn)) as client:
        yield client


class TestQuart(Contract):
    pass


@pytest.fixture(scope="module", params=BANKS)
def stranded(request: pytest.FixtureRequest) -> Iterator[Client]:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    idem = Idempotency(nowhere, principal=principal, pool_timeout=0.2)
    with serve.asgi(request.param(idem, nowhere)) as client:
        yield client


class TestQuartWithoutItsStore(StoreDownContract):
    pass
