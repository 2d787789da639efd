"""One RPC, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc

from idem_runtime import Idempotency
from tests.runtime.adapters.grpc import rpc_client
from tests.runtime.adapters.grpc.bank_service import INSERT, bank_class, pb2, pb2_grpc, tenant

__all__ = ["BOTH", "INSERT", "Asked", "Asking", "bank_class", "pb2", "pb2_grpc", "serving", "tenant"]

BOTH = ("sync", "aio")


@dataclass(frozen=True)
class Asked:
    """``code``: of the status by name; ``problem``: of the refusal, if it is one."""

    code: str
    details: str
    reply: Any
    raw: bytes
    trailing: dict[str, Any]
    initial: dict[str, Any]
    problem: str | None = None

    @property
    def replayed(self) -> bool:
        return self.trailing.get("idempotent-replayed") == "true"


class Asking:
    """Speaks to one server; may be used by many threads."""

    def __init__(self, channel: grpc.Channel, service: str = rpc_client.SERVICE) -> None:
        self.channel = channel
        self.service = service

    def __call__(
        self,
        method: str = "Transfers",
        message: Any = None,
        *,
        key: str | None = "k",
        who: str = "alice",
        timeout: float | None = 30,
        metadata: tuple[tuple[str, Any], ...] = (),
    ) -> Asked:
        call = self.channel.unary_unary(f"/{self.service}/{method}")
        try:
            raw, done = call.with_call(
                _bytes(message), metadata=self.metadata(key, who) + metadata, timeout=timeout
            )
        except grpc.RpcError as error:
            problem = rpc_client.problem_of(error)
            return Asked(
                error.code().name,
                error.details(),
                None,
                b"",
                dict(error.trailing_metadata() or ()),
                dict(error.initial_metadata() or ()),
                None if problem is None else problem[0],
            )
        return Asked(
            "OK",
            done.details(),
            pb2.Reply.FromString(raw),
            raw,
            dict(done.trailing_metadata() or ()),
            dict(done.initial_metadata() or ()),
        )

    @staticmethod
    def metadata(key: str | None, who: str) -> tuple[tuple[str, Any], ...]:
        return (("x-tenant", who), *((("idempotency-key", key),) if key is not None else ()))

    def later(
        self, method: str = "Transfers", message: Any = None, *, key: str = "k", timeout: float | None = 30
    ) -> Any:
        """The call itself, which can be cancelled."""
        call = self.channel.unary_unary(f"/{self.service}/{method}")
        return call.future(_bytes(message), metadata=self.metadata(key, "alice"), timeout=timeout)


def _bytes(message: Any) -> bytes:
    if isinstance(message, bytes):
        return message
    serialized: bytes = (pb2.Ask(amount=5) if message is None else message).SerializeToString()
    return serialized


@contextmanager
def serving(
    idem: Idempotency, servicer: Any, *, aio: bool, prepare: Any = None, workers: int = 10, **channel: Any
) -> Iterator[Asking]:
    """``servicer`` on a server of its own, for which ``idem`` is installed."""
    add = partial(pb2_grpc.add_BankServicer_to_server, servicer)
    prepare = prepare or idem.install
    server = (
        rpc_client.aio_server(add, prepare=prepare, after=idem.aclose)
        if aio
        else rpc_client.sync_server(add, prepare=prepare, workers=workers)
    )
    try:
        with server as address, rpc_client.channel(address, **channel) as opened:
            yield Asking(opened)
    finally:
        if not aio:
            idem.close()
