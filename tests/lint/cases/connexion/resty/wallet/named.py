async def create():
    return {}, 201


async def post():
    return {}
