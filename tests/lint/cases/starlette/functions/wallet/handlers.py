import functools

from starlette.requests import Request
from starlette.responses import JSONResponse

from idem_runtime import money_moving, not_money_moving

METHODS = ["GET"] + ["POST"]


async def index(request): return JSONResponse([])


@money_moving
async def create(request: Request): return JSONResponse(await request.json(), status_code=201)


async def lower(request): return JSONResponse({})


def constant(request): return JSONResponse({})


@not_money_moving(reason="search with a body")
async def by_keyword(request): return JSONResponse({})


async def partially(request, rail): return JSONResponse({"rail": rail})


partial_handler = functools.partial(partially, rail="ach")


class Desk:
    async def pay(self, request): return JSONResponse({})

    async def show(self, request): return JSONResponse({})


desk = Desk()


async def mounted(request): return JSONResponse({})


async def routed(request): return JSONResponse({})


async def added(request): return JSONResponse({})


async def added_read(request): return JSONResponse({})


async def on_router(request): return JSONResponse({})


async def appended(request): return JSONResponse({})


async def raw_asgi(scope, receive, send):
    await JSONResponse({})(scope, receive, send)


async def unregistered(request): return JSONResponse({})
