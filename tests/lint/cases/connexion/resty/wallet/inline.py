async def order():
    return {}
