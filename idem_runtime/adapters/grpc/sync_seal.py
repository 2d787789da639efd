"""The seal around a method that is called in a thread: what it answers is sent once effect, key and answer are committed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from idem_runtime.adapters.grpc.calls import Facts
from idem_runtime.adapters.grpc.held_context import HeldContext
from idem_runtime.adapters.grpc.noting_context import NotingContext
from idem_runtime.adapters.grpc.running import SyncRunning
from idem_runtime.adapters.grpc.seats import Seats
from idem_runtime.adapters.grpc.sending import failed, send
from idem_runtime.adapters.http.sync_passage import handle
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.passage import Told
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.adapters.rpc.sync_passage import SyncRpcPassage
from idem_runtime.errors import KeyReused
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.run_steps import Waits
from idem_runtime.runtime import Runtime


class SeatedPassage(SyncRpcPassage):
    """One way of an RPC on a sync server."""

    seats: Seats | None = None

    def claiming(self, execution: Execution) -> Waits[bool]:
        """Admit ``execution``; one that has to wait for another leaves its seat for that."""
        if self.seats is None or not _must_wait(execution):
            return (yield from super().claiming(execution))
        with self.seats.waiting():
            return (yield from super().claiming(execution))


def _must_wait(execution: Execution) -> bool:
    try:
        return execution.enter() is not None
    except KeyReused:  # the admission says it
        return False


def sealed(runtime: Runtime, method: Method, running: SyncRunning, seats: Seats | None) -> Callable[..., Any]:
    """What a server calls in the place of a sync method.

    ``seats``: the threads of its money-moving methods; ``None``: it has no such methods.
    """

    def call(message: Any, context: Any) -> Any:
        request, facts = RpcRequest(message), Facts.of(context) if method.protected else None
        way: SeatedPassage | None = None

        def passage() -> SeatedPassage:
            nonlocal way
            own = NotingContext(context) if facts is None else HeldContext(context, facts)
            way = SeatedPassage(runtime, method, request, own)
            way.seats = seats
            return way

        try:
            with running.one() if method.protected else nullcontext():
                told: Told = handle(passage, method.behaviour, _leave_nothing)
        except Exception as error:  # noqa: BLE001 - told of, or raised again
            told = failed(method, way, error)
        return send(method, context, told)

    if seats is not None and method.protected:
        call.experimental_thread_pool = seats  # type: ignore[attr-defined]  # - gRPC looks for it there
    return call


def _leave_nothing() -> None:
    """Between two ways nothing has to be put back: request and context were the first one's own."""
