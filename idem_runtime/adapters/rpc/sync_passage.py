"""One way of one RPC through its method, in one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idem_runtime.adapters.http.sync_passage import SyncPassage
from idem_runtime.adapters.rpc.method_left import as_exception
from idem_runtime.adapters.rpc.passage import RpcPassage, Told
from idem_runtime.marks import Function


class SyncRpcPassage(RpcPassage, SyncPassage):
    """One way of one RPC through its method, in one thread."""

    def _go(self, dispatch: Callable[..., Any]) -> Any:
        """``dispatch``: the method, whose arguments are this way's own."""
        told = super()._go(lambda: self._call(dispatch))
        return told if self.answer is None else self.native(self.answer)

    def _call(self, behaviour: Function) -> Told:
        reply, error = None, None
        try:
            reply = behaviour(self.message(), self.context)
        except BaseException as raised:  # noqa: BLE001 - raised again by `conclude`, unless it is an abort
            error = as_exception(raised)
        return self.conclude(reply, error)
