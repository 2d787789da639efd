"""A wallet as tools for agents: ``python -m agent_wallet.wallet_server 8080`` with the folder above on the path.

Before: ``idem-runtime migrate`` and ``psql -f schema.sql``. The DSN is in ``DATABASE_URL``.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from mcp_types import ToolAnnotations
from pydantic import BaseModel

from idem_runtime import Idempotency, money_moving, not_money_moving

TOKENS = {  # stands for your authorization server
    "alice's": {"client_id": "alice", "scopes": []},
    "bob's": {"client_id": "bob", "scopes": []},
}
LIMIT = 1_000

idem = Idempotency(principal=lambda _: get_access_token().client_id)


@asynccontextmanager
async def lifespan(_: FastMCP[Any]) -> AsyncIterator[None]:
    yield
    await idem.aclose()


server = FastMCP("wallet", auth=StaticTokenVerifier(tokens=TOKENS), lifespan=lifespan)


class Receipt(BaseModel):
    number: int
    payee: str
    amount: int


@server.tool
@money_moving
async def pay(payee: str, amount: int, idempotency_key: str | None = None) -> Receipt:
    """Pay a payee. Choose an idempotency_key that is new for each payment, and repeat it in every retry of that payment."""
    db = await idem.connection()
    asked = await db.execute(
        "INSERT INTO entries (tenant, payee, amount) VALUES (%s, %s, %s) RETURNING id",
        (get_access_token().client_id, payee, amount),
    )
    (number,) = await asked.fetchone()
    if amount > LIMIT:
        raise ToolError("over the limit")  # undoes the entry, and frees the key
    return Receipt(number=number, payee=payee, amount=amount)


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
@not_money_moving(reason="reads only")
async def limit() -> int:
    """What may be paid at once."""
    return LIMIT


idem.install(server, require_marks=True)

if __name__ == "__main__":
    server.run("http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
