from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from fastapi_sqlmodel.auth import CurrentUser
from fastapi_sqlmodel.db import SessionDep
from fastapi_sqlmodel.models import Transfer, TransferIn
from fastapi_sqlmodel.repositories import TransferRepository, UserRepository
from idem_runtime import money_moving, not_money_moving

router = APIRouter(prefix="/wallet")


@router.post("/transfers", status_code=201, response_model=Transfer)
@money_moving
def transfer(session: SessionDep, user: CurrentUser, asked: TransferIn) -> Any:
    users = UserRepository(session)
    if not users.pay(user.id, -asked.amount):
        return JSONResponse({"detail": "insufficient funds"}, 402)
    users.pay(asked.to, asked.amount)
    return TransferRepository(session).create(user.id, asked)


@router.post("/quotes")
@not_money_moving(reason="reads a fee")
def quote(asked: TransferIn) -> dict[str, int]:
    return {"fee": asked.amount // 100}


@router.get("/balance")
def balance(user: CurrentUser) -> dict[str, int]:
    return {"balance": user.balance}
