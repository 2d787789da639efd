"""For frameworks in an event loop whose handlers *return* the response, which is sent after the application is left."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable
from typing import Any

from idem_runtime.adapters.http.async_passage import AsyncHandling, AsyncPassage
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.execution.run_steps import run_async
from idem_runtime.marks import Function
from idem_runtime.model import Answer, Response


class ReturningPassage(AsyncPassage):
    """One way of one request through an application that returns its response."""

    returned: Any = None
    """The framework's response that is to be sent."""

    @abstractmethod
    def dispatch(self) -> Awaitable[Any]:
        """Go through the application; gives the framework's response."""

    @abstractmethod
    async def read(self, native: Any) -> Answer:
        """The framework's response ``native``, as it is stored."""

    @abstractmethod
    def as_recorded(self, native: Any, recorded: Response) -> Any:
        """``recorded`` in the place of ``native``, which the application's middleware made of it.

        Of ``native`` it keeps what is never stored and stands for this request: cookies, and other headers.
        """

    async def application(self) -> None:
        """Go through the application, and settle what comes of it."""
        self.returned = native = await self.dispatch()
        if self.decided:
            return
        if self.execution is not None:
            if not self.sealed:  # a stream that the application began itself is settled already
                await self.settle(await self.read(native), self.raised)
        elif self.lent is not None:
            await run_async(self.lent.settling(keep=self.keeps_lent(native)))
        self.sealed = True

    async def send(self, answer: Response) -> None:
        """``answer`` takes the place of what was returned."""
        replays = self.replays and self.returned is not None
        self.returned = self.as_recorded(self.returned, answer) if replays else self.native(answer)

    def arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The handler's, with our connection where a parameter has the default ``idem.lent``."""
        return kwargs | {name: self.borrow_sync(kind) for name, kind in lent_parameters(function)}

    async def awaited_arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """As :meth:`arguments`, for an async handler."""
        lent = {name: await self.borrow_async(kind) for name, kind in lent_parameters(function)}
        return kwargs | lent

    async def before_a_stream(self, answer: Answer) -> bool:
        """The application begins to send ``answer`` by itself; ``False``: it must not, because another takes its place."""
        if self.execution is None or self.sealed:
            if self.lent is not None and not self.sealed:
                # what a handler that is not money-moving wrote is committed before its answer leaves
                await run_async(self.lent.settling(keep=self.raised is None, reads=True))
            self.answered = True
            return True
        await self.settle(answer, self.raised)
        self.answered = not self.decided
        return self.answered


class ReturningHandling(AsyncHandling):
    """One request to such an application."""

    _last: ReturningPassage

    @abstractmethod
    def new_passage(self) -> ReturningPassage:
        """One more way, which knows nothing of those before it."""

    def passage(self) -> ReturningPassage:
        """One more way."""
        self._last = self.new_passage()
        self._last.original = self.original
        return self._last

    async def respond(self) -> Any:
        """Go through; the framework's response that is to be sent."""
        refused = await self.handle()
        return self._last.returned if refused is None else self._last.native(self._last.problem(refused))
