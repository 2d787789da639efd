"""For frameworks that run handlers in an event loop, or beside it in threads (ASGI, aiohttp)."""

from __future__ import annotations

import asyncio
import inspect
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar

from idem_runtime.adapters.http.handler_thread import HandlerThread
from idem_runtime.adapters.http.passage import Passage, PassageOver
from idem_runtime.admission_in_force import put_in_force, take_out_of_force
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import ConfigurationError, IdempotencyError, InProgress, KeyReused, RetriesExhausted
from idem_runtime.execution.current import current
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.rerun import backoff
from idem_runtime.execution.run_steps import Waits, run_async, run_sync
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import Again, Answer, Decision, Record, Verdict

T = TypeVar("T")


class Waiting(Protocol):
    """How a framework waits."""

    def in_thread(self, work: Callable[[], Any], *, takes: bool = False) -> Awaitable[Any]:
        """Run what waits for the database: in threads of its own, because all others may be waiting for it.

        What ``takes`` a connection has other threads than what gives one back: the one may be waiting for the other.
        """
        ...

    def from_thread(self, given: Awaitable[Any]) -> Any:
        """Wait, in the thread of a sync handler, for what the event loop has to do."""
        ...

    async def shielded(self, steps: Waits[T]) -> T:
        """Take ``steps`` to their end, whoever cancels."""
        ...


class OriginalsEnd:
    """Waits in the event loop for the execution that a sync handler would block a thread for, and knows what came of it."""

    def __init__(self, execution: Execution) -> None:
        """The first one that has to wait says until when."""
        self._deadline = execution.deadline
        self._place: tuple[str, str] | None = None
        self._record: Record | None = None

    async def wait(self, execution: Execution) -> bool:
        """Whether the original ended before the deadline."""
        try:
            ticket = execution.enter()
        except KeyReused:  # by whoever runs it now: the next passage says it
            return True
        if ticket is None:  # free by now
            execution.leave()
            return True
        left = max(0.0, self._deadline - time.monotonic())
        try:
            self._record = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(ticket)), left)
        except TimeoutError:
            return False
        self._place = (execution.ask.scope, execution.ask.key)
        return True

    def decision(self, execution: Execution) -> Decision | Again | None:
        """What the original's record means for ``execution``; ``None``: nothing is known."""
        mine = self._place == (execution.ask.scope, execution.ask.key)
        return execution.after_wait(self._record, lent=False) if mine else None


