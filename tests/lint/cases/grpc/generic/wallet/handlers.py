from __future__ import annotations

import functools

import grpc

from idem_runtime import money_moving


@money_moving
def post(request: bytes, context: grpc.ServicerContext) -> bytes:
    return request


def reverse(request: bytes, context: grpc.ServicerContext) -> bytes:
    return request


def by_kind(kind: str, request: bytes, context: grpc.ServicerContext) -> bytes:
    return kind.encode() + request


def stream(request: bytes, context: grpc.ServicerContext):
    yield request


def helper(request: bytes, context: grpc.ServicerContext) -> bytes:
    return request


def ledger_handler() -> grpc.GenericRpcHandler:
    methods = {
        "Post": grpc.unary_unary_rpc_method_handler(post),
        "Reverse": grpc.unary_unary_rpc_method_handler(money_moving(reverse), request_deserializer=None),
        "Settle": grpc.unary_unary_rpc_method_handler(functools.partial(by_kind, "settle")),
        "Entries": grpc.unary_stream_rpc_method_handler(stream),
        "Echo": grpc.unary_unary_rpc_method_handler(lambda request, context: request),
    }
    return grpc.method_handlers_generic_handler("bank.Ledger", methods)


class WalletRouter(grpc.GenericRpcHandler):
    """Chooses by the method's name at each call."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if handler_call_details.method == "/bank.Wallet/Transfer":
            return grpc.unary_unary_rpc_method_handler(self.transfer)
        return None

    def transfer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        return request
