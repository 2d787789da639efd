"""One way of one RPC through its method, in a thread or in an event loop.

The passage of HTTP requests fits as it is; an RPC differs in how a request is read, and in that its answer is a message that
is returned, or a status that is set on a context.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from idem_runtime.adapters.http.async_passage import AsyncHandling, AsyncPassage
from idem_runtime.adapters.http.passage import Passage, PassageOver
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.sync_passage import SyncPassage
from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer, answer_of, recorded, response_of
from idem_runtime.adapters.rpc.asyncio_waiting import AsyncioWaiting
from idem_runtime.adapters.rpc.codes import OK
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.refusals import refusal
from idem_runtime.adapters.rpc.requests import KEY_METADATA, RpcRequest
from idem_runtime.errors import IdempotencyError, RaisedSuccess
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.marks import Function, Mark, MoneyMoving, marked_function
from idem_runtime.model import Answer, Request, Response
from idem_runtime.protocol.fingerprint import Fingerprint
from idem_runtime.runtime import Runtime


class Context(Protocol):
    """What a method sees as its context: of one that is marked, it holds back what would be seen before COMMIT."""

    aborted: Exception | None
    """What an abort has raised, swallowed or not."""

    @property
    def time_left(self) -> float | None: ...
    @property
    def metadata(self) -> Metadata: ...
    def answer(self, body: bytes = b"") -> RpcAnswer: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What is sent: ``answer``, with the message that the method returned, if it did; ``None``: the reply as it is."""

    answer: RpcAnswer | None
    reply: Any = None


class RpcPassage(Passage):
    """One way of one RPC through its method. ``context`` is this way's own."""

    def __init__(self, runtime: Runtime, method: Method, request: RpcRequest, context: Context) -> None:
        """Nothing is admitted yet."""
        super().__init__(runtime)
        self.method = method
        self.request = request
        self.context = context

    @property
    def mark(self) -> Mark | None:
        """The method's."""
        return self.method.mark

    def handler(self) -> Function:
        """The marked function of this method."""
        return marked_function(self.method.behaviour)  # type: ignore[no-any-return]  # - the application's own

    def path(self) -> str:
        """Of the request."""
        return f"/{self.method.name}"

    def incoming(self) -> Incoming:
        """The request."""
        texts = tuple((name, value) for name, value in self.context.metadata if isinstance(value, str))
        head = Request("POST", self.path(), texts)
        return Incoming(
            native=self.context,
            head=head,
            body=lambda: self.request.wire,
            operation=lambda: self.method.name,
            time_left=self.context.time_left,
            key=lambda: self.request.key(head.header(KEY_METADATA)),
            fingerprint=self._fingerprint,
        )

    def _fingerprint(self, mark: MoneyMoving) -> Fingerprint:
        return self.request.fingerprint(mark, self.runtime.secrets)

    def problem(self, error: IdempotencyError) -> Response:
        """The answer that says ``error``."""
        return response_of(refusal(error))

    def native(self, response: Response) -> Told:
        """``response`` as it is sent."""
        return Told(answer_of(response))

    def read(self, native: Told) -> Answer:
        """The method's own answer, as it is stored.

        An abort that says OK stays a success that was raised, which is refused.
        """
        assert native.answer is not None  # only a marked method is admitted
        return recorded(native.answer, self.runtime.settings.replay_headers)

    def instead(self) -> Any:
        """What the decorator returns where the method is not called: the message of a replay.

        :raises PassageOver: there is none, or it has to go through again.
        """
        if self.answer is None or self.answer.status != 200:
            raise PassageOver
        return self.method.reply(self.answer.body)

    def arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The method's, with our connection where it asks for it."""
        return kwargs | {name: self.borrow_sync(kind) for name, kind in lent_parameters(function)}

    def conclude(self, reply: Any, error: Exception | None) -> Told:
        """What the method has answered; a message that cannot be sent is found out here, before anything is committed.

        :raises Exception: what it raised, where that is no answer. :raises TypeError: a message of another type.
        """
        aborted = self.context.aborted
        if error is not None and (aborted is None or not self.method.protected):
            raise error
        if aborted is not None:
            self.note(aborted)
        if not self.method.protected or self.decided:
            return Told(None, reply)
        answer = self.context.answer()
        if aborted is not None and answer.code == OK and self.execution is None:
            raise RaisedSuccess
        if aborted is not None or answer.code != OK:
            return Told(answer)
        return Told(self.context.answer(self.method.serialize(reply)), reply)


class SyncRpcPassage(RpcPassage, SyncPassage):
    """One way of one RPC through its method, in one thread."""

    def _go(self, dispatch: Callable[[], Any]) -> Any:
        """``dispatch`` is not needed: the method is known, and its arguments are this way's own."""
        told = super()._go(self._call)
        return told if self.answer is None else self.native(self.answer)

    def _call(self) -> Told:
        reply, error = None, None
        try:
            reply = self.method.behaviour(self.request.copy(), self.context)
        except Exception as raised:  # noqa: BLE001 - raised again by `conclude`, unless it is an abort
            error = raised
        return self.conclude(reply, error)


class AsyncRpcPassage(RpcPassage, AsyncPassage):
    """One way of one RPC through its method, in an event loop, or in a thread beside it."""

    waiting: AsyncioWaiting
    told: Told | None = None
    """What is to be sent."""

    async def application(self) -> None:
        """Call the method, and settle what came of it; who is cancelled is settled by ``go``."""
        reply, error = None, None
        try:
            reply = await self._call()
        except Exception as raised:  # noqa: BLE001 - raised again by `conclude`, unless it is an abort
            error = raised
        told = self.conclude(reply, error)
        if not self.decided:
            await self._settle_answer(told)
            self.told = told

    def _call(self) -> Any:
        call = partial(self.method.behaviour, self.request.copy(), self.context)
        return call() if self.method.is_async else self.waiting.of_method(call)

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
    ) -> None:
        """``waiting``: how this loop waits."""
        self.method = method
        self._new = partial(AsyncRpcPassage, runtime, method, request)
        self._waiting = waiting
        self._context = context

    @property
    def executing(self) -> bool:
        """Whether the method has been admitted and called."""
        return self.way is not None and self.way.started

    def passage(self) -> AsyncPassage:
        """One more way."""
        self.way = self._new(self._context())
        self.way.waiting, self.way.original = self._waiting, self.original
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