class AsyncPassage(Passage):
    """One way of one request through an application in an event loop."""

    has_loop = True
    waiting: Waiting
    """How the framework waits."""
    busy: Execution | None = None
    """It has to wait for another one, outside of the application: threads are for those who work."""
    original: OriginalsEnd | None = None
    """What was waited for already."""
    thread: HandlerThread | None = None
    """Of a sync handler."""
    left = False
    """The application is left: no handler may begin any more."""

    def blocking(self, work: Callable[[], Any], *, takes: bool = False) -> Any:
        """Run what waits for the database in a thread."""
        return self.waiting.in_thread(work, takes=takes)

    @abstractmethod
    def application(self) -> Awaitable[None]:
        """Goes through the application."""

    @abstractmethod
    async def send(self, answer: Any) -> None:
        """Send ``answer`` in the place of the application's own."""

    async def go(self) -> None:
        """Go through the application, and send the answer; see ``again``.

        Most requests are of handlers that are not money-moving: for those, no step here is a coroutine of its own.
        """
        token, admission = current.set(self), put_in_force(self)
        try:
            try:
                try:
                    try:
                        await self.application()
                    finally:
                        take_out_of_force(admission)
                        self.left = True
                        if self.thread is not None:
                            await self._handler_has_ended(self.thread)
                    if self.execution is not None and not self.sealed and not self.decided:
                        # without a whole response (the client left), there is nothing to keep
                        raised = self.raised or RuntimeError("the application sent no whole response")
                        await self.settle(None, raised)
                except BaseException as error:
                    if not await self._failed(error):
                        raise
            finally:
                self.sealed = True
                if self.unreleased:
                    await self.waiting.shielded(self.releasing())
        finally:
            if self.unreleased:  # again: what interrupts a program may cut the first one off
                await self.waiting.shielded(self.releasing())
            self.lent = None  # so that nothing here waits for the garbage collector
            current.reset(token)
        if self.answer is not None:
            await self.send(self.answer)

    async def _handler_has_ended(self, thread: HandlerThread) -> None:
        running = thread.close()
        if running is not None:
            await self.waiting.shielded(self._end_of_handler(running))

    def _end_of_handler(self, running: Future[None]) -> Waits[None]:
        """Wait for a ``def`` handler that goes on in its thread, because what called it was cancelled.

        Until it has ended, the connection and the key are its own; it is told that its attempt is lost.
        """
        if self.opened is not None:
            self.opened.attempt.lose()
        yield uncancelled(_end_of(running))

    async def _failed(self, error: BaseException) -> bool:
        return await self.waiting.shielded(self.failing(error))

    async def settle(self, answer: Answer | None, raised: BaseException | None) -> None:
        """Seal the application's answer, or take the effect back; to the end, whoever cancels."""
        await self.waiting.shielded(self.settling(answer, raised))

    def finishing(
        self, execution: Execution, answer: Answer | None, raised: BaseException | None
    ) -> Waits[Verdict | None]:
        """Take the last steps of ``execution``, those of a sync handler in one thread."""
        steps = execution.finishing(answer, raised)
        if execution.awaits:
            return (yield from steps)
        return (yield self.waiting.in_thread(partial(run_sync, steps, self.wait)))  # type: ignore[no-any-return]  # - what it is given

    def releasing(self) -> Waits[None]:
        """Give back all that is left. Twice is as once."""
        self.sealed = True
        opened = self.opened
        if opened is not None and opened.awaits:
            yield from opened.ending()
        elif opened is not None and not opened.over:
            yield self.waiting.in_thread(partial(run_sync, opened.ending(), self.wait))
        yield from self._releasing_lent()

    # What the mark asks

    def wait(self, given: Awaitable[Any]) -> Any:
        """Wait, in the thread of a sync handler, for what has to be awaited."""
        return self.waiting.from_thread(given)

    def claiming(self, execution: Execution) -> Waits[bool]:
        """Admit ``execution``; one of a sync handler that has to wait for another leaves the application for that."""
        if execution.awaits:
            return (yield from super().claiming(execution))
        decision = None if self.original is None else self.original.decision(execution)
        with suppress(KeyReused):  # the admission says it
            if decision is None and execution.enter() is not None:
                self.busy, self.again = execution, True
                return False
        if decision is None:
            return (yield from super().claiming(execution))
        self.opened = execution
        return self.admitted(execution, decision)

    def start(self) -> Execution:
        """The handler is called now.

        :raises ConfigurationError: the request was cancelled before.
        """
        self._must_not_be_left()
        return super().start()

    def _must_not_be_left(self) -> None:
        if self.left:
            raise ConfigurationError("the request was cancelled before its handler began")

    def call_handler(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit and call a sync handler, in the worker thread that the framework runs it in."""
        self.thread = HandlerThread()
        with self.thread:
            self._must_not_be_left()  # whoever leaves either sees the thread or is seen by it
            return super().call_handler(mark, function, args, kwargs)

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit an async handler, or pass on the call of another marked function."""
        if not self.is_handler(mark, function):
            return await self.elsewhere(mark, function).acall(mark, function, args, kwargs)
        if self.execution is None:
            admitted = await run_async(self.admitting(mark, function, args, kwargs, awaits=True))
            if not admitted:
                return self.instead()
        execution = self.start()
        try:
            with self.running(execution):
                return await function(*args, **await self.awaited_arguments(function, kwargs))
        except BaseException as error:
            self.raised = error
            await self.waiting.shielded(execution.taking_back())
            raise

    async def awaited_arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """As :meth:`arguments`, for an async handler: what an adapter adds may have to be awaited."""
        return self.arguments(function, kwargs)

    async def admit_early(self) -> None:
        """Admit the handler of this request here, before what follows: later dependencies, the body's validation, it itself.

        Nothing, where it is not money-moving.

        :raises PassageOver: it is replayed or refused. :raises ConfigurationError: its mark needs the handler's arguments.
        """
        mark = self.mark
        if self.execution is not None or not isinstance(mark, MoneyMoving):
            return
        function = self.handler()
        awaits = inspect.iscoroutinefunction(function)
        steps = self.admitting_early(mark, function, awaits=awaits)
        if not await (run_async(steps) if awaits else self._in_thread(steps)):
            raise PassageOver

    async def _in_thread(self, steps: Waits[bool]) -> bool:
        return await self.waiting.in_thread(partial(run_sync, steps, self.wait), takes=True)  # type: ignore[no-any-return]  # - what it is given


async def _end_of(running: Future[None]) -> None:
    await asyncio.wrap_future(running)


class AsyncHandling:
    """One request's ways through an application: one, unless it waits for another request or loses a conflict."""

    original: OriginalsEnd | None = None
    """What was waited for."""

    @abstractmethod
    def passage(self) -> AsyncPassage:
        """One more way."""

    @abstractmethod
    def rewind(self) -> None:
        """Put the request back as it came in."""

    async def handle(self) -> IdempotencyError | None:
        """Go through until an answer is sent; else what the caller is to be told."""
        lost = 0
        while True:
            way = self.passage()
            await way.go()
            if not way.again:
                return None
            self.rewind()
            if way.busy is not None:
                if not await self._wait(way.busy):
                    return InProgress()
            elif lost >= way.policy.retries:
                return RetriesExhausted()
            else:
                await asyncio.sleep(backoff(lost))
                lost += 1

    async def _wait(self, busy: Execution) -> bool:
        self.original = self.original or OriginalsEnd(busy)
        return await self.original.wait(busy)
