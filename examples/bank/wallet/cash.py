"""Deposits and withdrawals, registered by call."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, PositiveInt

from bank import common, ledger
from bank.common import Posted
from bank.db import Db
from idem_runtime import money_moving


class Cash(BaseModel):
    """A sum in cents, in or out of one wallet."""

    account: str
    amount: PositiveInt


@money_moving
def deposit(body: Cash, db: Db) -> Posted:
    """Right: marked where it is defined, registered below."""
    return Posted(
        posting=ledger.post(db, debit=ledger.BANK, credit=body.account, amount=body.amount),
        amount=body.amount,
    )


def withdraw(body: Cash, db: Db) -> Posted:
    """Right: marked where it is registered."""
    return Posted(
        posting=ledger.post(db, debit=body.account, credit=ledger.BANK, amount=body.amount),
        amount=body.amount,
    )


def withdraw_abroad(body: Cash, db: Db) -> Posted:
    """Wrong: registered in another statement, and not marked anywhere."""
    return withdraw(body, db)


@common.money_moving
def top_up(body: Cash, db: Db) -> Posted:
    """Wrong: this money_moving is the bank's own, and only logs."""
    return deposit(body, db)


def register(router: APIRouter) -> None:
    """Register this module's routes on the router of whoever asks."""
    router.add_api_route("/wallet/deposits", deposit, methods=["POST"])
    router.add_api_route("/wallet/withdrawals", money_moving(withdraw), methods=["POST"])
    router.add_api_route("/wallet/withdrawals/abroad", withdraw_abroad, methods=["POST"])
    router.add_api_route("/wallet/top-ups", top_up, methods=["POST"])
