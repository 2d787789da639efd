"""FastAPI applications whose principal chooses the database; FastAPI reads these annotations, so they are no texts."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from idem_runtime import Idempotency, money_moving, not_money_moving
from tests.runtime.calls import INSERT


def bank(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)

    @app.post("/sync", status_code=201)
    @money_moving
    def pay(db: Annotated[Any, Depends(idem.sync_connection)]) -> dict[str, int]:
        db.execute(INSERT, (7,))
        return {"amount": 7}

    @app.post("/async", status_code=201)
    @money_moving
    async def pay_async(db: Annotated[Any, Depends(idem.connection)]) -> dict[str, int]:
        await db.execute(INSERT, (7,))
        return {"amount": 7}

    @app.post("/note")
    @not_money_moving(reason="an ordinary write")
    async def note(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (0,))

    return app


def late(request: Request) -> None:
    """Somebody else asks, after the connection was lent."""
    request.state.tenant = "alice"


def changing(idem: Idempotency) -> FastAPI:
    """Handlers whose principal is not what it was when a dependency borrowed."""
    app = FastAPI()
    idem.install(app)

    @app.post("/marked")
    @money_moving(principal=lambda who: who)
    async def marked(who: str, db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    @app.post("/changed")
    @money_moving
    async def changed(
        db: Annotated[Any, Depends(idem.connection)], later: Annotated[None, Depends(late)]
    ) -> None: ...

    return app
