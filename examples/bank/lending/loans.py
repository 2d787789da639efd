"""Loans: paid out, paid back."""

from __future__ import annotations

import os

from fastapi import APIRouter
from pydantic import BaseModel, PositiveInt

from bank import ledger
from bank.common import Posted
from bank.db import Db
from idem_runtime import money_moving

# The router may have any name.
desk = APIRouter(prefix="/loans")
PARTNER_METHODS = os.environ.get("BANK_PARTNER_METHODS", "POST").split(",")


class Loan(BaseModel):
    """A sum in cents lent to one account."""

    account: str
    amount: PositiveInt


@desk.post("/disbursements", status_code=201)
@money_moving
def disburse(loan: Loan, db: Db) -> Posted:
    """Right."""
    return Posted(
        posting=ledger.post(db, debit=ledger.BANK, credit=loan.account, amount=loan.amount),
        amount=loan.amount,
    )


@desk.api_route("/repayments", methods=["PUT", "POST"])
def repay(loan: Loan, db: Db) -> Posted:
    """Wrong: one of its methods is POST, and it has no mark."""
    return Posted(
        posting=ledger.post(db, debit=loan.account, credit=ledger.BANK, amount=loan.amount),
        amount=loan.amount,
    )


@desk.api_route("/partner", methods=PARTNER_METHODS)
def partner(loan: Loan, db: Db) -> Posted:
    """Wrong: the environment decides whether this is a POST."""
    return Posted(
        posting=ledger.post(db, debit=ledger.BANK, credit=loan.account, amount=loan.amount),
        amount=loan.amount,
    )
