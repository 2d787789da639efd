from classy_fastapi import Routable, get, post

from idem_runtime import money_moving


class Transfers(Routable):
    def __init__(self, fee: int) -> None:
        super().__init__()
        self.fee = fee

    @post("/wallet/transfers")
    @money_moving
    async def create(self): return {"fee": self.fee}

    @post("/wallet/transfers/bulk")
    async def bulk(self): return {}

    @get("/wallet/transfers")
    async def index(self): return []
