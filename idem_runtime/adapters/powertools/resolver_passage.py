"""One way of one request through a resolver, sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from aws_lambda_powertools.event_handler import Response as LambdaResponse
from aws_lambda_powertools.event_handler.exceptions import ServiceError

from idem_runtime.adapters.http.async_passage import AsyncHandling, AsyncPassage
from idem_runtime.adapters.http.passage import Passage, PassageOver
from idem_runtime.adapters.http.problem_json import replayed
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.sync_passage import SyncPassage
from idem_runtime.adapters.powertools.resolver_call import Call, listed
from idem_runtime.adapters.powertools.resolver_deadline import OutOfTime, Watch
from idem_runtime.adapters.powertools.resolver_waiting import Waiting
from idem_runtime.errors import HandlerTimeout, IdempotencyError, TransactionBroken
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.execution.run_steps import Waits, run_async
from idem_runtime.marks import Function, Mark, MoneyMoving
from idem_runtime.model import Answer, Ask, Refuse, Response, Unstorable, Verdict

NO_TIME = (
    "Less of this invocation's time is left than the handler's effect needs to be undone in: retry with the same key. Where "
    "every request is told so, the function's timeout is not longer than install(margin=…)."
)


class Leaving(BaseException):
    """Leaves the handler's place with another answer than its own: what is validated is what handlers return.

    No ``Exception``, because those are the application's to handle.
    """

    def __init__(self, answer: LambdaResponse[Any] | None) -> None:
        """``answer``: the replay or refusal; ``None``: the request goes through again."""
        self.answer = answer


class ResolverPassage(Passage):
    """What both colours share."""

    answers: ClassVar[tuple[type[BaseException], ...]] = (ServiceError,)
    watch: Watch | None = None
    """Of the handler's time, where the invocation has a deadline."""
    returned = False
    """The handler has returned."""
    unmade = False
    """No response could be made of what the handler returned."""

    def __init__(self, call: Call) -> None:
        """Nothing is admitted yet."""
        super().__init__(call.runtime)
        self.call_ = call

    @property
    def mark(self) -> Mark | None:
        """The mark of this request's handler."""
        return self.call_.mark

    def handler(self) -> Function:
        """The function of this request's route."""
        return self.call_.route.func  # type: ignore[no-any-return]  # - the application's own

    def path(self) -> str:
        """Of the request."""
        return self.call_.head.path

    def incoming(self) -> Incoming:
        """The request; ``principal=`` of the application is called with the resolver's ``current_event``."""
        call = self.call_
        return Incoming(call.event, call.head, call.body, lambda: call.operation, call.time_left())

    def native(self, response: Response) -> Any:
        """``response`` as the resolver builds what Lambda returns of."""
        return self.call_.built(response)

    def read(self, native: Any) -> Answer:
        """``native`` as it is stored: what would fail to become JSON fails here, before anything is committed."""
        fits = self.call_.fits(native)
        response, body = native.response, native.response.body
        if not fits or not isinstance(body, str | bytes | None):
            return Unstorable(response.status_code)
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body or b""
        recorded = Response(
            int(response.status_code), self.runtime.storable(listed(response.headers)), content
        )
        return recorded if self.call_.fits(self.native(replayed(recorded))) else Unstorable(recorded.status)

    def as_recorded(self, native: Any, recorded: Response) -> Any:
        """``recorded``; of ``native``, the headers that are never stored, and its cookies."""
        replay, left = self.native(recorded), native.response
        stored = {name for name, _ in (*self.runtime.storable(listed(left.headers)), *recorded.headers)}
        own = {name: value for name, value in left.headers.items() if name.lower() not in stored}
        replay.response.headers.update(own)
        replay.response.cookies = left.cookies
        return replay

    def keeps_lent(self, native: Any) -> bool:
        """Whether it is committed: not with an answer that cannot be sent, which is found out here."""
        return super().keeps_lent(native) and self.call_.fits(native)

    def instead(self) -> Any:
        """:raises Leaving: always."""
        raise Leaving(None if self.answer is None else self.native(self.answer).response)

    def arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The handler's, with our connection where it asks for it."""
        return kwargs | {name: self.borrow_sync(kind) for name, kind in lent_parameters(function)}

    def could_not_be_made(self, error: Exception) -> None:
        """``error`` came out of what makes a response of what the handler returned, or out of the handler itself."""
        self.note(error)
        self.unmade = self.returned

    # The deadline

    def claiming(self, execution: Execution) -> Waits[bool]:
        """Admit ``execution``, whose transaction may sit idle on the server until shortly before the deadline at most."""
        self.call_.must_be_current()
        left = self.call_.time_left()
        if left is not None and left <= 0:
            self.refuse(HandlerTimeout(NO_TIME))
            return False
        if left is not None:
            execution.ask = _idle_at_most(execution.ask, left)
        return (yield from super().claiming(execution))

    @contextmanager
    def running(self, execution: Execution) -> Generator[None, None, None]:
        """The context of the handler, which is watched as long as it runs.

        :raises HandlerTimeout: the handler was interrupted, because the deadline is near.
        """
        left = self.call_.time_left()
        try:
            with execution.running():
                if left is None or not execution.local:
                    yield
                else:
                    self.watch = Watch(execution, seconds=left, margin=self.call_.margin)
                    with self.watch:
                        yield
                self.returned = True
        except OutOfTime:
            raise HandlerTimeout from None

    @property
    def out_of_time(self) -> bool:
        """Whether the handler's effect is undone because the deadline was near."""
        return self.watch is not None and self.watch.over

    def settling(self, answer: Answer | None, raised: BaseException | None) -> Waits[None]:
        """Seal; an error answer that stands for a response that could not be made frees the key, whatever its status."""
        if self.unmade and isinstance(answer, Response) and answer.status >= 400:
            answer = None
        yield from super().settling(answer, raised)

    def finishing(
        self, execution: Execution, answer: Answer | None, raised: BaseException | None
    ) -> Waits[Verdict | None]:
        """Take the last steps of ``execution``; one that was out of time is undone, whatever its handler returned."""
        self.call_.must_be_current()
        if not self.out_of_time:
            return (yield from super().finishing(execution, answer, raised))
        verdict = yield from super().finishing(execution, None, raised or HandlerTimeout())
        ended_by_handler = isinstance(verdict, Refuse) and isinstance(verdict.error, TransactionBroken)
        return verdict if ended_by_handler else Refuse(HandlerTimeout())


