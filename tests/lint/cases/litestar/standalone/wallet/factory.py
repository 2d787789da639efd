from litestar import get, post


def build(currency: str) -> list:
    @post(f"/wallet/{currency}/exchange")
    async def exchange() -> dict[str, str]: return {"currency": currency}

    @get(f"/wallet/{currency}/rate")
    async def rate() -> dict[str, str]: return {"currency": currency}

    return [exchange, rate]
