from fastapi import APIRouter, Depends
from fastapi_utils.cbv import cbv

from idem_runtime import money_moving

router = APIRouter(prefix="/wallet")


def tenant() -> str: return "t"


@cbv(router)
class Transfers:
    tenant: str = Depends(tenant)

    @router.post("/transfers")
    @money_moving
    async def create(self, amount: int): return {"amount": amount, "tenant": self.tenant}

    @router.get("/transfers")
    async def index(self): return []

    @router.api_route("/transfers/cancel", methods=["POST"])
    def cancel(self): return {}

    def post(self, entry): return entry


payouts = APIRouter(prefix="/wallet")


@cbv(payouts)
class Payouts:
    @payouts.post("/payouts")
    def create(self): return {}
