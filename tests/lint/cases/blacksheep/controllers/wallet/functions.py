from blacksheep import get, post
from blacksheep.server.routing import router as default_router
from blacksheep import route as any_route

from idem_runtime import money_moving


@post("/wallet/default-router")
@money_moving
async def on_default_router(): return {}


@get("/wallet/default-router")
async def on_default_router_get(): return {}


@any_route("/wallet/any-route", methods=["POST", "PUT"])
async def any_route_handler(): return {}


async def added(): return {}


default_router.add_post("/wallet/default-router/added", added)
