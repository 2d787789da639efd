"""Earned wage access: pay that is earned and not yet due."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, PositiveInt

from bank import ledger
from bank.common import Posted
from bank.db import Db
from idem_runtime import money_moving

router = APIRouter(prefix="/ewa")


class Advance(BaseModel):
    """A part of the wages, in cents."""

    account: str
    amount: PositiveInt


@router.post("/advances", status_code=201)
@money_moving
def approve(body: Advance, db: Db) -> Posted:
    """Right."""
    return Posted(
        posting=ledger.post(db, debit=ledger.BANK, credit=body.account, amount=body.amount),
        amount=body.amount,
    )


@router.get("/advances/{account}/disburse/{amount}")
@money_moving
def disburse(account: str, amount: int, db: Db) -> Posted:
    """Wrong: a link that moves money. Browsers, previews and crawlers follow links."""
    return Posted(posting=ledger.post(db, debit=ledger.BANK, credit=account, amount=amount), amount=amount)


@router.post("/advances/fast", status_code=201)
def approve_fast(body: Advance, db: Db) -> Posted:  # noqa
    """Wrong: the comment was for a long line, and silences the money rules with it."""
    return Posted(
        posting=ledger.post(db, debit=ledger.BANK, credit=body.account, amount=body.amount),
        amount=body.amount,
    )
