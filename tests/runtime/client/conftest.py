"""A bank on a real Postgres, and the flaky proxy in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters import fastapi_bank, serve
from tests.runtime.adapters.contract import CAP
from tests.runtime.client.callers import PATIENCE
from tests.runtime.client.flaky_proxy import FlakyProxy, flaky
from tests.runtime.client.http_peer import Async, Requests, Server, Sync


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


@pytest.fixture(scope="package")
def bank(dsn: str) -> Iterator[int]:
    """The bank's port."""
    idem = Idempotency(dsn, principal=principal, cap=CAP, wait=0.05)
    with serve.asgi(fastapi_bank.async_bank(idem, dsn)) as client:
        port = client.http.base_url.port
        assert port is not None
        yield port


@pytest.fixture
def proxy(bank: int) -> Iterator[FlakyProxy]:
    with flaky(bank, patience=PATIENCE) as running:
        yield running


@pytest.fixture
def peer() -> Iterator[Server]:
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


@pytest.fixture(params=[Sync, Async, Requests], ids=["httpx", "async httpx", "requests"])
def caller(request: pytest.FixtureRequest) -> Sync:
    return request.param()  # type: ignore[no-any-return]
