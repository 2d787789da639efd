"""Transfers between wallets."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, PositiveInt

from bank import ledger
from bank.common import Posted, audited
from bank.db import Db
from idem_runtime import money_moving, not_money_moving

PREFIX = "/wallet"
router = APIRouter(prefix=PREFIX)


class Transfer(BaseModel):
    """A sum in cents from one wallet to another."""

    source: str
    target: str
    amount: PositiveInt


@router.post("/transfers", status_code=201)
@money_moving
def transfer(body: Transfer, db: Db) -> Posted:
    """Right: the mark is below the route."""
    return Posted(
        posting=ledger.post(db, debit=body.source, credit=body.target, amount=body.amount), amount=body.amount
    )


@router.post("/transfers/quote")
@not_money_moving(reason="reads the fee table, writes nothing")
def quote(body: Transfer) -> dict[str, int]:
    """Right: a read-shaped POST says why it is one."""
    return {"fee": max(1, body.amount // 1000)}


@router.post("/transfers/express", status_code=201)
def express_transfer(body: Transfer, db: Db) -> Posted:
    """Wrong: no mark at all. A retry pays twice."""
    return Posted(
        posting=ledger.post(db, debit=body.source, credit=body.target, amount=body.amount), amount=body.amount
    )


@money_moving
@router.post("/transfers/scheduled", status_code=201)
def scheduled_transfer(body: Transfer, db: Db) -> Posted:
    """Wrong: the mark stands above the route, which registered the function below it."""
    return Posted(
        posting=ledger.post(db, debit=body.source, credit=body.target, amount=body.amount), amount=body.amount
    )


@router.post("/transfers/instant", status_code=201)
@money_moving
@router.post("/transfers/now", status_code=201)
@audited
def instant_transfer(body: Transfer, db: Db) -> Posted:
    """Wrong: between two routes the mark guards one and leaves the other open."""
    return Posted(
        posting=ledger.post(db, debit=body.source, credit=body.target, amount=body.amount), amount=body.amount
    )
