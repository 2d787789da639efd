"""The transfer with its mark: ``uvicorn web_demo.marked:app``."""

from __future__ import annotations

from fastapi import FastAPI

from idem_runtime import money_moving
from web_demo.bank import Db, Transfer, book, idem

app = FastAPI()
idem.install(app)


@app.post("/wallet/transfers", status_code=201)
@money_moving
async def transfer(order: Transfer, db: Db) -> dict[str, int]:
    return {"entry": await book(db, order)}
