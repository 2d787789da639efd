"""The only place that writes the ledger."""

from __future__ import annotations

from uuid import UUID, uuid4

from fastapi import HTTPException
from psycopg import Connection

from idem_runtime import ledger_write

BANK = "bank"


@ledger_write
def post(db: Connection, *, debit: str, credit: str, amount: int) -> UUID:
    """Move ``amount`` (cents) from one account to another; 402 where the money is not there."""
    posting = uuid4()
    taken = db.execute(
        "update account set balance = balance - %s where id = %s and (balance >= %s or id = %s) returning id",
        (amount, debit, amount, BANK),
    ).fetchone()
    if taken is None:
        raise HTTPException(402, "not enough money")
    db.execute("update account set balance = balance + %s where id = %s", (amount, credit))
    db.execute(
        "insert into entry (posting, account, amount) values (%s, %s, %s), (%s, %s, %s)",
        (posting, debit, -amount, posting, credit, amount),
    )
    return posting


def balance(db: Connection, account: str) -> int:
    """The balance in cents; 404 where there is no such account."""
    row = db.execute("select balance from account where id = %s", (account,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such account")
    amount: int = row[0]
    return amount
