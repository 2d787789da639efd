"""idemkit's middleware with its Postgres backend: https://pypi.org/project/idemkit/ ("For production, swap the backend and add scope")."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Header
from idemkit import HttpConfig, IdempotencyMiddleware, PostgresBackend
from psycopg_pool import ConnectionPool

from benchmarks.compare.peers import bank

Tenant = Annotated[str, Header(alias="authorization")]
Body = dict[str, Any]

pool = ConnectionPool(bank.DSN, min_size=1, max_size=60, open=True)
app = FastAPI()
app.add_middleware(
    IdempotencyMiddleware,
    backend=PostgresBackend.from_url(bank.DSN),
    config=HttpConfig(
        scope=lambda request: request.headers.get("authorization", "anonymous"), lease_ttl_seconds=bank.LEASE
    ),
)


@app.post("/transfers")
def transfers(body: Body, tenant: Tenant) -> Any:
    with pool.connection() as db:
        return bank.transfer(db, tenant, body)


@app.post("/payouts")
def payouts(body: Body) -> Any:
    return bank.payout(body)
