from idem_runtime import money_moving


@money_moving
async def capture(): return {}


async def history(): return []


async def void(): return {}


async def approve(): return {}


async def cards(): return []


async def payout(): return {}
