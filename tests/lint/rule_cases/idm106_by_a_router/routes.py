"""A dependency of a router lends: which handlers it serves is not asked."""

from fastapi import APIRouter, Depends
from idem_runtime import Idempotency, money_moving

idem = Idempotency("postgresql://…", principal=lambda request: "alice")
router = APIRouter(prefix="/x", dependencies=[Depends(idem.connection)])


@router.post("/a")
@money_moving
def served(amount: int):
    return amount
