from .web import BankPost, accepted, command as cmd, endpoint, money_post, query as ask


@endpoint("/wallet/pay")
async def pay() -> dict[str, str]: return {}


@money_post("/wallet/move")
async def move() -> dict[str, str]: return {}


@cmd("/wallet/command")
async def command() -> dict[str, str]: return {}


@ask("/wallet/query")
async def query() -> dict[str, str]: return {}


@accepted("/wallet/partial")
async def partial_post() -> dict[str, str]: return {}


@BankPost("/wallet/subclass")
async def sub() -> dict[str, str]: return {}
