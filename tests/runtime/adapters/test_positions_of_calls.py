"""RPC servers, MCP servers, Lambda's resolver and task queues: what is refused before anything is served, the linter says (IDM003); what
is taken, it takes.

The web frameworks' are in ``test_positions_at_start.py``. A program is refused where it is imported, where something is added to its
server, or where its first tool or event is asked for.
"""

from __future__ import annotations

import asyncio
import inspect
import shutil
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import celery._state
import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from idem_runtime import ConfigurationError
from tests.runtime.adapters.grpc.protos import FOLDER, generated, generated_for_grpclib

HEAD = """\
import functools
from idem_runtime import Idempotency, money_moving

idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "alice")


def showing(function):
    @functools.wraps(function)
    def shown(*args, **kwargs):
        return function(*args, **kwargs)

    return shown


def hiding(function):
    def hidden(*args, **kwargs):
        return function(*args, **kwargs)

    return hidden

"""
KINDS = {
    "grpc": (
        """
from concurrent.futures import ThreadPoolExecutor

import grpc
import rpc_bank_pb2_grpc as pb2_grpc

server = grpc.server(ThreadPoolExecutor(1))
idem.install(server, require_marks=("transfers",))
""",
        """
pb2_grpc.add_BankServicer_to_server(Bank(), server)
""",
    ),
    "grpc.generic": (
        """
from concurrent.futures import ThreadPoolExecutor

import grpc

server = grpc.server(ThreadPoolExecutor(1))
idem.install(server)
""",
        """
handlers = grpc.method_handlers_generic_handler("bank.Ledger", {"Post": handler})
server.add_generic_rpc_handlers((handlers,))
""",
    ),
    "grpc.aio": (
        """
import grpc.aio
import rpc_bank_pb2_grpc as pb2_grpc
""",
        """
async def start():
    server = grpc.aio.server()
    idem.install(server, require_marks=("transfers",))
    pb2_grpc.add_BankServicer_to_server(Bank(), server)
""",
    ),
    "grpclib": (
        """
import rpc_bank_grpc
from grpclib.server import Server
""",
        """
async def start():
    Bank.__abstractmethods__ = frozenset()
    idem.install(Server([Bank()]), require_marks=("transfers",))
""",
    ),
    "fastmcp": (
        """
from fastmcp import FastMCP

server = FastMCP("bank")
idem.install(server, require_marks=True)
""",
        """
async def start():
    await server.call_tool("pay", {"amount": 5})
""",
    ),
    "mcp": (
        """
from mcp.server.mcpserver import MCPServer

server = MCPServer("bank")
idem.install(server, require_marks=True)
""",
        """
async def start():
    await server.call_tool("pay", {"amount": 5})
""",
    ),
    "powertools": (
        """
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

app = APIGatewayRestResolver()
idem.install(app, require_marks=True)
""",
        """
def start():
    app.resolve({"httpMethod": "POST", "path": "/nothing", "headers": {}, "requestContext": {"stage": "$default"}}, None)
""",
    ),
    "celery": (
        """
import celery
from idem_runtime.adapters.queues.celery import MoneyTask

app = celery.Celery("bank", set_as_current=False, backend="rpc://")
""",
        """
app.finalize()
""",
    ),
    "dramatiq": (
        """
import dramatiq
from dramatiq.brokers.stub import StubBroker

broker = StubBroker()
""",
        "",
    ),
    "faststream": ("\nfrom faststream.redis import RedisBroker\n\nbroker = RedisBroker()\n", ""),
    "procrastinate": (
        """
import procrastinate
from procrastinate.testing import InMemoryConnector

app = procrastinate.App(connector=InMemoryConnector())
""",
        "",
    ),
    "arq": ("\nfrom idem_runtime.adapters.queues.arq import retry_later\n", ""),
}
MARK = '@money_moving(connection="inside")'
NAMED = (
    '@money_moving(connection="inside", operation="pay", key=lambda order: order, principal=lambda: "acme")'
)
RPC = """
class Bank(BASE):
    {stack}
    {kind} {name}(self, {arguments}): ...
"""


