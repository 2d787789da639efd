"""A package of the company makes the Idempotency: nobody has read what is lent there."""

from fastapi import APIRouter, Depends
from idem_runtime import money_moving
from company.db import get_db, pool

router = APIRouter()


@router.post("/a")
@money_moving
def by_the_company(amount: int, db=Depends(get_db)):
    pool.connection()
