from platform_web.routing import VersionedRouter

routes = VersionedRouter()


@routes.post("/wallet/payouts", version=2)
async def payout():
    return {}


@routes.post("/wallet/payins")
async def payin():
    return {}
