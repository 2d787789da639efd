"""The bank under ASGI servers."""

import asyncio
from typing import Annotated, Any

import psycopg
from fastapi import Depends, FastAPI, HTTPException

from idem_runtime import money_moving
from tests.runtime.soak import bank

idem = bank.idempotency()
app = FastAPI()
idem.install(app)


@app.post("/transfers", status_code=201)
@money_moving
async def transfer(
    order: bank.Order, db: Annotated[psycopg.AsyncConnection[Any], Depends(idem.connection)]
) -> dict[str, Any]:
    for statement, values in bank.lines(order):
        await asyncio.sleep(bank.nap())
        cursor = await db.execute(statement, values)  # type: ignore[call-overload]
    bank.stumble()
    if order.declined:
        raise HTTPException(402, "declined")
    return bank.receipt((await cursor.fetchone())[0])


@app.post("/payouts", status_code=201)
@money_moving(effect="external")
def payout(order: bank.Order) -> dict[str, Any]:
    return bank.pay_out(order)


@app.get("/ready")
async def ready() -> str:
    return "ready"
