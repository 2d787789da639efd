"""asgi-idempotency-header with its Redis backend: https://github.com/snok/asgi-idempotency-header#setup."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Header
from fastapi.middleware import Middleware
from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends import RedisBackend
from psycopg_pool import ConnectionPool
from redis.asyncio import from_url

from benchmarks.compare.peers import bank

Tenant = Annotated[str, Header(alias="authorization")]
Body = dict[str, Any]

pool = ConnectionPool(bank.DSN, min_size=1, max_size=60, open=True)
app = FastAPI(
    middleware=[Middleware(IdempotencyHeaderMiddleware, backend=RedisBackend(redis=from_url(bank.REDIS)))]
)


@app.post("/transfers")
def transfers(body: Body, tenant: Tenant) -> Any:
    with pool.connection() as db:
        return bank.transfer(db, tenant, body)


@app.post("/payouts")
def payouts(body: Body) -> Any:
    return bank.payout(body)
