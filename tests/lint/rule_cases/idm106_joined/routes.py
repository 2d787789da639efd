"""Sessions on a joined engine are part of the transaction."""

from fastapi import APIRouter, Depends
from idem_runtime import Idempotency, money_moving
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://…")
idem = Idempotency("postgresql://…", principal=lambda request: "alice")
idem.join(engine)
SessionLocal = sessionmaker(engine)
router = APIRouter()
", ".join(["not", "this", "one"])


@router.post("/a")
@money_moving
def joined(amount: int):
    SessionLocal().commit()
