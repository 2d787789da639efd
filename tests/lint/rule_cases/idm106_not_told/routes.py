"""Where the source does not tell, nobody is accused."""

from fastapi import APIRouter, Depends
from idem_runtime import Idempotency, money_moving
from typing import Annotated

from company.db import company_idem, get_db, make

idem = Idempotency("postgresql://…", principal=lambda request: "alice")
router = APIRouter()


@router.post("/a")
@money_moving
def by_the_company(amount: int, db=Depends(get_db)):
    return db


@router.post("/b")
@money_moving
def by_a_name(amount: int):
    company_idem.sync_connection()


@router.post("/c")
@money_moving
def by_what_is_not_there(amount: int):
    return nowhere.sync_connection()


def factory(helper):
    @router.post("/d")
    @money_moving
    def inner(amount: int):
        return helper(amount)

    return inner


@router.post("/e")
@money_moving
def by_a_broken_text(amount: int, db: "Annotated[int, ]["):
    return db


@router.post("/f")
@money_moving
def nothing_at_all(amount: int):  # want IDM106
    return amount
