"""Dependencies that stand elsewhere are not told from the source."""

from fastapi import APIRouter, Depends
from idem_runtime import Idempotency, money_moving
from settings import DEPENDENCIES

idem = Idempotency("postgresql://…", principal=lambda request: "alice")
router = APIRouter(dependencies=DEPENDENCIES)


@router.post("/a")
@money_moving
def served(amount: int):
    return amount
