"""What both services have: the connection, the order, and the books."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from psycopg import AsyncConnection
from pydantic import BaseModel, PositiveInt

from idem_runtime import Idempotency

idem = Idempotency(  # the DSN is in DATABASE_URL
    principal=lambda request: request.headers["x-customer"]  # stands for your authentication
)
Db = Annotated[AsyncConnection, Depends(idem.connection)]


class Transfer(BaseModel):
    """A sum in cents from one account to another."""

    reference: str
    source: str
    target: str
    amount: PositiveInt


async def book(db: AsyncConnection, order: Transfer) -> int:
    """Move the money, and write it down."""
    move = "update account set balance = balance + %s where id = %s"
    await db.execute(move, (-order.amount, order.source))
    await db.execute(move, (order.amount, order.target))
    written = await db.execute(
        "insert into ledger (reference, source, target, amount) values (%s, %s, %s, %s) returning id",
        (order.reference, order.source, order.target, order.amount),
    )
    row = await written.fetchone()
    assert row is not None, "an insert returns its row"
    return int(row[0])
