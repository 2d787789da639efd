"""MCP: tools, and routes beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### tools of FastMCP
from fastmcp import FastMCP
from fastmcp.tools import Tool, tool
from idem_runtime import money_moving

server = FastMCP("wallet")


@server.tool
@money_moving
def transfer(amount: int) -> int: ...  # found: money_moving


@money_moving
@server.tool
def above(amount: int) -> int: ...  # idle


@server.tool("pay")
def payout(amount: int) -> int: ...  # found


@server.tool(annotations={"destructiveHint": True})
async def charge(amount: int) -> int: ...  # found


def refund(amount: int) -> int: ...  # found


def tip(amount: int) -> int: ...  # found


def fee(amount: int) -> int: ...  # found


def levy(amount: int) -> int: ...  # found


server.add_tool(refund)
server.add_tool(Tool.from_function(tip))
server.add_tool(Tool.from_function(fn=levy, name="levy"))
server.tool(fee)


@tool
def alone(amount: int) -> int: ...  # found


@server.resource("wallet://balance")
def balance() -> int: ...

### routes, and the SDK's own server
from idem_runtime import money_moving
from mcp.server.fastmcp import FastMCP
from mcp.server.lowlevel import Server

server = FastMCP("wallet")


@server.custom_route("/transfers", methods=["POST"])
@money_moving
async def transfer(request): ...  # found: money_moving


@server.custom_route("/health", methods=["GET"])
async def health(request): ...


@server.tool()
def payout(amount: int) -> int: ...  # found


low = Server("wallet")


@low.call_tool()
async def call(name, arguments): ...  # found


@low.list_tools()
async def tools(): ...


async def handle(context, params): ...  # found


newer = Server("wallet", on_call_tool=handle)

### a tool of another package
from langchain.tools import tool


@tool
def transfer(amount: int) -> int: ...
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
