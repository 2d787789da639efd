from platform_web.routing import CommandRouter

commands = CommandRouter("/wallet/commands")


@commands.command("/freeze")
async def freeze():
    return {}


@commands.query("/state")
async def state():
    return {}


@commands.post("/pay")
async def pay():
    return {}


@commands.upsert("/standing-order")
async def standing_order():
    return {}
