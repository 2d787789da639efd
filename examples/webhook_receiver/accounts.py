"""What every webhook leads to: an event in the log, and a credit that a payment has once, whoever tells of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from psycopg import AsyncConnection

from idem_runtime import Idempotency, money_moving

idem = Idempotency()  # the DSN is in DATABASE_URL
Db = Annotated[AsyncConnection, Depends(idem.connection)]


async def note(db: AsyncConnection, provider: str, event: str) -> None:
    """Keep what was received: also what leads to nothing."""
    await db.execute("INSERT INTO events (provider, event) VALUES (%s, %s)", (provider, event))


@money_moving(operation="credit", key=lambda payment: payment)
async def credit(payment: str, amount: int, currency: str, db: AsyncConnection = idem.lent) -> None:
    """Credit a payment: once, however many events tell of it. It joins the transaction of the handler that calls it."""
    await db.execute(
        "INSERT INTO credits (payment, amount, currency) VALUES (%s, %s, %s)", (payment, amount, currency)
    )
