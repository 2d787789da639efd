"""What the case files of gRPC do not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### without the generated module, a servicer's methods are told by their arguments
import bank_pb2_grpc
from idem_runtime import money_moving

class Wallet(bank_pb2_grpc.WalletServicer):
    def Transfer(self, request, context):  # found
        return self.book(request, context)

    @money_moving
    async def pay_out(self, request, _ctx):  # found: money_moving
        pass

    @logged
    def Quote(self, request, _):  # found
        pass

    def book(self, request, ctx=None):
        pass

    def reply(self, request, account):
        pass

    def close(self):
        pass

    def _check(self, request, context):
        pass

    LIMIT = 3

### published modules, and bases that are made at run time
import grpc
from bank_protos import WalletServicer
from wallet.base import Common, LocalServicer
protos, services = grpc.protos_and_services("bank.proto")

class Wallet(WalletServicer):
    def Transfer(self, request, context):  # found
        pass

class Ledger(Common, services.LedgerServicer):
    def Post(self, request, context):  # found
        pass

class Sub(Ledger):
    def Reverse(self, request, context):  # found
        pass

class Local(LocalServicer):
    def Post(self, request, context):
        pass

--- wallet/base.py
import bank_pb2_grpc
import grpc

class Common:
    def Check(self, request, context):  # found
        pass

class LocalServicer:
    pass

class Half(bank_pb2_grpc.HalfServicer):
    def Post(self, request, context):  # found
        pass

### what is added to a server is a servicer
import grpc
from grpc_health.v1 import health
from bank_pb2_grpc import WalletServicer, add_LedgerServicer_to_server, add_WalletServicer_to_server
from idem_runtime import money_moving

class Ledger:
    def Post(self, request, context):  # found
        pass

    def serve(self):
        add_LedgerServicer_to_server(self, grpc.server(None))

class Fees:
    @money_moving
    def Charge(self, request, context):  # found: money_moving
        pass

class Annotated:
    def Charge(self, request, context):  # found
        pass

class Given:
    def Charge(self, request, context):  # found
        pass

class Listed:
    def Charge(self, request, context):  # found
        pass

class Registered:
    def Charge(self, request, context):  # found
        pass

class Other:
    def Charge(self, request, context):
        pass

class App:
    def __init__(self, fees: Annotated):
        self.fees = fees

    def start(self, server):
        add_LedgerServicer_to_server(self.fees, server)

    def add(self, servicer):
        add_LedgerServicer_to_server(servicer, grpc.server(None))

def add(servicer, server):
    add_LedgerServicer_to_server(servicer, server)

def never(servicer, server):
    add_LedgerServicer_to_server(servicer, server)  # undecided

def known_elsewhere(server):
    add_LedgerServicer_to_server(health.LedgerServicer(), server)
    add_LedgerServicer_to_server()  # undecided

def add_named(servicer=None):
    add_LedgerServicer_to_server(servicer, None)  # undecided

def run(add, server=None):
    add(Other(), server)

add(Fees(), grpc.server(None))
App(None).add(Given())
add_named()
register(add_LedgerServicer_to_server, Registered())
TABLE = {add_LedgerServicer_to_server: Listed(), **OTHERS}
ROW = [add_LedgerServicer_to_server, 3]

### marks on servicers that are added
import bank_pb2_grpc
import grpc
from idem_runtime import money_moving
server = grpc.server(None)

class Early(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):  # found: money_moving
        pass

early = Early()
early.Post = money_moving(early.Post)
bank_pb2_grpc.add_LedgerServicer_to_server(early, server)

class Late(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):  # idle
        pass

late = Late()
late.limit: int
bank_pb2_grpc.add_LedgerServicer_to_server(late, server)
late.Post = money_moving(late.Post)

class Served(bank_pb2_grpc.LedgerServicer):
    def Post(self, request, context):  # found: money_moving
        pass

def serve():
    bank_pb2_grpc.add_LedgerServicer_to_server(Served(), server)

Served.Post = money_moving(Served.Post)

class Typed:
    def Post(self, request, context):  # found
        pass

bank_pb2_grpc.add_LedgerServicer_to_server(Typed, server)
bank_pb2_grpc.add_LedgerServicer_to_server(Typed(), server)

### what a method consists of
import bank_pb2_grpc
from idem_runtime import money_moving

class Ledger(bank_pb2_grpc.LedgerServicer):
    async def Post(self, request, context):  # found: money_moving
        \"\"\"Books.\"\"\"
        return await self._book(request)

    def Reverse(self, request, context):  # found
        check(request)
        return self._book(request)

    def Settle(self, request, context):  # found
        return settle(request)

    def Sweep(self, request, context):  # found
        return self.elsewhere(request)

    def Close(self, request, context):  # found
        return context

    @money_moving
    async def _book(self, request):
        pass

### handlers made by hand, and those that interceptors pass on
import grpc
from idem_runtime import money_moving

def post(request, context):  # found: money_moving
    pass

def refuse(code):
    def terminate(request, context):
        context.abort(code, "no")
        raise RuntimeError("abort has raised")

    async def terminate_async(request, context):
        await context.abort(code, "no")

    return grpc.unary_unary_rpc_method_handler(terminate), grpc.unary_unary_rpc_method_handler(terminate_async)

class Interceptor(grpc.ServerInterceptor):
    def intercept_service(self, continuation, details):
        handler = continuation(details)

        def behavior(request, context):
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(
            behavior,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

HANDLERS = {"Post": grpc.unary_unary_rpc_method_handler(money_moving(post))}
OTHER = grpc.unary_stream_rpc_method_handler(behavior=HANDLERS.unknown)  # undecided

### a servicer that another module adds, and one whose base another module passes on
from bank_pb2_grpc import add_FeesServicer_to_server, add_LedgerServicer_to_server
import grpc

def serve(servicer):
    server = grpc.server(None)
    add_LedgerServicer_to_server(servicer, server)
    add_FeesServicer_to_server(container.fees(), server)

--- main.py
import bank_pb2_grpc as rpc
from wallet.app import serve
from wallet.ledger import Ledger

serve(Ledger())

--- wallet/ledger.py
class Ledger:
    def Post(self, request, context):  # found
        pass

--- wallet/fees.py
import grpc
from protos import rpc

class Fees(rpc.FeesServicer):
    def Charge(self, request, context):  # found
        pass

    def Refund(self, request, context):
        pass

--- protos/__init__.py
from protos import bank_pb2_grpc as rpc

--- protos/bank_pb2_grpc.py
# Generated by the gRPC Python protocol compiler plugin. DO NOT EDIT!
import grpc

class FeesServicer:
    def Charge(self, request, context):
        raise NotImplementedError("Method not implemented!")

class LedgerServicer:
    def Post(self, request, context):
        raise NotImplementedError("Method not implemented!")

### grpclib and betterproto
from bank_grpc import WalletBase
from bank import LedgerBase

class Wallet(WalletBase):
    async def Transfer(self, request, context):  # found
        pass

class Ledger(LedgerBase):
    async def post(self, entry):  # found
        pass

    async def helper(self, entry):
        pass

--- bank.py
# Generated by the protocol buffer compiler.  DO NOT EDIT!
from betterproto.grpc.grpclib_server import ServiceBase

class LedgerBase(ServiceBase):
    async def post(self, entry):
        raise NotImplementedError

    async def __rpc_post(self, stream):
        pass
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_the_linter_finds_what_the_comments_say(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


def test_an_rpc_is_judged_in_the_ledger_service_and_in_the_gateway(tmp_path: Path) -> None:
    source = "import bank_pb2_grpc\n\n\nclass S(bank_pb2_grpc.LedgerServicer):\n    def Post(self, request, context): ..."
    for folder in ("services/ledger", "services/integration-gateway", "services/catalog"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "service.py").write_text(source)
    findings = check([tmp_path], Config(root=tmp_path)).findings
    assert [(finding.code, finding.domain) for finding in findings] == [
        ("IDM001", "integration-gateway"),
        ("IDM001", "ledger"),
    ]


BETTERPROTO = """\
# Generated by the protocol buffer compiler.  DO NOT EDIT!
from betterproto.grpc.grpclib_server import ServiceBase


class LedgerBase(ServiceBase):
    async def post(self, entry):
        raise NotImplementedError
"""


def test_a_mark_that_generated_code_calls_in_a_way_of_its_own_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bank.py").write_text(BETTERPROTO)
    source = (
        "from bank import LedgerBase\nfrom idem_runtime import money_moving\n\n\n"
        "class Ledger(LedgerBase):\n    @money_moving\n    async def post(self, entry): ...\n"
    )
    (tmp_path / "ledger.py").write_text(source)
    (finding,) = check([tmp_path], Config(root=tmp_path, all_domains=True)).findings
    assert finding.code == "IDM003"
    assert "betterproto" in finding.message
    assert finding.advice == "generate the service with grpclib's own plugin, or use grpcio"
