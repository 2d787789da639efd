"""What a marked handler leads to is its own affair (IDM103 says what of it is)."""

import celery
from fastapi import APIRouter

from idem_runtime import money_moving
from ledger import book

router = APIRouter()


@celery.shared_task
def settle(account):
    book(account, 1)


@celery.shared_task
def by_unmarked(account):
    book(account, 1)


@celery.shared_task
def by_nobody(account):  # want IDM102
    book(account, 1)


@celery.shared_task
def by_get(account):
    book(account, 1)


@router.post("/transfers")
@money_moving(effect="external")
def transfer(account: str):
    settle.delay(account)


@router.post("/payments")
def pay(account: str):  # want IDM001
    by_unmarked.delay(account)


@router.get("/payments")
def pay_by_get(account: str):  # want IDM102
    by_get.delay(account)
