from collections.abc import Iterator
from typing import Annotated

import psycopg
from fastapi import APIRouter, Depends
from idem_runtime import Idempotency, money_moving
from sqlalchemy import text

router = APIRouter()
idem = Idempotency("postgresql://…", principal=lambda request: "alice")
Db = Annotated[psycopg.Connection, Depends(idem.sync_connection)]


class Repository:
    def __init__(self, db):
        self.db = db

    def save(self):
        self.db.execute("select 1")
        self.finish()

    def finish(self):
        self.db.commit()


class Service:
    def __init__(self, repository):
        self.repository = repository

    def pay(self):
        self.repository.save()


class Own:
    def __init__(self, db: Db):
        self.db = db

    def end(self):
        self.db.rollback()


class UnitOfWork:
    def __init__(self, db):
        self.db = db

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.db.commit()


class AsyncUnitOfWork:
    def __init__(self, db):
        self.db = db

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        await self.db.commit()


class Timer:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.db = None


def get_repository(db: Db) -> Repository:
    return Repository(db)


def get_service(repository: Annotated[Repository, Depends(get_repository)]) -> Iterator[Service]:
    yield Service(repository)


def get_other() -> Repository:
    return Repository(psycopg.connect("postgresql://…"))


def get_nothing(): ...


@router.post("/a")
@money_moving
def injected(repository: Annotated[Repository, Depends(get_repository)]):  # want IDM104
    repository.save()


@router.post("/b")
@money_moving
def injected_further(service=Depends(get_service)):  # want IDM104
    service.pay()


@router.post("/c")
@money_moving
def injected_class(own: Own = Depends(Own)):  # want IDM104
    own.end()


@router.post("/d")
@money_moving
def by_a_unit_of_work(db: Db):  # want IDM104
    with UnitOfWork(db):
        db.execute("select 1")


@router.post("/e")
@money_moving
async def by_an_async_unit_of_work(db: Annotated[object, Depends(idem.connection)]):  # want IDM104
    async with AsyncUnitOfWork(db):
        pass


@router.post("/f")
@money_moving
def by_sql(db: Db):  # want IDM104
    db.execute("  Commit;")


@router.post("/g")
@money_moving
def by_sql_of_a_cursor(db: Db):  # want IDM104
    with db.cursor() as cursor:
        cursor.execute("ROLLBACK")


@router.post("/h")
@money_moving
def by_sql_text(session=Depends(idem.sync_session)):  # want IDM104
    session.execute(text("COMMIT"))


@router.post("/i")
@money_moving
def by_the_connection_of_a_cursor(db: Db):  # want IDM104
    db.cursor().connection.rollback()


@router.post("/j")
@money_moving
def by_another_name(db: Db):  # want IDM104
    end = db.commit
    end()


@router.post("/k")
@money_moving
def savepoints_by_sql(db: Db):
    db.execute("SAVEPOINT a")
    db.execute("ROLLBACK TO SAVEPOINT a")
    db.execute("rollback transaction to a")
    db.execute("select 'commit'")
    db.execute()
    db.info.execute("COMMIT")


@router.post("/l")
@money_moving
def somebody_elses(
    db: Db,
    repository: Annotated[Repository, Depends(get_other)],
    nothing: Annotated[object, Depends(get_nothing)],
):
    db.execute("select 1")
    repository.save()
    nothing.save()
    end = repository.commit
    end()


@router.post("/m")
@money_moving
def ends_nothing(db: Db):
    with Timer(), db.transaction():
        db.execute("select 1")
