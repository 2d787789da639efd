from aiohttp import web

from idem_runtime import money_moving


async def index(request): return web.json_response([])


@money_moving
async def opened(request): return web.json_response({})


async def closed(request): return web.json_response({})


class Payments:
    def __init__(self, rail): self.rail = rail

    def register(self, app):
        app.router.add_post("/wallet/refund", self.refund)
        app.router.add_get("/wallet/refund", self.show)
        app.router.add_route("*", "/wallet/proxy", self.proxy)

    async def pay(self, request): return web.json_response({})

    async def show(self, request): return web.json_response({})

    async def refund(self, request): return web.json_response({})

    async def proxy(self, request): return web.json_response({})
