"""A wallet on Litestar: ``python -m wallet_services.litestar_wallet 8080`` with the folder above on the path.

Before: ``idem-runtime migrate`` and ``psql -f schema.sql``. The DSN is in ``DATABASE_URL``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import uvicorn
from litestar import Controller, Litestar, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody
from psycopg import AsyncConnection

from idem_runtime import Idempotency, money_moving, not_money_moving

TOKENS = {"Bearer alice's": "alice", "Bearer bob's": "bob"}  # stands for your authentication

idem = Idempotency(principal=lambda request: request.state.tenant)


class Insufficient(Exception):
    """The account has less than that."""


def insufficient(request: Request[Any, Any, Any], error: Insufficient) -> Response[dict[str, str]]:
    """What it answers is recorded, and what the handler had written before is undone."""
    return Response({"error": "insufficient"}, status_code=402)


async def authenticated(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    if connection.headers.get("authorization") not in TOKENS:
        raise NotAuthorizedException
    connection.state.tenant = TOKENS[connection.headers["authorization"]]


async def tenant_of(request: Request[Any, Any, Any]) -> str:
    return request.state.tenant


async def balance(db: AsyncConnection[Any], tenant: str, account: str) -> int:
    asked = await db.execute(
        "SELECT coalesce(sum(amount), 0) FROM entries WHERE tenant = %s AND account = %s", (tenant, account)
    )
    return int((await asked.fetchone())[0])


@dataclass
class Entry:
    amount: int


class Wallet(Controller):
    path = "/wallet"
    guards = (authenticated,)
    dependencies: ClassVar = {"tenant": Provide(tenant_of), "db": Provide(idem.connection)}

    @get("/{account:str}/entries")
    async def read(
        self, account: FromPath[str], tenant: NamedDependency[str], db: NamedDependency[AsyncConnection]
    ) -> dict[str, int]:
        return {"balance": await balance(db, tenant, account)}

    @post("/{account:str}/entries")
    @money_moving
    async def enter(
        self,
        account: FromPath[str],
        data: JSONBody[Entry],
        tenant: NamedDependency[str],
        db: NamedDependency[AsyncConnection],
    ) -> dict[str, int]:
        await db.execute(
            "INSERT INTO entries (tenant, account, amount) VALUES (%s, %s, %s)",
            (tenant, account, data.amount),
        )
        if (now := await balance(db, tenant, account)) < 0:
            raise Insufficient
        return {"balance": now}

    @post("/quotes")
    @not_money_moving(reason="reads rates only")
    async def quote(self) -> dict[str, int]:
        return {"fee": 1}


app = Litestar([Wallet], exception_handlers={Insufficient: insufficient})
idem.install(app, require_marks=("wallet",))

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
