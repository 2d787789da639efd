from aiohttp import web


def build() -> web.Application:
    sub = web.Application()
    table = web.RouteTableDef()

    @table.post("/wallet/nested")
    async def nested(request): return web.json_response({})

    @table.get("/wallet/nested")
    async def nested_get(request): return web.json_response({})

    sub.add_routes(table)
    return sub
