"""A wallet on Quart: ``python -m wallet_services.quart_wallet 8080`` with the folder above on the path.

Before: ``idem-runtime migrate`` and ``psql -f schema.sql``. The DSN is in ``DATABASE_URL``.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from psycopg import AsyncConnection
from quart import Blueprint, Quart, abort, g, request

from idem_runtime import Idempotency, money_moving, not_money_moving

TOKENS = {"Bearer alice's": "alice", "Bearer bob's": "bob"}  # stands for your authentication

idem = Idempotency(principal=lambda _: g.tenant)
wallet = Blueprint("wallet", __name__, url_prefix="/wallet")


class Insufficient(Exception):
    """The account has less than that."""


@wallet.before_request
async def authenticated() -> None:
    if request.headers.get("authorization") not in TOKENS:
        abort(401)
    g.tenant = TOKENS[request.headers["authorization"]]


@wallet.errorhandler(Insufficient)
async def insufficient(error: Insufficient) -> Any:
    """What it answers is recorded, and what the view had written before is undone."""
    return {"error": "insufficient"}, 402


async def balance(db: AsyncConnection[Any], account: str) -> int:
    asked = await db.execute(
        "SELECT coalesce(sum(amount), 0) FROM entries WHERE tenant = %s AND account = %s", (g.tenant, account)
    )
    return int((await asked.fetchone())[0])


@wallet.get("/<account>/entries")
async def read(account: str) -> Any:
    return {"balance": await balance(await idem.connection(), account)}


@wallet.post("/<account>/entries")
@money_moving
async def enter(account: str, db: AsyncConnection[Any] = idem.lent) -> Any:
    amount = int((await request.get_json())["amount"])
    await db.execute(
        "INSERT INTO entries (tenant, account, amount) VALUES (%s, %s, %s)", (g.tenant, account, amount)
    )
    if (now := await balance(db, account)) < 0:
        raise Insufficient
    return {"balance": now}, 201


@wallet.post("/quotes")
@not_money_moving(reason="reads rates only")
async def quote() -> Any:
    return {"fee": 1}


app = Quart(__name__)
idem.install(app, require_marks=("wallet",))
app.register_blueprint(wallet)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
