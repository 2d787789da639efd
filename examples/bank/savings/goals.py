"""Saving towards a goal."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, PositiveInt

from bank import ledger
from bank.common import Posted
from bank.db import Db
from idem_runtime import money_moving

router = APIRouter()
_answers: dict[str, Posted] = {}


class Saving(BaseModel):
    """A sum in cents, put aside or taken back."""

    account: str
    pot: str
    amount: PositiveInt


def routes() -> APIRouter:
    """The routes, made by a factory."""

    @router.post("/savings/deposits", status_code=201)
    @money_moving
    def put_aside(body: Saving, db: Db) -> Posted:
        """Right."""
        return Posted(
            posting=ledger.post(db, debit=body.account, credit=body.pot, amount=body.amount),
            amount=body.amount,
        )

    @router.post("/savings/withdrawals", status_code=201)
    @money_moving
    def take_back(body: Saving, db: Db, key: Annotated[str, Header(alias="Idempotency-Key")]) -> Posted:
        """Wrong: a store of its own. It loses everything on a restart, and answers one tenant with another's posting."""
        if key not in _answers:
            posting = ledger.post(db, debit=body.pot, credit=body.account, amount=body.amount)
            _answers[key] = Posted(posting=posting, amount=body.amount)
        return _answers[key]

    @router.get("/savings/{pot}")
    def saved(pot: str, db: Db) -> dict[str, int]:
        """Right: a GET that reads."""
        return {"balance": ledger.balance(db, pot)}

    return router