def rpc(
    stack: str, *, kind: str = "def", name: str = "Transfers", base: str = "pb2_grpc.BankServicer"
) -> str:
    """A servicer with one method below these decorators."""
    arguments = "stream" if base.startswith("rpc_bank") else "request, context"
    lines = "\n    ".join(stack.split("\n"))
    return RPC.format(stack=lines, kind=kind, name=name, arguments=arguments).replace("BASE", base)


GRPCLIB = "rpc_bank_grpc.BankBase"
TAKEN = {
    "grpc: on the method": rpc(MARK),
    "grpc: above what shows it": rpc(f"{MARK}\n@showing"),
    "grpc: below what shows it": rpc(f"@showing\n{MARK}"),
    "grpc: above what hides": rpc(f"{MARK}\n@hiding"),
    "grpc.generic: by hand": (
        f"{MARK}\ndef pay(request, context): ...\n\nhandler = grpc.unary_unary_rpc_method_handler(pay)\n"
    ),
    "grpc.aio: async": rpc(MARK, kind="async def"),
    "grpc.aio: sync": rpc(MARK),
    "grpclib: on the method": rpc(MARK, kind="async def", base=GRPCLIB),
    "fastmcp: below": f"@server.tool\n{MARK}\ndef pay(amount: int) -> None: ...\n",
    "fastmcp: below, called": f'@server.tool(name="pay")\n{MARK}\nasync def pay(amount: int) -> None: ...\n',
    "fastmcp: given": f"{MARK}\ndef pay(amount: int) -> None: ...\n\nserver.tool(pay)\n",
    "fastmcp: two tools, named": (
        f'{MARK[:-1]}, operation="pay")\ndef pay(amount: int) -> None: ...\n\nserver.tool(pay, name="pay")\nserver.tool(pay, name="pay_again")\n'
    ),
    "mcp: below": f"@server.tool()\n{MARK}\ndef pay(amount: int) -> None: ...\n",
    "mcp: given": f"{MARK}\ndef pay(amount: int) -> None: ...\n\nserver.add_tool(pay)\n",
    "mcp: marked where it is given": f"def pay(amount: int) -> None: ...\n\nserver.add_tool({MARK[1:]}(pay), name='pay')\n",
    "powertools: below": f'@app.post("/pay")\n{MARK}\ndef pay(): ...\n',
    "powertools: below what shows it": f'@app.post("/pay")\n@showing\n{MARK}\ndef pay(): ...\n',
    "celery: below": f"@app.task(base=MoneyTask)\n{NAMED}\ndef pay(order): ...\n",
    "celery: below, shared": f"@celery.shared_task\n{NAMED}\ndef pay(order): ...\n",
    "dramatiq: below": f"@dramatiq.actor(broker=broker)\n{NAMED}\ndef pay(order): ...\n",
    "faststream: below": f'@broker.subscriber(stream="pay")\n{NAMED}\nasync def pay(order: str): ...\n',
    "procrastinate: below": f"@app.task\n{NAMED}\ndef pay(order): ...\n",
    "arq: below": f"@retry_later\n{NAMED.replace('order', 'ctx')}\nasync def pay(ctx): ...\n",
}
REFUSED = {
    "grpc: below what hides it": rpc(f"@hiding\n{MARK}"),
    "grpc: on a stream": rpc(MARK, name="Watch"),
    "grpc: on a generator": rpc(MARK).replace("...", "yield request"),
    "grpc: on an async method": rpc(MARK, kind="async def"),
    "grpc.generic: a stream by hand": (
        f"{MARK}\ndef pay(requests, context): ...\n\nhandler = grpc.stream_unary_rpc_method_handler(pay)\n"
    ),
    "grpc.generic: a stream by hand, marked there": (
        f"def pay(request, context): ...\n\nhandler = grpc.unary_stream_rpc_method_handler({MARK[1:]}(pay))\n"
    ),
    "grpc.aio: on a stream": rpc(MARK, kind="async def", name="Watch"),
    "grpc.aio: below what hides it": rpc(f"@hiding\n{MARK}", kind="async def"),
    "grpclib: on a stream": rpc(MARK, kind="async def", name="Watch", base=GRPCLIB),
    "fastmcp: above": f"{MARK}\n@server.tool\ndef pay(amount: int) -> None: ...\n",
    "fastmcp: below what hides it": f"@server.tool\n@hidden_tool\n{MARK}\ndef pay(amount: int) -> None: ...\n",
    "fastmcp: two tools": (
        f'{MARK}\ndef pay(amount: int) -> None: ...\n\nserver.tool(pay, name="pay")\nserver.tool(pay, name="pay_again")\n'
    ),
    "mcp: above": f"{MARK}\n@server.tool()\ndef pay(amount: int) -> None: ...\n",
    "mcp: below what hides it": f"@server.tool()\n@hidden_tool\n{MARK}\ndef pay(amount: int) -> None: ...\n",
    "mcp: two tools": (
        f'{MARK}\ndef pay(amount: int) -> None: ...\n\nserver.add_tool(pay, name="pay")\nserver.add_tool(pay, name="pay_again")\n'
    ),
    "powertools: above": f'{MARK}\n@app.post("/pay")\ndef pay(): ...\n',
    "powertools: below what hides it": f'@app.post("/pay")\n@hiding\n{MARK}\ndef pay(): ...\n',
    "powertools: on a generator": f'@app.post("/pay")\n{MARK}\ndef pay():\n    yield 1\n',
    "celery: above": f"{NAMED}\n@app.task(base=MoneyTask)\ndef pay(order): ...\n",
    "celery: above, shared": f"{NAMED}\n@celery.shared_task\ndef pay(order): ...\n",
    "celery: below what hides it": f"@app.task(base=MoneyTask)\n@hiding\n{NAMED}\ndef pay(order): ...\n",
    "celery: on an async task": f"@app.task(base=MoneyTask)\n{NAMED}\nasync def pay(order): ...\n",
    "dramatiq: above": f"{NAMED}\n@dramatiq.actor(broker=broker)\ndef pay(order): ...\n",
    "faststream: above": f'{NAMED}\n@broker.subscriber(stream="pay")\nasync def pay(order: str): ...\n',
    "procrastinate: above": f"{NAMED}\n@app.task\ndef pay(order): ...\n",
    "arq: above": f"{NAMED.replace('order', 'ctx')}\n@retry_later\nasync def pay(ctx): ...\n",
    "arq: below what hides it": f"@retry_later\n@hiding\n{NAMED.replace('order', 'ctx')}\nasync def pay(ctx): ...\n",
}
HIDDEN_TOOL = """
def hidden_tool(function):
    def hidden(amount: int) -> None:
        return function(amount)

    return hidden

"""