def _idle_at_most(ask: Ask, seconds: float) -> Ask:
    return replace(ask, handler_timeout=min(ask.handler_timeout, seconds))


class SyncResolverPassage(ResolverPassage, SyncPassage):
    """Through ``resolve``."""


class AsyncResolverPassage(ResolverPassage, AsyncPassage):
    """Through ``resolve_async``, or an ASGI server."""

    through = False
    """What was decided at admission has gone through the application's own middleware."""

    def __init__(self, call: Call, dispatch: Callable[[], Awaitable[Any]], waiting: Waiting) -> None:
        """``dispatch``: goes through what the seal stands around."""
        super().__init__(call)
        self.waiting = waiting
        self._dispatch = dispatch
        self.built: Any = None

    async def application(self) -> None:
        """Goes through the application, and settles what comes of it."""
        try:
            self.built = await self._dispatch()
        except Leaving:
            raise PassageOver from None
        self.through = self.decided
        if self.execution is not None and not self.decided:
            await self.settle(self.read(self.built), self.raised)
        elif not self.decided:
            await self._keep_lent()

    async def _keep_lent(self) -> None:
        """What a handler that is not money-moving wrote is committed before its answer leaves."""
        try:
            if self.lent is not None:
                await run_async(self.lent.settling(keep=self.keeps_lent(self.built)))
        except IdempotencyError as error:
            self.refuse(error)
        self.sealed = True

    async def send(self, answer: Response) -> None:
        """Answer ``answer``; a refusal that has gone through the application is what that has made of it."""
        if self.through and self.replays:
            self.built = self.as_recorded(self.built, answer)
        elif not self.through:
            self.built = self.native(answer)

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit and await; a handler that is cancelled, because the deadline is near, has raised that."""
        try:
            return await super().acall(mark, function, args, kwargs)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or not self.out_of_time or self.watch is None or not self.watch.interrupted:
                raise
            task.uncancel()
            raise HandlerTimeout from None


class AsyncResolverHandling(AsyncHandling):
    """One request's ways through a resolver in an event loop."""

    def __init__(self, call: Call, dispatch: Callable[[], Awaitable[Any]], waiting: Waiting) -> None:
        """``dispatch``: goes through what the seal stands around."""
        self._call = call
        self._dispatch = dispatch
        self._waiting = waiting

    def passage(self) -> AsyncPassage:
        """One more way."""
        self._way = AsyncResolverPassage(self._call, self._dispatch, self._waiting)
        self._way.original = self.original
        return self._way

    def rewind(self) -> None:
        """Put the request back as it came in."""
        self._call.rewind()

    async def answer(self) -> Any:
        """What the resolver builds its answer of."""
        refused = await self.handle()
        return self._way.built if refused is None else self._way.native(self._way.problem(refused))
