"""A caller over gRPC that says when an RPC leaves, and when its answer is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from idem_runtime.client import Intent
from idem_runtime.client.grpc import IdempotentInterceptor
from tests.runtime.client.callers import QUICK, Answer, Caller
from tests.runtime.client.grpc_messages import RECONNECT, Receipt, Transfer


class Stepping(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """What gRPC does to the network is out of Python's sight."""

    def __init__(self, step: Callable[[], None]) -> None:
        self.step = step

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        self.step()
        outcome = continuation(client_call_details, request)
        self.step()
        return outcome


def with_grpc(step: Callable[[], None]) -> Caller:
    def pay(url: str, amount: int, *, intent: Intent, **_: Any) -> Answer:
        with grpc.insecure_channel(url.removeprefix("http://"), options=RECONNECT) as plain, intent:
            channel = grpc.intercept_channel(plain, IdempotentInterceptor(QUICK), Stepping(step))
            call = channel.unary_unary(
                "/bank.Wallet/Transfer", Transfer.SerializeToString, Receipt.FromString
            )
            receipt = call(Transfer(amount=amount), timeout=10)
            return Answer(0, amount, receipt.id, 1, replayed=False)

    return pay
