from litestar import HttpMethod, post
from litestar.handlers import HTTPRouteHandler


async def deposit() -> dict[str, str]: return {}


async def withdraw() -> dict[str, str]: return {}


async def called() -> dict[str, str]: return {}


async def rates() -> dict[str, str]: return {}


_TABLE = {"/wallet/deposit": deposit, "/wallet/withdraw": withdraw}
HANDLERS = [post(path)(fn) for path, fn in _TABLE.items()]
HANDLERS.append(HTTPRouteHandler("/wallet/called", http_method=HttpMethod.POST)(called))
HANDLERS.append(HTTPRouteHandler("/wallet/rates", http_method=HttpMethod.GET)(rates))


@post("/wallet/late")
async def late() -> dict[str, str]: return {}
