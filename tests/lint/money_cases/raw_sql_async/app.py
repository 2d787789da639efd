from aiohttp import web

routes = web.RouteTableDef()


class Ledger:
    def __init__(self, pool) -> None:
        self.pool = pool

    async def move(self, source: int, target: int, cents: int) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("UPDATE account SET balance = balance - $2 WHERE id = $1", source, cents)  # writes: direct
            await connection.execute("UPDATE account SET balance = balance + $2 WHERE id = $1", target, cents)

    async def history(self, account: int) -> list:
        return await self.pool.fetch("SELECT * FROM posting WHERE account = $1", account)


LEDGER = web.AppKey("ledger", Ledger)


# moves: likely  kind: direct  chain: transfer -> Ledger.move
@routes.post("/transfer")
async def transfer(request: web.Request) -> web.Response:
    body = await request.json()
    await request.app[LEDGER].move(body["source"], body["target"], body["cents"])
    return web.Response(status=204)


# moves: no  why: it reads
@routes.post("/history")
async def history(request: web.Request) -> web.Response:
    body = await request.json()
    return web.json_response(await request.app[LEDGER].history(body["account"]))


@routes.view("/sweep")
class Sweep(web.View):
    # moves: likely  kind: direct  chain: Sweep.post -> Sweep.sweep -> Ledger.move
    async def post(self) -> web.Response:
        await self.sweep()
        return web.Response(status=204)

    async def sweep(self) -> None:
        await self.request.app[LEDGER].move(1, 2, 100)


app = web.Application()
app[LEDGER] = Ledger(None)
app.add_routes(routes)
