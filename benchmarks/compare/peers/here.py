"""idem-guard: the mark, and the connection that it lends."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header
from psycopg import Connection

from benchmarks.compare.peers import bank
from idem_runtime import Idempotency, money_moving

Tenant = Annotated[str, Header(alias="authorization")]
Body = dict[str, Any]

idem = Idempotency(
    bank.DSN,
    principal=lambda request: request.headers["authorization"],
    lease=timedelta(seconds=bank.LEASE),
    pool_size=60,
)
app = FastAPI()
idem.install(app)


@app.post("/transfers")
@money_moving
@bank.deployed
def transfers(
    body: Body, tenant: Tenant, db: Annotated[Connection[Any], Depends(idem.sync_connection)]
) -> Any:
    return bank.transfer(db, tenant, body)


@app.post("/payouts")
@money_moving(effect="external")
@bank.deployed
def payouts(body: Body) -> Any:
    return bank.payout(body)
