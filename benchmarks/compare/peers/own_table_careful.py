"""A table of one's own as the best articles have it: https://brandur.org/idempotency-keys.

The transfer is local, so the request is one transaction: the key is claimed in it, and effect and answer commit together. The
payout is a foreign call: the claim commits first, an error unlocks the key, and a claim that is older than the lease may be taken.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import psycopg
from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse
from psycopg_pool import ConnectionPool

from benchmarks.compare.peers import bank

TABLE = """CREATE TABLE IF NOT EXISTS idempotency_keys (tenant text, key text, fingerprint text NOT NULL,
locked_at timestamptz, response jsonb, PRIMARY KEY (tenant, key))"""
CLAIM = f"""INSERT INTO idempotency_keys AS k VALUES (%s, %s, %s, now()) ON CONFLICT (tenant, key) DO UPDATE SET locked_at = now()
WHERE k.response IS NULL AND k.fingerprint = excluded.fingerprint
  AND (k.locked_at IS NULL OR k.locked_at < now() - interval '{bank.LEASE} s') RETURNING 1"""
READ = "SELECT fingerprint, response FROM idempotency_keys WHERE tenant = %s AND key = %s"
FINISH = "UPDATE idempotency_keys SET response = %s, locked_at = NULL WHERE tenant = %s AND key = %s"
UNLOCK = "UPDATE idempotency_keys SET locked_at = NULL WHERE tenant = %s AND key = %s"
Tenant = Annotated[str, Header(alias="authorization")]
Key = Annotated[str, Header(alias="idempotency-key")]
Body = dict[str, Any]

pool = ConnectionPool(bank.DSN, min_size=1, max_size=60, open=True)
with psycopg.connect(bank.DSN, autocommit=True) as _db:
    _db.execute("SELECT pg_advisory_lock(1)")
    _db.execute(TABLE)
app = FastAPI()


def claimed(db: Any, tenant: str, key: str, digest: str) -> Any:
    """Nothing where the key is ours to run, else the answer."""
    if db.execute(CLAIM, (tenant, key, digest)).fetchone():
        return None
    known, response = db.execute(READ, (tenant, key)).fetchone()
    if known != digest:
        return JSONResponse({"code": "key_reused"}, 409)
    return response or JSONResponse({"code": "in_progress"}, 409)


@app.post("/transfers")
def transfers(body: Body, tenant: Tenant, key: Key) -> Any:
    with pool.connection() as db:
        answer = claimed(db, tenant, key, bank.fingerprint(body))
        if answer is None:
            answer = bank.transfer(db, tenant, body)
            db.execute(FINISH, (json.dumps(answer), tenant, key))
        return answer


@app.post("/payouts")
def payouts(body: Body, tenant: Tenant, key: Key) -> Any:
    with pool.connection() as db:
        answer = claimed(db, tenant, key, bank.fingerprint(body))
    if answer is not None:
        return answer
    try:
        response = bank.payout(body)
    except OSError:
        with pool.connection() as db:
            db.execute(UNLOCK, (tenant, key))
        raise
    with pool.connection() as db:
        db.execute(FINISH, (json.dumps(response), tenant, key))
    return response
