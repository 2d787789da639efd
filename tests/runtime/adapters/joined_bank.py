"""Handlers that only a session, or only a deferred constraint, makes possible."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from idem_runtime import Idempotency, money_moving
from tests.runtime import orm


def bank(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    Joined = Annotated[AsyncSession, Depends(idem.session)]

    async def audited(session: Joined) -> None:
        await session.execute(text("INSERT INTO ledger (amount) VALUES (1)"))

    @app.post("/stale/{status}", dependencies=[Depends(audited)])
    @money_moving
    async def stale(session: Joined, status: int, response: Response) -> dict[str, int]:
        entry = orm.Entry(amount=5)
        session.add(entry)
        await session.flush()
        await session.execute(text("DELETE FROM ledger WHERE id = :id"), {"id": entry.id})
        entry.amount = 6
        with pytest.raises(StaleDataError):
            await session.flush()
        response.status_code = status
        return {}

    @app.post("/late")
    @money_moving
    async def late(session: Joined) -> dict[str, int]:
        session.add(orm.Entry(id=1, amount=5))
        return {}

    @app.post("/twice")
    @money_moving
    async def twice(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute("INSERT INTO once VALUES (1), (1)")

    return app
