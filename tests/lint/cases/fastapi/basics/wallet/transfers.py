from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body, Depends, Header, HTTPException, status
from pydantic import BaseModel, Field

from idem_runtime import money_moving, not_money_moving

from .deps import audited, rate_limit, timed

router = APIRouter(tags=["transfers"])


class Transfer(BaseModel):
    source: str
    target: str
    amount: int = Field(gt=0)


async def tenant(x_tenant: Annotated[str, Header()]) -> str:
    if not x_tenant:
        raise HTTPException(401)
    return x_tenant


Tenant = Annotated[str, Depends(tenant)]


@router.post("/transfers", status_code=status.HTTP_201_CREATED)
@money_moving
async def create_transfer(body: Transfer, actor: Tenant):
    return {"amount": body.amount, "by": actor}


@router.post(
    "/withdrawals",
    status_code=201,
    response_model=None,
    responses={
        402: {"description": "not enough money"},
    },
)
@rate_limit(30, scope="actor")
@audited("withdrawal.created")
def withdraw(body: Transfer, actor: Tenant, tasks: BackgroundTasks):
    tasks.add_task(print, body.amount)
    return {"amount": body.amount}


@router.post("/deposits")
@timed
@money_moving(effect="external")
async def deposit(
    body: Transfer,
    actor: Tenant,
    note: Annotated[str | None, Body()] = None,
):
    return {"note": note}


@router.post("/fees/preview")
@not_money_moving(reason="computes a fee, writes nothing")
async def preview_fee(body: Transfer):
    return {"fee": body.amount // 100}


@router.api_route("/transfers/{transfer_id}/reverse", methods=["POST"])
async def reverse(transfer_id: str, actor: Tenant):
    return {"reversed": transfer_id}


@router.api_route("/transfers/{transfer_id}", methods=["GET", "HEAD"])
async def show(transfer_id: str):
    return {"id": transfer_id}


@router.put("/transfers/{transfer_id}/memo")
async def memo(transfer_id: str, text: str):
    return {"id": transfer_id, "memo": text}


@router.patch("/transfers/{transfer_id}")
async def amend(transfer_id: str):
    return {"id": transfer_id}


@router.delete("/transfers/{transfer_id}")
@timed
async def cancel(transfer_id: str):
    return {"cancelled": transfer_id}


@router.api_route("/holds")
async def holds_default_is_get():
    return []
