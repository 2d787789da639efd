import stripe
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("money")


# moves: likely  kind: external  entry: tool  chain: send_money
@mcp.tool()
def send_money(account: str, cents: int) -> str:
    return stripe.Transfer.create(amount=cents, currency="eur", destination=account).id  # writes: external


# moves: no  entry: tool  why: it reads
@mcp.tool()
def balance() -> int:
    return stripe.Balance.retrieve().available[0].amount
