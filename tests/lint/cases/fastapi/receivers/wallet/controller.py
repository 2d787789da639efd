from fastapi import APIRouter


class Payouts:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.api = r = APIRouter(prefix="/payouts")
        r.add_api_route("/wallet", self.create, methods=["POST"])
        r.add_api_route("/wallet", self.show, methods=["GET"])
        self.api.post("/wallet/cancel")(self.cancel)

    async def create(self, amount: int):
        return {"amount": min(amount, self.limit)}

    async def show(self):
        return {}

    async def cancel(self):
        return {}
