"""IDM201: a money-moving RPC whose request message has no field for the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from idem_lint.result_types import FileReport, Finding, Site
from idem_lint.rules.rule import Rule, RuleSettings
from idem_lint.rules.shared_phrases import full_name

_PROTO = """\
syntax = "proto3";
service Bank {{ rpc Transfer(TransferRequest) returns (TransferReply); }}
message TransferRequest {{{fields} int64 amount = 2; }}
message TransferReply {{}}
"""


class RpcRequestWithoutKey(Rule):
    code = "IDM201"
    name = "rpc-request-without-key"
    summary = "The request message of a money-moving RPC has no `string idempotency_key`."
    why = (
        "In gRPC the key is part of the contract: a field of the request, which every client sees in the `.proto` "
        "and no proxy drops (ADR-007). Metadata is read too, but nobody is told by it. Read are the project's "
        "`.proto` files and, where there are none, the `_pb2.pyi` beside the generated module; a mark with `key=` "
        "says itself where the key is."
    )
    per_file = False
    beside: ClassVar[Mapping[str, tuple[str, str]]] = {
        "protos/bank.proto": (_PROTO.format(fields=""), _PROTO.format(fields=" string idempotency_key = 1;"))
    }
    bad = """\
# protos/bank.proto:
#   service Bank { rpc Transfer(TransferRequest) returns (TransferReply); }
#   message TransferRequest { int64 amount = 2; }
import bank_pb2_grpc

from idem_runtime import money_moving


class Bank(bank_pb2_grpc.BankServicer):
    @money_moving
    def Transfer(self, request, context):
        return request.amount
"""
    good = """\
# protos/bank.proto:
#   service Bank { rpc Transfer(TransferRequest) returns (TransferReply); }
#   message TransferRequest { string idempotency_key = 1; int64 amount = 2; }
import bank_pb2_grpc

from idem_runtime import money_moving


class Bank(bank_pb2_grpc.BankServicer):
    @money_moving
    def Transfer(self, request, context):
        return request.amount
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in report.handlers:
            request = handler.keyless
            if request is not None:
                what = (
                    f"`{request.key} idempotency_key`, which is no text"
                    if request.key
                    else "no `idempotency_key`"
                )
                finding = self.on(
                    handler,
                    f"`{full_name(handler)}` is a money-moving RPC, and its request `{request.name}` has {what}",
                    f"add `string idempotency_key` to message {request.name}, with a number that is free (docs/grpc.md)",
                )
                yield replace(finding, related=(*finding.related, Site(request.place, "request")))
