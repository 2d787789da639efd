"""One way of one RPC through its method, in an event loop, or in a thread beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from idem_runtime.adapters.asyncio_waiting import AsyncioWaiting
from idem_runtime.adapters.http.async_passage import AsyncHandling, AsyncPassage
from idem_runtime.adapters.rpc.method_left import as_exception
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.passage import Context, RpcPassage, Told
from idem_runtime.adapters.rpc.refusals import refusal
from idem_runtime.adapters.rpc.requests import RpcRequest
from idem_runtime.errors import IdempotencyError
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.marks import Function
from idem_runtime.model import Response
from idem_runtime.runtime import Runtime


def _called(call: Callable[[], Any]) -> Any:
    """In a thread, where ``sys.exit()`` would end the event loop that waits for it."""
    try:
        return call()
    except BaseException as error:  # noqa: BLE001 - raised as what a loop takes for an exception
        exception = as_exception(error)
        raise exception from exception.__cause__


class AsyncRpcPassage(RpcPassage, AsyncPassage):
    """One way of one RPC through its method, in an event loop, or in a thread beside it."""

    threads: AsyncioWaiting
    """What ``waiting`` is."""
    told: Told | None = None
    """What is to be sent."""

    async def application(self) -> None:
        """Call the method, and settle what came of it; who is cancelled is settled by ``go``."""
        reply, error = None, None
        try:
            reply = await self.call_method()
        except Exception as raised:  # noqa: BLE001 - raised again by `conclude`, unless it is an abort
            error = raised
        told = self.conclude(reply, error)
        if not self.decided:
            await self._settle_answer(told)
            self.told = told

    def call_method(self) -> Any:
        """Something to await that gives the reply."""
        call = partial(self.method.behaviour, self.message(), self.context)
        return call() if self.method.is_async else self.threads.of_method(partial(_called, call))

    async def _settle_answer(self, told: Told) -> None:
        if self.execution is not None:
            await self.settle(self.read(told), self.raised)
            return
        try:
            if self.lent is not None:
                await self.waiting.shielded(self.lent.settling(keep=self.raised is None))
        except IdempotencyError as error:
            self.refuse(error)
        self.sealed = True

    async def send(self, answer: Response) -> None:
        """``answer`` is what is to be sent."""
        self.told = self.native(answer)

    async def awaited_arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The method's, with our connection where it asks for it."""
        return kwargs | {name: await self.borrow_async(kind) for name, kind in lent_parameters(function)}


class AsyncRpcHandling(AsyncHandling):
    """One RPC in an event loop. ``context`` makes one for each way."""

    way: AsyncRpcPassage | None = None
    """The latest."""

    def __init__(
        self,
        runtime: Runtime,
        method: Method,
        request: RpcRequest,
        waiting: AsyncioWaiting,
        context: Callable[[], Context],
        *,
        passage: type[AsyncRpcPassage] = AsyncRpcPassage,
    ) -> None:
        """``waiting``: how this loop waits. ``passage``: how a framework's methods are called."""
        self.method = method
        self._new = partial(passage, runtime, method, request)
        self._waiting = waiting
        self._context = context

    @property
    def executing(self) -> bool:
        """Whether the method has been admitted and called."""
        return self.way is not None and self.way.started

    def passage(self) -> AsyncPassage:
        """One more way."""
        self.way = self._new(self._context())
        self.way.waiting = self.way.threads = self._waiting
        self.way.original = self.original
        return self.way

    def rewind(self) -> None:
        """Nothing is left of the way before: request and context were its own."""

    async def answer(self) -> Told:
        """Go through until an answer stands.

        :raises Exception: what the method raised.
        """
        refused = await self.handle()
        if refused is not None:
            return Told(refusal(refused))
        assert self.way is not None
        assert self.way.told is not None
        return self.way.told
