import httpx

from idem_runtime import money_moving


async def forward(payload):
    async with httpx.AsyncClient() as client:
        return await client.post("https://rail.example/payouts", json=payload)


async def pay_out():
    return {}


async def quote():
    return {}


async def reverse(kind):
    return {"kind": kind}


def install(server):
    server.add_url_rule("/wallet/payouts", view_func=money_moving(pay_out), methods=["POST"])
    server.add_url_rule("/wallet/quotes", view_func=quote)

    @server.post("/wallet/forward")
    async def forward_it():
        return {}

    for kind in ("full", "part"):
        server.add_url_rule(
            f"/wallet/reversals/{kind}", endpoint=f"reverse-{kind}", view_func=reverse, methods=["post"], defaults={"kind": kind}
        )
