"""Bonuses. The service does not include this module: ``idem_runtime`` refuses to import it, the linter says so earlier."""

from __future__ import annotations

from fastapi import APIRouter

from bank import ledger
from bank.db import Db
from bank.payroll.batches import Salary
from idem_runtime import money_moving, not_money_moving

router = APIRouter(prefix="/payroll")


@router.post("/bonuses", status_code=201)
@money_moving
@not_money_moving(reason="bonuses are only announced")
def bonus(salary: Salary, db: Db) -> dict[str, int]:
    """Wrong: it says both."""
    ledger.post(db, debit=ledger.BANK, credit=salary.account, amount=salary.amount)
    return {"amount": salary.amount}
