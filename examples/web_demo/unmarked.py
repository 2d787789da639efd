"""The same transfer without its mark: ``uvicorn web_demo.unmarked:app``.

Its connection comes from the runtime as well: an ordinary transaction, committed before the answer leaves. What is between
the two services is the mark alone.
"""

from __future__ import annotations

from fastapi import FastAPI

from web_demo.bank import Db, Transfer, book, idem

app = FastAPI()
idem.install(app)


@app.post("/wallet/transfers", status_code=201)
async def transfer(order: Transfer, db: Db) -> dict[str, int]:
    return {"entry": await book(db, order)}
