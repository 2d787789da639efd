"""A table of one's own as many services have it: read the key, run, store the answer. Three transactions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import psycopg
from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse
from psycopg_pool import ConnectionPool

from benchmarks.compare.peers import bank

TABLE = """CREATE TABLE IF NOT EXISTS idempotency_keys (tenant text, key text, fingerprint text NOT NULL,
response jsonb NOT NULL, PRIMARY KEY (tenant, key))"""
Tenant = Annotated[str, Header(alias="authorization")]
Key = Annotated[str, Header(alias="idempotency-key")]
Body = dict[str, Any]

pool = ConnectionPool(bank.DSN, min_size=1, max_size=60, open=True)
with psycopg.connect(bank.DSN, autocommit=True) as _db:
    _db.execute("SELECT pg_advisory_lock(1)")
    _db.execute(TABLE)
app = FastAPI()


def once(tenant: str, key: str, body: Body, work: Callable[[], dict[str, Any]]) -> Any:
    digest = bank.fingerprint(body)
    with pool.connection() as db:
        row = db.execute(
            "SELECT fingerprint, response FROM idempotency_keys WHERE tenant = %s AND key = %s", (tenant, key)
        ).fetchone()
    if row:
        return row[1] if row[0] == digest else JSONResponse({"code": "key_reused"}, 409)
    response = work()
    with pool.connection() as db:
        db.execute(
            "INSERT INTO idempotency_keys VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (tenant, key, digest, json.dumps(response)),
        )
    return response


@app.post("/transfers")
def transfers(body: Body, tenant: Tenant, key: Key) -> Any:
    def work() -> dict[str, Any]:
        with pool.connection() as db:
            return bank.transfer(db, tenant, body)

    return once(tenant, key, body, work)


@app.post("/payouts")
def payouts(body: Body, tenant: Tenant, key: Key) -> Any:
    return once(tenant, key, body, lambda: bank.payout(body))
