from aiohttp import web
from aiohttp.web import View

from idem_runtime import money_moving


class Base(View):
    async def post(self): return web.json_response(await self.execute())

    async def execute(self): raise LookupError


class Wallet(web.View):
    @money_moving
    async def post(self): return web.json_response({})

    async def get(self): return web.json_response({})


class Reads(View):
    async def get(self): return web.json_response({})


class Inherits(Base):
    async def execute(self): return {}


class CreateMixin:
    async def post(self): return web.json_response({})


class Mixed(CreateMixin, View):
    async def get(self): return web.json_response({})


class Star(View):
    async def post(self): return web.json_response({})


class PostOnly(View):
    async def post(self): return web.json_response({})


class GetOnly(View):
    """Has a post that no route reaches."""

    async def get(self): return web.json_response({})

    async def post(self): return web.json_response({})


class AddPost(View):
    async def post(self): return web.json_response({})


class Listed(View):
    async def post(self): return web.json_response({})


TABLE = {"/wallet/listed": Listed}
