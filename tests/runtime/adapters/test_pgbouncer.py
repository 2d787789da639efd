"""The whole contract through PgBouncer in transaction mode, with fewer server connections than callers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency
from idem_runtime.drivers.table import Table
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.doctor_checks.examination import examine
from tests.runtime.adapters import (
    aiohttp_bank,
    fastapi_bank,
    flask_bank,
    litestar_bank,
    quart_bank,
    sanic_bank,
    serve,
)
from tests.runtime.adapters.contract import CAP, Contract
from tests.runtime.adapters.serve import Client
from tests.runtime.pooler import needed, pgbouncer
from tests.runtime.postgres import Server

pytestmark = needed


@pytest.fixture(scope="module")
def pooler(server: Server, dsn: str) -> Iterator[str]:
    """The worker's database, behind PgBouncer."""
    with pgbouncer(server.port) as port:
        yield dsn.replace(f":{server.port}/", f":{port}/")


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


OTHERS: dict[str, tuple[Any, Any]] = {
    "aiohttp": (serve.aiohttp, aiohttp_bank.bank),
    "litestar": (serve.asgi, litestar_bank.async_bank),
    "quart": (serve.asgi, quart_bank.async_bank),
    "sanic": (serve.sanic, sanic_bank.bank),
}


@pytest.fixture(
    scope="module",
    params=[
        "async",
        *(pytest.param(kind, marks=pytest.mark.exhaustive) for kind in ("sync", "flask", *OTHERS)),
    ],
)
def bank(request: pytest.FixtureRequest, pooler: str, dsn: str) -> Iterator[Client]:
    idem = Idempotency(pooler, principal=principal, cap=CAP, wait=1)
    if request.param == "flask":
        with serve.wsgi(flask_bank.bank(idem, dsn)) as client:
            yield client
        idem.close()
        return
    if request.param in OTHERS:
        serving, made = OTHERS[request.param]
        with serving(made(idem, dsn)) as client:
            yield client
        return
    make = fastapi_bank.async_bank if request.param == "async" else fastapi_bank.sync_bank
    with serve.asgi(make(idem, dsn)) as client:
        yield client


class TestThroughPgBouncer(Contract):
    pass


def test_one_client_connection_has_several_server_connections(
    pooler: str, db: psycopg.Connection[Any]
) -> None:
    """So nothing of a session may be relied on; ``doctor`` says so, and finds nothing wrong."""
    with Admin(pooler, Table()) as admin, psycopg.connect(pooler) as rival:
        first = admin.row("backend")
        rival.execute("SELECT 1")  # takes the server connection that was used last, and keeps it
        assert admin.row("backend") != first
        assert [
            each
            for each in examine(admin, local_clock=time.time())
            if each.remedy and each.about != "durability"
        ] == []
