from idem_runtime import money_moving


async def search():
    return []


async def get(id):
    return {"id": id}


@money_moving
async def post(id=None):
    return {"id": id}
