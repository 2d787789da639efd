"""A wallet on Sanic: ``python -m wallet_services.sanic_wallet 8080`` with the folder above on the path.

Before: ``idem-runtime migrate`` and ``psql -f schema.sql``. The DSN is in ``DATABASE_URL``.
"""

from __future__ import annotations

import sys
from typing import Any

from psycopg import AsyncConnection
from sanic import Blueprint, HTTPResponse, Request, Sanic, json
from sanic.exceptions import Unauthorized

from idem_runtime import Idempotency, money_moving, not_money_moving

TOKENS = {"Bearer alice's": "alice", "Bearer bob's": "bob"}  # stands for your authentication

idem = Idempotency(principal=lambda request: request.ctx.tenant)
wallet = Blueprint("wallet", url_prefix="/wallet")


class Insufficient(Exception):
    """The account has less than that."""


@wallet.on_request
async def authenticated(request: Request) -> None:
    if request.headers.get("authorization") not in TOKENS:
        raise Unauthorized
    request.ctx.tenant = TOKENS[request.headers["authorization"]]


@wallet.exception(Insufficient)
async def insufficient(request: Request, error: Insufficient) -> HTTPResponse:
    """What it answers is recorded, and what the handler had written before is undone."""
    return json({"error": "insufficient"}, status=402)


async def balance(db: AsyncConnection[Any], request: Request, account: str) -> int:
    asked = await db.execute(
        "SELECT coalesce(sum(amount), 0) FROM entries WHERE tenant = %s AND account = %s",
        (request.ctx.tenant, account),
    )
    return int((await asked.fetchone())[0])


@wallet.get("/<account:str>/entries")
async def read(request: Request, account: str) -> HTTPResponse:
    return json({"balance": await balance(await idem.connection(), request, account)})


@wallet.post("/<account:str>/entries")
@money_moving
async def enter(request: Request, account: str, db: AsyncConnection[Any] = idem.lent) -> HTTPResponse:
    await db.execute(
        "INSERT INTO entries (tenant, account, amount) VALUES (%s, %s, %s)",
        (request.ctx.tenant, account, int(request.json["amount"])),
    )
    if (now := await balance(db, request, account)) < 0:
        raise Insufficient
    return json({"balance": now}, status=201)


@wallet.post("/quotes")
@not_money_moving(reason="reads rates only")
async def quote(request: Request) -> HTTPResponse:
    return json({"fee": 1})


app = Sanic("wallet")
idem.install(app, require_marks=("wallet",))
app.blueprint(wallet)

if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), single_process=True)
