import common as shared
from common import Router, new_router

api = Router(prefix="/a")
money = new_router("/money")


@api.post("/wallet/one")
def one(): return {}


@money.post("/wallet/two")
def two(): return {}


three_routes = shared.HttpRouter()


@three_routes.post("/wallet/three")
def three(): return {}


api.include_router(money)
api.include_router(three_routes)
