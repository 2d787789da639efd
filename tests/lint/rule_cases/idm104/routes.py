from typing import Annotated

import psycopg
from fastapi import APIRouter, Depends
from idem_runtime import Idempotency, money_moving
from sqlalchemy.orm import Session

router = APIRouter()
idem = Idempotency("postgresql://…", principal=lambda request: "alice")
Db = Annotated[psycopg.Connection, Depends(idem.sync_connection)]


def save(db: psycopg.Connection, amount: int):
    keep(db, amount)


def keep(db: psycopg.Connection, amount: int):
    db.execute("select 1")
    db.commit()


def begins(db: psycopg.Connection, amount: int):
    with db.transaction():
        db.execute("select 1")
    return begins(db, amount)


@router.post("/a")
@money_moving
def commits(db: Annotated[psycopg.Connection, Depends(idem.sync_connection)]):  # want IDM104
    db.commit()


@router.post("/b")
@money_moving
def commits_by_an_alias(db: Db):  # want IDM104
    db.commit()


@router.post("/c")
@money_moving
def rolls_back(session: Session = Depends(idem.sync_session)):  # want IDM104
    try:
        session.execute("select 1")
    except ValueError:
        session.rollback()


@router.post("/d")
@money_moving
def commits_further_on(db: Db, amount: int):  # want IDM104
    save(db, amount)


@router.post("/e")
@money_moving
def commits_what_it_takes():  # want IDM104
    db = idem.sync_connection()
    db.commit()


@router.post("/f")
@money_moving
async def commits_what_it_awaits():  # want IDM104
    session = await idem.session()
    await session.commit()


@router.post("/g")
@money_moving
def by_a_default(db: psycopg.Connection = idem.lent):  # want IDM104
    db.commit()


@router.post("/h")
@money_moving
def savepoints(db: Db, amount: int):
    begins(db, amount)


@router.post("/i")
@money_moving
def commits_something_else(db: Db, repository=None):
    repository.commit()
    commit(db)
    make().commit()
    psycopg.commit()


@router.post("/j")
@money_moving(effect="external")
def external(db: Db):
    db.commit()


@router.post("/k")
def unmarked(db: Db):
    db.commit()


router.add_api_route("/l", money_moving(lambda db=Depends(idem.connection): db.commit()), methods=["POST"])  # want IDM104


class Payments:
    @money_moving
    def on_post(self, db: psycopg.Connection = idem.lent):
        db.commit()
