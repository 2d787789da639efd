"""One way of one request through a Starlette application: what the mark finds in its context.

A passage admits the handler, lends the connection to dependencies, and holds the response back until effect, key and
response are committed.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.types import Message

from idem_runtime import http
from idem_runtime.adapters import starlette_routes as routes
from idem_runtime.adapters.asking import Incoming, asking
from idem_runtime.adapters.starlette_messages import again, native, request_of, send_response, shielded
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    InProgress,
    KeyReused,
    NotInstalled,
    RetriesExhausted,
    StoreUnavailable,
)
from idem_runtime.execution import Policy, current
from idem_runtime.execution_async import AsyncExecution
from idem_runtime.execution_sync import SyncExecution
from idem_runtime.marks import Admission, Function, MoneyMoving, admission_here, process_admission
from idem_runtime.model import (
    Again,
    Ask,
    Execute,
    Loanable,
    Refuse,
    Replay,
    Response,
    StoreError,
)
from idem_runtime.problem import problem, replayed

if TYPE_CHECKING:
    from idem_runtime.adapters.starlette import Passages


class Stop(Exception):
    """Raised out of ``send``: what the inner application has still to do (background tasks) must not happen."""


class Passage:
    """One way of one request through the inner application."""

    def __init__(self, passages: Passages) -> None:
        """Nothing is admitted yet: what is sent goes straight through."""
        self.seal = passages.seal
        self.idempotency = passages.seal.idempotency
        self.scope = passages.scope
        self.place = routes.Place.of(passages.scope)
        self.body = passages.body
        self.send = passages.send
        self.told = passages.told
        self.busy: SyncExecution | None = None
        self._around = sys.exception()
        self.execution: AsyncExecution | SyncExecution | None = None
        self.answer: Response | None = None
        self.again = False
        self.raised: BaseException | None = None
        self.held: list[Message] = []
        self.sealed = False
        self.over = False
        self._answered = False
        self._async: Any = None
        self._sync: Any = None

    async def go(self) -> bool:
        """Run the inner application; ``False``: the request has to go through again."""
        token = current.set(self)
        try:
            with admission_here(self):
                await self.seal.app(self.scope, self._receive, self._send)
            await self._ended()
        except Stop:
            pass
        except BaseException as error:
            if not await self._failed(error):
                raise
        finally:
            current.reset(token)
            self.over = True
            await shielded(self._release())
        if self.answer is not None:
            await send_response(self.send, self.answer)
        return not self.again

    async def _ended(self) -> None:
        """The application is through: without a whole response (the client left), there is nothing to keep."""
        if self.execution is not None and not self.sealed and not self._decided_already():
            await self._settle(None, self.raised or RuntimeError("the application sent no whole response"))

    async def _failed(self, error: BaseException) -> bool:
        """Whether an answer, or another passage, takes the place of what the application raised."""
        if self._decided_already():
            return isinstance(error, Exception)
        if isinstance(error, IdempotencyError) and self.execution is None and not self._answered:
            self.answer = self._problem(error)
            return True
        if self.execution is None or self.sealed:
            return False
        await self._settle(None, self.raised or error)
        if isinstance(error, IdempotencyError) and not self._decided_already():
            # of a nested call that the handler did not expect to be refused
            self.answer = self._problem(error)
        return self._decided_already() and isinstance(error, Exception)

    def _decided_already(self) -> bool:
        return self.again or self.answer is not None

    # What the inner application reads and sends

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
        return None if error is self._around else error

    def _response(self) -> Response:
        start, *rest = self.held
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]
        )
        body = b"".join(message.get("body", b"") for message in rest)
        return Response(start["status"], self.idempotency.storable(headers), body)

    def _streams(self) -> bool:
        """No length was announced, or more than is stored: it cannot be waited for."""
        announced = dict(self.held[0]["headers"]).get(b"content-length")
        return announced is None or int(announced) > self.idempotency.policy.cap

    async def _seal_stream(self) -> None:
        response = self._response()
        too_much = Response(response.status, response.headers, b"\0" * (self.idempotency.policy.cap + 1))
        await self._seal(too_much)

    async def _seal(self, response: Response) -> None:
        await self._settle(response, self.raised)
        if self._decided_already():
            raise Stop
        for message in self.held:
            await self.send(message)

    async def _settle(self, response: Response | None, raised: BaseException | None) -> None:
        try:
            verdict = await self._finish(response, raised)
        finally:
            self.sealed = True
        if isinstance(verdict, Again):
            self.again = True
        elif isinstance(verdict, Refuse):
            self.answer = self._problem(verdict.error)
        elif isinstance(verdict, Replay):
            self.answer = replayed(verdict.response)

    async def _finish(self, response: Response | None, raised: BaseException | None) -> Any:
        if isinstance(self.execution, SyncExecution):
            return await self.seal.sealing(partial(self.execution.finish, response, raised))
        assert self.execution is not None
        return await shielded(self.execution.finish(response, raised))

    def _problem(self, error: IdempotencyError) -> Response:
        return self.idempotency.refusal(error, StarletteRequest(self.scope), path=self.scope["path"])

    # What the mark asks

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit an async handler, or pass on the call of a plain function."""
        if not self._is_handler(mark):
            return await self._elsewhere(function).acall(mark, function, args, kwargs)
        try:
            ask = await self._ask(mark, args, kwargs)
        except IdempotencyError as error:
            return self._refuse(error)
        one_colour(mine="async", lent=self._sync)
        self._async = self._async or self.idempotency.async_store()
        execution = AsyncExecution(mark, ask, self.idempotency.policy, self._async)
        execution.answers = (HTTPException,)
        decision = await execution.admit(mark.reconcile)
        if not isinstance(decision, Execute):
            return self._decided(decision)
        self.execution = execution
        try:
            with execution.running():
                return await function(*args, **kwargs)
        except BaseException as error:
            self.raised = error
            raise

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a sync handler, in the worker thread that Starlette runs it in, or pass on the call of a function."""
        if not self._is_handler(mark):
            return self._elsewhere(function).call(mark, function, args, kwargs)
        try:
            ask = anyio.from_thread.run(self._ask, mark, args, kwargs)
        except IdempotencyError as error:
            return self._refuse(error)
        one_colour(mine="sync", lent=self._async)
        self._sync = self._sync or self.idempotency.sync_store()
        execution = SyncExecution(mark, ask, self.idempotency.policy, self._sync)
        execution.answers = (HTTPException,)
        decision = self.told and self.told.decision(execution)
        with suppress(KeyReused):  # the admission says it
            if decision is None and execution.enter() is not None:
                self.busy, self.again = (
                    execution,
                    True,
                )  # wait in the event loop: threads are for those who work
                return native(problem(InProgress()))
        decision = decision or execution.admit(mark.reconcile)
        if not isinstance(decision, Execute):
            return self._decided(decision)
        self.execution = execution
        try:
            with execution.running():
                return function(*args, **kwargs)
        except BaseException as error:
            self.raised = error
            raise

    def _is_handler(self, mark: MoneyMoving) -> bool:
        return self.execution is None and routes.carries(self.scope.get("endpoint"), mark)

    def _elsewhere(self, function: Function) -> Admission:
        admission = process_admission()
        if admission is None:
            raise NotInstalled(
                f"{function.__qualname__} is @money_moving and called inside a request, but is not its handler: call "
                "idem.install() too, which protects plain functions."
            )
        return admission

    async def _ask(self, mark: MoneyMoving, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ask:
        incoming = Incoming(
            native=StarletteRequest(self.scope, again(self.body.whole)),
            head=request_of(self.scope),
            body=self.body.whole,
            operation=lambda: f"{self.scope['method']} {self.seal.templates.of(self.scope, self.place)}",
        )
        return await http.waited(asking(self.idempotency, mark, incoming, args, kwargs))

    def _refuse(self, error: IdempotencyError) -> StarletteResponse:
        self.answer = self._problem(error)
        return native(self.answer)

    def _decided(self, decision: object) -> StarletteResponse:
        if isinstance(decision, Again):
            self.again = True
            return native(problem(RetriesExhausted()))  # nobody sees it: the request goes through again
        if isinstance(decision, Refuse):
            return self._refuse(decision.error)
        assert isinstance(decision, Replay)
        self.answer = replayed(decision.response)
        return native(self.answer)

    # What dependencies borrow

    @property
    def policy(self) -> Policy:
        """Of the ``Idempotency`` that is installed here."""
        return self.idempotency.policy

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """The connection, before the handler is admitted: what a dependency writes joins the transaction."""
        self._must_be_open()
        self._async = self._async or self.idempotency.async_store()
        try:
            return await self._async.borrow(kind)
        except StoreError:
            raise StoreUnavailable from None

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The sync connection, before the handler is admitted: taken when it is used, so that no thread waits for it."""
        self._must_be_open()
        self._sync = self._sync or self.idempotency.sync_store()
        return self._sync.borrow_later(kind, self._must_be_open)

    def _must_be_open(self) -> None:
        if self.sealed or self.over:
            raise ConfigurationError(
                "the response is sealed: a background task needs a connection of its own"
            )

    async def _release(self) -> None:
        if self._async is not None:
            await self._async.release()
        if self._sync is not None and self._sync.held is not None:
            await anyio.to_thread.run_sync(self._sync.release)


def one_colour(*, mine: str, lent: Any) -> None:
    """A handler and its dependencies share one transaction only where they are of one colour.

    :raises ConfigurationError: a dependency has borrowed the other connection.
    """
    if lent is not None and lent.lent:
        wanted = "idem.connection" if mine == "async" else "idem.sync_connection"
        raise ConfigurationError(
            f"the handler is {mine}, but a dependency borrowed the other connection, whose writes are no part of its "
            f"transaction: use {wanted} everywhere"
        )
