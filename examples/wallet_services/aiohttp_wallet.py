"""A wallet on aiohttp: ``python -m wallet_services.aiohttp_wallet 8080`` with the folder above on the path.

Before: ``idem-runtime migrate`` and ``psql -f schema.sql``. The DSN is in ``DATABASE_URL``.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from idem_runtime import Idempotency, money_moving, not_money_moving

TENANT = web.RequestKey("tenant", str)
TOKENS = {"Bearer alice's": "alice", "Bearer bob's": "bob"}  # stands for your authentication
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

idem = Idempotency(principal=lambda request: request[TENANT])
routes = web.RouteTableDef()


class Insufficient(Exception):
    """The account has less than that."""


@web.middleware
async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.headers.get("authorization") not in TOKENS:
        raise web.HTTPUnauthorized
    request[TENANT] = TOKENS[request.headers["authorization"]]
    return await handler(request)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What it answers is recorded, and what the handler had written before is undone."""
    try:
        return await handler(request)
    except Insufficient:
        return web.json_response({"error": "insufficient"}, status=402)


async def balance(tenant: str, account: str) -> int:
    db = await idem.connection()
    asked = await db.execute(
        "SELECT coalesce(sum(amount), 0) FROM entries WHERE tenant = %s AND account = %s", (tenant, account)
    )
    return int((await asked.fetchone())[0])


@routes.view("/wallet/{account}/entries")
class Entries(web.View):
    async def get(self) -> web.Response:
        return web.json_response(
            {"balance": await balance(self.request[TENANT], self.request.match_info["account"])}
        )

    @money_moving
    async def post(self) -> web.Response:
        tenant, account = self.request[TENANT], self.request.match_info["account"]
        amount = int((await self.request.json())["amount"])
        db = await idem.connection()
        await db.execute(
            "INSERT INTO entries (tenant, account, amount) VALUES (%s, %s, %s)", (tenant, account, amount)
        )
        if (now := await balance(tenant, account)) < 0:
            raise Insufficient
        return web.json_response({"balance": now}, status=201)


@routes.post("/wallet/quotes")
@not_money_moving(reason="reads rates only")
async def quote(request: web.Request) -> web.Response:
    return web.json_response({"fee": 1})


def application() -> web.Application:
    app = web.Application(middlewares=[errors, authenticated])
    idem.install(app, require_marks=("wallet",))
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]))
