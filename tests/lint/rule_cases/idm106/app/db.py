from typing import Annotated, Any

from fastapi import Depends
from idem_runtime import Idempotency
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "alice")
pool = ConnectionPool("postgresql://nowhere.invalid/", open=False)
engine = create_engine("postgresql+psycopg://nowhere.invalid/")
SessionLocal = sessionmaker(engine)


def get_db():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()


def ours():
    return idem.sync_connection()


def through_ours(db=Depends(ours)):
    return db


Own = Annotated[Session, Depends(get_db)]
Ours = Annotated[Any, Depends(idem.sync_connection)]
Again = Ours
