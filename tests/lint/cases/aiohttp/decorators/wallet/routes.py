import functools

import aiohttp
from aiohttp import ClientSession, hdrs, web
from aiohttp.web import RouteTableDef as Table
from aiohttp.web import json_response

from idem_runtime import money_moving, not_money_moving

routes = web.RouteTableDef()
r = Table()
post = r.post


def logged(fn):
    @functools.wraps(fn)
    async def wrapper(request): return await fn(request)

    return wrapper


@routes.post("/wallet/transfers")
@money_moving
async def transfer(request: web.Request) -> web.Response: return json_response({})


@routes.post("/wallet/deposits", name="deposit", expect_handler=None)
@logged
async def deposit(request): return json_response({})


@routes.get("/wallet/search")
@routes.post("/wallet/search")
@not_money_moving(reason="search")
async def search(request): return json_response({})


@routes.route("*", "/wallet/any")
async def anything(request): return json_response({})


@routes.route("POST", "/wallet/route")
async def by_route(request): return json_response({})


@routes.route("post", "/wallet/lower")
async def lower(request): return json_response({})


@routes.route(hdrs.METH_POST, "/wallet/constant")
async def constant(request): return json_response({})


@r.route(method="POST", path="/wallet/keywords")
async def keywords(request): return json_response({})


@post("/wallet/bare")
async def bare(request): return json_response({})


@routes.route(hdrs.METH_ANY, "/wallet/any-constant")
async def any_constant(request): return json_response({})


@routes.view("/wallet/view")
class WalletView(web.View):
    async def get(self): return json_response({})

    @money_moving
    async def post(self): return json_response({})


@routes.view("/wallet/view/read")
class ReadView(web.View):
    async def get(self): return json_response({})


# Nothing below answers POST.
@routes.get("/wallet")
async def index(request):
    async with ClientSession() as session, session.post("https://ledger.bank.example/wallet") as answer:
        return json_response(await answer.json())


@routes.put("/wallet/limit")
@routes.patch("/wallet/limit")
async def limit(request): return json_response({})


@routes.route("GET", "/wallet/got")
async def got(request): return json_response({})


@routes.delete("/wallet")
async def close(request):
    async with aiohttp.request("POST", "https://ledger.bank.example/close") as answer:
        return json_response({"status": answer.status})
