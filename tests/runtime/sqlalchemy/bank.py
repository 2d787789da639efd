"""A FastAPI service as teams write it, with a ``get_db`` of its own: bare, or joined by three lines."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import psycopg
import sqlalchemy
from fastapi import Depends, FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

from idem_runtime import Idempotency, money_moving
from tests.runtime import orm
from tests.runtime.adapters.asking import TestClient, tenant
from tests.runtime.orm import Entry

Database = psycopg.Connection[Any]
HEADERS = {"x-tenant": "alice", "idempotency-key": "k"}
FAILING = """
CREATE OR REPLACE FUNCTION no_record() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the seal fails'; END $$;
DROP TRIGGER IF EXISTS no_record ON idempotency_records;
CREATE TRIGGER no_record BEFORE INSERT ON idempotency_records FOR EACH ROW EXECUTE FUNCTION no_record()
"""


def mark(idem: Idempotency | None) -> Callable[[Any], Any]:
    return (lambda function: function) if idem is None else money_moving


def app_of(pattern: Any, engine: Any, idem: Idempotency | None, *, authenticates: str = "no") -> FastAPI:
    """One route that does ``pattern`` on the session of ``get_db``; authentication reads or writes on the same one."""
    app = FastAPI()
    if idem is not None:
        idem.join(engine)
        idem.install(app)
    make = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        db = make()
        try:
            yield db
        finally:
            db.close()

    def user(db: Annotated[Session, Depends(get_db)]) -> None:
        if authenticates != "no":
            db.scalar(select(func.count()).select_from(Entry))
        if authenticates == "commits":
            db.add(Entry(who="login", amount=100))
            db.commit()

    @app.post("/t", status_code=201, dependencies=[Depends(user)])
    @mark(idem)
    def transfer(db: Annotated[Session, Depends(get_db)]) -> dict[str, str]:
        pattern(db, make, engine)
        return {"done": "yes"}

    return app


def async_app_of(
    pattern: Any, engine: Any, idem: Idempotency | None, *, authenticates: str = "no"
) -> FastAPI:
    """As :func:`app_of`, on an async engine."""
    app = FastAPI()
    if idem is not None:
        idem.join(engine)
        idem.install(app)
    orm.dispose_with(app, engine)
    make = async_sessionmaker(engine)

    async def get_db() -> AsyncIterator[AsyncSession]:
        async with make() as db:
            yield db

    async def user(db: Annotated[AsyncSession, Depends(get_db)]) -> None:
        if authenticates != "no":
            await db.scalar(select(func.count()).select_from(Entry))
        if authenticates == "commits":
            db.add(Entry(who="login", amount=100))
            await db.commit()

    @app.post("/t", status_code=201, dependencies=[Depends(user)])
    @mark(idem)
    async def transfer(db: Annotated[AsyncSession, Depends(get_db)]) -> dict[str, str]:
        await pattern(db, make, engine)
        return {"done": "yes"}

    return app


@contextmanager
def engine_for(dsn: str, *, asynchronous: bool, driver: str = "psycopg", **options: Any) -> Iterator[Any]:
    """An engine of one connection: a second one that is wanted is waited for in vain."""
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 2, **options}
    if asynchronous:
        yield orm.async_engine(dsn, driver=driver, **options)
        return
    with orm.engine(dsn, **options) as made:
        yield made
        assert made.pool.checkedout() == 0, "a connection was not given back"  # type: ignore[attr-defined]


def posted(app: FastAPI, times: int = 1, **more: Any) -> list[Any]:
    """The answers to one request that is sent so often."""
    with TestClient(app, raise_server_exceptions=False) as client:
        return [client.post("/t", headers=HEADERS, **more) for _ in range(times)]


def amounts(db: Database) -> list[int]:
    return sorted(row[0] for row in db.execute("SELECT amount FROM ledger"))


@contextmanager
def failing_seal(db: Database) -> Iterator[None]:
    """No record can be stored meanwhile."""
    db.execute(FAILING)
    try:
        yield
    finally:
        db.execute("DROP TRIGGER no_record ON idempotency_records")


def idempotency(**options: Any) -> Idempotency:
    return Idempotency(principal=tenant, **options)


__all__ = ["sqlalchemy"]
