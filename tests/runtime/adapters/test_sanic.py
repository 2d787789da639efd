"""Sanic keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters import sanic_bank, serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


@pytest.fixture(scope="module")
def bank(dsn: str) -> Iterator[Client]:
    idem = Idempotency(dsn, principal=principal, cap=CAP, wait=1)
    with serve.sanic(sanic_bank.bank(idem, dsn)) as client:
        yield client


class TestSanic(Contract):
    pass


@pytest.fixture(scope="module")
def stranded() -> Iterator[Client]:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    idem = Idempotency(nowhere, principal=principal, pool_timeout=0.2)
    with serve.sanic(sanic_bank.bank(idem, nowhere)) as client:
        yield client


class TestSanicWithoutItsStore(StoreDownContract):
    pass
