from functools import partial

from aiohttp import web

from idem_runtime import money_moving


async def deposit(request): return web.json_response({})


async def withdraw(request): return web.json_response({})


async def statement(request): return web.json_response([])


async def on_resource(request): return web.json_response({})


async def on_resource_read(request): return web.json_response({})


async def by_partial(rail, request): return web.json_response({"rail": rail})


async def route_def(request): return web.json_response({})


async def wrapped(request): return web.json_response({})


async def with_methods(request): return web.json_response({})


async def by_getattr(request): return web.json_response({})


async def preflight(request): return web.json_response({})


async def sub_handler(request): return web.json_response({})


ROUTES = (
    ("POST", "/wallet/deposit", deposit),
    ("POST", "/wallet/withdraw", withdraw),
    ("GET", "/wallet/statement", statement),
)


def setup(app: web.Application) -> None:
    router = app.router
    for method, path, handler in ROUTES:
        router.add_route(method, path, handler)
    resource = router.add_resource("/wallet/resource")
    resource.add_route("POST", on_resource)
    resource.add_route("GET", on_resource_read)
    router.add_post("/wallet/partial", partial(by_partial, "sepa"))
    router.add_routes([web.RouteDef("POST", "/wallet/route-def", route_def, {})])
    router.add_post("/wallet/wrapped", money_moving(wrapped))
    for verb in ("GET", "POST"):
        router.add_route(verb, "/wallet/verbs", with_methods)
    getattr(router, "add_post")("/wallet/getattr", by_getattr)


def cors(router) -> None:
    router.add_options("/wallet/cors", preflight)


def make_sub():
    app = web.Application()
    app.router.add_post("/wallet/sub", handler=sub_handler)
    return app
