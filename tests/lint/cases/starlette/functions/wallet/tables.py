from starlette.responses import JSONResponse
from starlette.routing import Route


async def hook(request): return JSONResponse({})


async def ping(request): return JSONResponse({})


async def deposit(request): return JSONResponse({})


async def withdraw(request): return JSONResponse({})


async def history(request): return JSONResponse([])


async def sweep(request): return JSONResponse({})


async def accrue(request): return JSONResponse({})


RAIL = [Route("/hook", hook, methods=["POST"]), Route("/ping", ping)]
_TABLE = {
    "/wallet/deposit": (deposit, ["POST"]),
    "/wallet/withdraw": (withdraw, ["POST"]),
    "/wallet/history": (history, ["GET"]),
}
ROUTES = [Route(path, fn, methods=methods) for path, (fn, methods) in _TABLE.items()]


def route(app, path, fn, *, methods=None):
    app.add_route(path, fn, methods=methods or ["POST"])


def install(application):
    for fn in (sweep, accrue):
        route(application, f"/wallet/{fn.__name__}", fn)