@pytest.fixture(scope="module", autouse=True)
def services() -> None:
    generated("rpc_bank")
    generated_for_grpclib("rpc_bank")


def program(name: str, body: str) -> str:
    before, after = KINDS[name.partition(":")[0]]
    return f"{HEAD}{HIDDEN_TOOL}{before}\n{body}{after}"


def is_refused(source: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(celery._state, "_on_app_finalizers", set())  # shared tasks are every application's
    module = types.ModuleType("wallet")
    monkeypatch.setitem(sys.modules, "wallet", module)
    with warnings.catch_warnings():  # packages that import what others have deprecated
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, "wallet.py", "exec"), vars(module))
            start: Any = vars(module).get("start", lambda: None)
            asyncio.run(start()) if inspect.iscoroutinefunction(start) else start()
        except ConfigurationError:
            return True
        except Exception as error:
            assert "pay" in str(error) or "key" in str(error), (
                error
            )  # a tool without a key is refused, and so it is taken
    return False


def said(source: str, folder: Path) -> list[str]:
    for file in FOLDER.glob("rpc_bank*.py"):
        shutil.copy(file, folder)
    (folder / "wallet.py").write_text(source)
    findings = check([folder], Config(root=folder, all_domains=True), is_cached=False).findings
    return [f"{found.message} | {found.advice}" for found in findings if found.code == "IDM003"]


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_the_linter_takes(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = program(name, TAKEN[name])
    assert not is_refused(source, monkeypatch)
    assert said(source, tmp_path) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_the_linter_refuses(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = program(name, REFUSED[name])
    assert is_refused(source, monkeypatch)
    assert len(said(source, tmp_path)) == 1
