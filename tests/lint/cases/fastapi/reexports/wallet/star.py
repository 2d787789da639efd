from common import *

api = HttpRouter(prefix="/c")


@api.post("/wallet/star")
async def star(request: Request): return {}
