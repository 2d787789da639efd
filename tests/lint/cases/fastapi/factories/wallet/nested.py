from fastapi import APIRouter

from idem_runtime import money_moving


def build(limit: int) -> APIRouter:
    routes = APIRouter(prefix="/wallet")

    @routes.post("/pay")
    @money_moving
    async def pay(amount: int):
        return {"amount": min(amount, limit)}

    @routes.get("/pay")
    async def payments():
        return []

    def inner():
        @routes.post("/pay/batch")
        async def pay_batch():
            return []

    inner()
    routes.post("/pay/split")(make_splitter(3))
    routes.add_api_route("/pay/round", endpoint=make_rounder(), methods=["POST"])
    return routes


def make_splitter(parts: int):
    async def split(amount: int):
        return [amount // parts] * parts

    return split


def make_rounder():
    return lambda: {"rounded": True}
