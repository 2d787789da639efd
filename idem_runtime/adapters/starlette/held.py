"""What the inner application of one passage reads and sends: the response is held back until effect, key and response are
committed.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request as StarletteRequest
from starlette.types import Message

from idem_runtime.adapters.http.problem_json import refusal, replayed
from idem_runtime.adapters.starlette.lending import Lending
from idem_runtime.adapters.starlette.messages import shielded
from idem_runtime.errors import IdempotencyError, NotExecuted
from idem_runtime.execution.run_async import AsyncExecution
from idem_runtime.execution.run_sync import SyncExecution
from idem_runtime.model import Again, Refuse, Replay, Response

if TYPE_CHECKING:
    from idem_runtime.adapters.starlette.seal import Passages


class Answered(Exception):
    """The answer is known: what the inner application has still to do (handler, background tasks) must not happen."""


class HeldResponse:
    """The response of one way through the inner application, and what becomes of the execution with it."""

    def __init__(self, passages: Passages) -> None:
        """Nothing is admitted yet: what is sent goes straight through."""
        self.seal = passages.seal
        self.runtime = passages.seal.runtime
        self.scope = passages.scope
        self.body = passages.body
        self.send = passages.send
        self._around = sys.exception()
        self.execution: AsyncExecution | SyncExecution | None = None
        self._started = False
        self.answer: Response | None = None
        self.again = False
        self.raised: BaseException | None = None
        self.unkept: Exception | None = None
        """Why the ordinary transaction that an external handler was lent could not be committed."""
        self.held: list[Message] = []
        self.sealed = False
        self._answered = False
        self.lent = Lending(self.runtime, self.seal.sealing)

    def _decided_already(self) -> bool:
        return self.again or self.answer is not None

    async def _receive(self) -> Message:
        try:
            return await self.body.receive()
        except (
            IdempotencyError
        ) as error:  # said here, because frameworks make a 400 of what reading a body raises
            self.answer = self._problem(error)
            raise

    async def _send(self, message: Message) -> None:
        if self._decided_already():
            return  # decided: whatever else is sent has no reader
        if self.execution is None or self.sealed:
            if message["type"] == "http.response.start" and not self.sealed:
                await self.lent.settle(keep=self._being_handled() is None, reads=True)
            self._answered = True  # by the application itself: nothing may be sent besides
            await self.send(message)
            return
        self.raised = self.raised or self._being_handled()
        self.held.append(message)
        if message["type"] == "http.response.start":
            return
        if message["type"] != "http.response.body":  # a file that the server would send itself
            await self._seal_stream()
        elif not message.get("more_body", False):
            await self._seal(self._response())
        elif self._streams():
            await self._seal_stream()

    def _being_handled(self) -> BaseException | None:
        """The exception whose handler sends this response: what was raised after the handler returned counts as raised."""
        error = sys.exception()
        return self.raised if error is self._around else error

    def _response(self) -> Response:
        start, *rest = self.held
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]
        )
        body = b"".join(message.get("body", b"") for message in rest)
        return Response(start["status"], self.runtime.storable(headers), body)

    def _streams(self) -> bool:
        """No length was announced, or more than is stored: it cannot be waited for."""
        announced = dict(self.held[0]["headers"]).get(b"content-length")
        return announced is None or int(announced) > self.runtime.policy.cap

    async def _seal_stream(self) -> None:
        response = self._response()
        too_much = Response(response.status, response.headers, b"\0" * (self.runtime.policy.cap + 1))
        await self._seal(too_much)

    async def _seal(self, response: Response) -> None:
        await self._settle(response, self.raised)
        if self._decided_already():
            raise Answered
        for message in self.held:
            await self.send(message)

    async def _settle(self, response: Response | None, raised: BaseException | None) -> None:
        try:
            verdict = await self._finish(response, raised)
        except IdempotencyError as error:
            verdict = Refuse(error)
        finally:
            self.sealed = True
        if isinstance(verdict, Again):
            self.again = True
        elif isinstance(verdict, Refuse):
            self.answer = self._problem(verdict.error)
        elif isinstance(verdict, Replay):
            self.answer = replayed(verdict.response)

    async def _finish(self, response: Response | None, raised: BaseException | None) -> Any:
        assert self.execution is not None
        if not self._started:  # admitted early, and answered before the handler: nothing of it has happened
            nothing = NotExecuted()
            nothing.__cause__ = raised
            response, raised = None, nothing
        elif not self.execution.local:
            raised = await self._lent_settled(response, raised)
        if isinstance(self.execution, SyncExecution):
            verdict = await self.seal.sealing(partial(self.execution.finish, response, raised))
        else:
            verdict = await shielded(self.execution.finish(response, raised))
        if self.unkept is not None:
            raise self.unkept
        return verdict

    async def _lent_settled(
        self, response: Response | None, raised: BaseException | None
    ) -> BaseException | None:
        """End what an external handler and its dependencies were lent before its outcome is recorded; what is raised."""
        try:
            await shielded(self.lent.settle(keep=raised is None and response is not None))
        except Exception as error:  # noqa: BLE001 - raised again by `_finish`
            self.unkept = error
            return error
        return raised

    def _problem(self, error: IdempotencyError) -> Response:
        return refusal(self.runtime, error, StarletteRequest(self.scope), path=self.scope["path"])
