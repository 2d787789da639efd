"""The mark on what moves the money, and an opt-out on the handler that calls it: what docs/runtime.md advises."""

from fastapi import APIRouter

from idem_runtime import ledger_write, money_moving, not_money_moving

router = APIRouter()


@ledger_write
def book(account, amount): ...


@money_moving(operation="transfer", key=lambda key: key, principal=lambda tenant: tenant)
def move(key, tenant, amount):
    book(tenant, amount)


@router.post("/transfers")
@not_money_moving(reason="move() is marked")
def transfer(key: str, tenant: str):
    move(key, tenant, 1)


@router.post("/corrections")
@not_money_moving(reason="move() is marked")
def correct(key: str, tenant: str):  # want IDM101
    move(key, tenant, 1)
    book(tenant, -1)
