import httpx
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("bank")
client = httpx.Client(base_url="https://bank.example")


def transfer(arguments: dict) -> str:
    return client.post("/v1/transfers", json=arguments).text  # writes: proxy


def balance(arguments: dict) -> str:
    return client.get("/v1/balance", params=arguments).text


def quote(arguments: dict) -> str:
    return client.post("/v1/transfers/quote", json=arguments).text


HANDLERS = {"transfer": transfer, "balance": balance}
READERS = {"balance": balance, "quote": quote}


# moves: likely  kind: proxy  entry: tool  chain: run -> transfer  why: any function of the table
@mcp.tool()
def run(name: str, arguments: dict) -> str:
    handler = HANDLERS.get(name)
    if handler is None:
        raise ValueError(name)
    return handler(arguments)


# moves: no  entry: tool  why: the other table has none that moves
@mcp.tool()
def read(name: str, arguments: dict) -> str:
    return READERS[name](arguments)


# moves: likely  kind: proxy  entry: tool  chain: matched -> transfer
@mcp.tool()
def matched(name: str, arguments: dict) -> str:
    match name:
        case "send":
            return transfer(arguments)
        case _:
            return balance(arguments)
