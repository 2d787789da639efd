"""The engine is the pool."""

from fastapi import APIRouter, Depends
from idem_runtime import Idempotency, money_moving
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://…")
idem = Idempotency(pool=engine, principal=lambda request: "alice")
router = APIRouter()


@router.post("/a")
@money_moving
def joined(amount: int):
    engine.begin()
