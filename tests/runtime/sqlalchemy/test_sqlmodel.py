"""SQLModel's ``Session`` and ``AsyncSession``, classes unchanged."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from sqlmodel import Field, Session, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from idem_runtime import money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import records
from tests.runtime.sqlalchemy.bank import (
    Database,
    amounts,
    engine_for,
    failing_seal,
    idempotency,
    posted,
)


class Entry(SQLModel, table=True):
    __tablename__ = "ledger"
    id: int | None = Field(default=None, primary_key=True)
    who: str | None = None
    amount: int


def app_of(engine: Any, idem: Any) -> FastAPI:
    app = FastAPI()

    @idem.sessions
    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    idem.install(app)
    Db = Annotated[Session, Depends(get_session)]

    @app.post("/t", status_code=201, response_model=Entry)
    @money_moving
    def transfer(session: Db, body: Entry) -> Any:
        session.exec(select(Entry)).all()
        entry = Entry.model_validate(body)
        session.add(entry)
        session.commit()
        session.refresh(entry)
        return entry

    return app


def async_app_of(engine: Any, idem: Any) -> FastAPI:
    app = orm.dispose_with(FastAPI(), engine)

    @idem.sessions
    async def get_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            yield session

    idem.install(app)
    Db = Annotated[AsyncSession, Depends(get_session)]

    @app.post("/t", status_code=201, response_model=Entry)
    @money_moving
    async def transfer(session: Db, body: Entry) -> Any:
        (await session.exec(select(Entry))).all()
        entry = Entry.model_validate(body)
        session.add(entry)
        await session.commit()
        await session.refresh(entry)
        return entry

    return app


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_service_on_sqlmodel_is_joined_as_it_is(dsn: str, db: Database, asynchronous: bool) -> None:
    make = async_app_of if asynchronous else app_of
    with engine_for(dsn, asynchronous=asynchronous) as engine:
        idem = idempotency()
        app = make(engine, idem)
        with failing_seal(db):
            assert posted(app, json={"amount": 7})[0].status_code == 500
        assert amounts(db) == []
        first, again = posted(app, 2, json={"amount": 7})
        idem.close()
    assert (first.status_code, again.content) == (201, first.content)
    assert first.json()["amount"] == 7
    assert (amounts(db), records(db)) == ([7], 1)
