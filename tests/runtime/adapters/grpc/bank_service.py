"""The service of the tests: light enough for a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.runtime.adapters.grpc.protos import generated

pb2, pb2_grpc = generated("rpc_bank")
INSERT = "INSERT INTO ledger (amount) VALUES (%s)"


def tenant(context: Any) -> str:
    """Who asks."""
    return str(dict(context.invocation_metadata()).get("x-tenant", ""))


def bank_class(**methods: Callable[..., Any]) -> Any:
    """A servicer with these methods; those that it has not are not implemented."""
    return type("Bank", (pb2_grpc.BankServicer,), methods)
