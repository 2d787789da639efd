"""For frameworks that run a handler in the thread of its request (WSGI)."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from idem_runtime.adapters.http.passage import Passage
from idem_runtime.admission_in_force import put_in_force, take_out_of_force
from idem_runtime.errors import IdempotencyError, RetriesExhausted
from idem_runtime.execution.current import Restoring, current
from idem_runtime.execution.rerun import backoff
from idem_runtime.execution.run_steps import Waits, run_sync
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import Answer, Response


class SyncPassage(Passage):
    """One way of one request through an application, in one thread."""

    @abstractmethod
    def read(self, native: Any) -> Answer:
        """The framework's response ``native``, as it is stored."""

    def go(self, dispatch: Callable[[], Any]) -> Any:
        """Dispatch, settle what comes of it, and give the framework's response; see ``again`` before.

        What is left is given back twice, because an exception out of a signal handler may cut the first one off.
        """
        token = current.set(self)
        try:
            try:
                admission = put_in_force(self)
                try:
                    return self._go(dispatch)
                finally:
                    take_out_of_force(admission)
            finally:
                self._give_back()
        finally:
            self._give_back()
            self.lent = None  # so that nothing here waits for the garbage collector
            current.reset(token)

    def _give_back(self) -> None:
        self.sealed = True
        if self.unreleased:
            run_sync(self.releasing())

    def _go(self, dispatch: Callable[[], Any]) -> Any:
        native: Any = None
        try:
            native = dispatch()
        except BaseException as error:
            if not run_sync(self.failing(error)):
                raise
        else:
            if self.decided:  # at admission, and what was answered went through the application's hooks
                return self.as_decided(native)
            run_sync(self._answering(native))
        return native if self.answer is None else self.native(self.answer)

    def as_decided(self, native: Any) -> Any:
        """What is sent where the answer was known before the application gave ``native``."""
        return self.as_recorded(native, self.answer) if self.replays and self.answer else native

    def as_recorded(self, native: Any, recorded: Response) -> Any:  # noqa: ARG002 - an adapter may keep some of it
        """``recorded`` in the place of ``native``, which the application's hooks made of it: it went through them before."""
        return self.native(recorded)

    def _answering(self, native: Any) -> Waits[None]:
        """The application has answered ``native`` by itself."""
        if self.execution is not None:
            yield from self.settling(self.read(native), self.raised)
            return
        try:
            if self.lent is not None:
                yield from self.lent.settling(keep=self.keeps_lent(native))
        except IdempotencyError as error:
            self.refuse(error)
        self.sealed = True

    def admit_early(self) -> Any:
        """Admit the handler of this request before what follows; the answer where it is replayed or refused."""
        mark, function = self.mark, self.handler()
        if self.execution is not None or not isinstance(mark, MoneyMoving):
            return None
        admitted = run_sync(self.admitting_early(mark, function, awaits=False), self.wait)
        return None if admitted else self.instead()

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """As :meth:`call`, for an async handler, which such a framework runs in an event loop of its own."""
        if not self.is_handler(mark, function):
            return await self.elsewhere(mark, function).acall(mark, function, args, kwargs)
        if self.execution is None:
            admitted = run_sync(self.admitting(mark, function, args, kwargs, awaits=False), self.wait)
            if not admitted:
                return self.instead()
        execution = self.start()
        try:
            with self.running(execution):
                return await function(*args, **self.arguments(function, kwargs))
        except BaseException as error:
            self.raised = error
            run_sync(execution.taking_back())
            raise


def handle(
    passage: Callable[[], SyncPassage], dispatch: Callable[[], Any], rewind: Callable[[], None]
) -> Any:
    """Go through the application until the answer stands: once, unless the transaction loses a conflict.

    ``passage`` makes one for each time; ``rewind`` puts the request back as it came in. The context of this thread, which
    goes on to serve others, is afterwards what it was.
    """
    context = Restoring()
    try:
        try:
            return _handle(passage, dispatch, rewind)
        finally:
            context.restore()
    finally:
        context.restore()


def _handle(
    passage: Callable[[], SyncPassage], dispatch: Callable[[], Any], rewind: Callable[[], None]
) -> Any:
    round_ = 0
    while True:
        way = passage()
        native = way.go(dispatch)
        if not way.again:
            return native
        rewind()
        if round_ >= way.policy.retries:
            return way.native(way.problem(RetriesExhausted()))
        time.sleep(backoff(round_))
        round_ += 1
