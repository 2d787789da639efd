from starlette.endpoints import HTTPEndpoint
from starlette.responses import JSONResponse


async def pay(request): return JSONResponse({})


async def hook(request): return JSONResponse({})


class Wallet(HTTPEndpoint):
    async def get(self, request): return JSONResponse({})

    async def post(self, request): return JSONResponse({})


class ReadOnly(HTTPEndpoint):
    async def get(self, request): return JSONResponse({})


async def raw_asgi(scope, receive, send):
    await JSONResponse({})(scope, receive, send)
