"""Salaries, a batch at a time."""

from __future__ import annotations

import os

from fastapi import APIRouter
from pydantic import BaseModel, PositiveInt

from bank import ledger
from bank.db import Db
from idem_runtime import money_moving, not_money_moving

api = APIRouter(prefix="/payroll")
WHY = os.environ.get("BANK_OPT_OUT_REASON", "see the wiki")


class Salary(BaseModel):
    """One employee's pay, in cents."""

    account: str
    amount: PositiveInt


class Batch(BaseModel):
    """Who is paid how much out of which account."""

    employer: str
    salaries: list[Salary]


@api.post("/batches", status_code=201)
@money_moving(operation="payroll.batch")
def pay(batch: Batch, db: Db) -> dict[str, int]:
    """Right: the operation has a name that a renamed path does not change."""
    for salary in batch.salaries:
        ledger.post(db, debit=batch.employer, credit=salary.account, amount=salary.amount)
    return {"paid": len(batch.salaries)}


@api.post("/batches/preview")
@not_money_moving(reason="adds up, pays nobody", until="2020-01-31")
def preview(batch: Batch) -> dict[str, int]:
    """Wrong: the opt-out ran out."""
    return {"total": sum(salary.amount for salary in batch.salaries)}


@api.post("/batches/check")
@not_money_moving(reason=WHY)
def check(batch: Batch) -> dict[str, bool]:
    """Wrong: an opt-out whose reason nobody can read in a review."""
    return {"ok": bool(batch.salaries)}
