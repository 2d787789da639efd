from robyn import SubRouter

from idem_runtime import money_moving

wallet = SubRouter(prefix="/wallet")
payouts = SubRouter(prefix="/payouts")


@wallet.post("/transfers")
@money_moving
async def transfer(request): return {}


@wallet.post("/deposits")
def deposit(request): return {}


@wallet.get("/deposits")
def deposits(request): return []


@payouts.post("/start")
def payout(request): return {}


wallet.add_route("POST", "/added", lambda request: {})
wallet.include_router(payouts)
