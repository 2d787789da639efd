async def post():
    return {}, 202


async def get():
    """The document has no GET here."""
    return {}
