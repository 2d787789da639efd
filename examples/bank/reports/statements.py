"""Reports are asked for by POST, because the question is long. They move nothing."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from bank.db import Db

router = APIRouter(prefix="/reports")


class Question(BaseModel):
    """Which account, from when on."""

    account: str
    since: datetime


@router.post("/statements")
def statement(question: Question, db: Db) -> list[dict[str, object]]:
    """An account's entries, the newest first."""
    rows = db.execute(
        "select posting, amount, at from entry where account = %s and at >= %s order by at desc, id desc",
        (question.account, question.since),
    )
    return [{"posting": posting, "amount": amount, "at": at} for posting, amount, at in rows]
