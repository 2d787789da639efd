"""One way of one request through a Starlette application: what the mark finds in its context.

A passage admits the handler, lends the connection to dependencies, and holds the response back until effect, key and
response are committed.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.from_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.types import Message

from idem_runtime import http
from idem_runtime.adapters import starlette_routes as routes
from idem_runtime.adapters.asking import Incoming, asking
from idem_runtime.adapters.handler_thread import HandlerThread
from idem_runtime.adapters.starlette_lending import Lending
from idem_runtime.adapters.starlette_messages import again, native, request_of, send_response, shielded
from idem_runtime.context import current
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    InProgress,
    KeyReused,
    NotExecuted,
    NotInstalled,
    RetriesExhausted,
)
from idem_runtime.execution import Policy
from idem_runtime.execution_async import AsyncExecution
from idem_runtime.execution_sync import SyncExecution
from idem_runtime.key import RequestKey
from idem_runtime.marks import (
    Admission,
    Function,
    MoneyMoving,
    admission_here,
    mark_of,
    marked_function,
    process_admission,
)
from idem_runtime.model import (
    Again,
    Ask,
    Execute,
    Loanable,
    Refuse,
    Replay,
    Response,
)
from idem_runtime.problem import problem, replayed
from idem_runtime.startup import mark_of_endpoint

if TYPE_CHECKING:
    from idem_runtime.adapters.starlette import Passages


class Answered(Exception):
    """The answer is known: what the inner application has still to do (handler, background tasks) must not happen."""


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
        self._opened: AsyncExecution | SyncExecution | None = None
        self._thread = HandlerThread()
        self._started = False
        self.answer: Response | None = None
        self.again = False
        self.raised: BaseException | None = None
        self.unkept: Exception | None = None
        """Why the ordinary transaction that an external handler was lent could not be committed."""
        self.held: list[Message] = []
        self.sealed = False
        self.over = False
        self._answered = False
        self.lent = Lending(self.idempotency, self.seal.sealing)

    async def go(self) -> bool:
        """Run the inner application; ``False``: the request has to go through again."""
        token = current.set(self)
        try:
            try:
                with admission_here(self):
                    await self.seal.app(self.scope, self._receive, self._send)
            finally:
                await shielded(self._handler_over())
            await self._ended()
        except Answered:
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

    async def _handler_over(self) -> None:
        """Wait for a ``def`` handler that goes on in its thread, because what called it was cancelled.

        Until it has ended, the connection and the key are its own; it is told that its attempt is lost.
        """
        running = self._thread.close()
        if running is None:
            return
        opened = self._opened
        if opened is not None:
            opened.attempt.lose()
        await asyncio.wrap_future(running)

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
        return self.idempotency.refusal(error, StarletteRequest(self.scope), path=self.scope["path"])

    # What the mark asks

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit an async handler, or pass on the call of a plain function."""
        if not self._is_handler(mark):
            return await self._elsewhere(function).acall(mark, function, args, kwargs)
        if self.execution is None:
            refused = await self._admit_async(mark, function, args, kwargs)
            if refused is not None:
                return refused
        execution = self.execution
        assert isinstance(execution, AsyncExecution)
        self._started = True
        try:
            with execution.running():
                return await function(*args, **kwargs)
        except BaseException as error:
            self.raised = error
            await shielded(execution.take_back())
            raise

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a sync handler, in the worker thread that Starlette runs it in, or pass on the call of a function."""
        if not self._is_handler(mark):
            return self._elsewhere(function).call(mark, function, args, kwargs)
        with self._thread:
            if self.execution is None:
                refused = self._admit_sync(mark, function, args, kwargs)
                if refused is not None:
                    return refused
            execution = self.execution
            assert isinstance(execution, SyncExecution)
            self._thread.go_on()
            self._started = True
            try:
                with execution.running():
                    return function(*args, **kwargs)
            except BaseException as error:
                self.raised = error
                execution.take_back()
                raise

    async def admit_early(self) -> None:
        """Admit the handler of this request here, before what follows: later dependencies, the body's validation, it itself.

        Nothing, where it is not money-moving.

        :raises Answered: it is replayed or refused. :raises ConfigurationError: its mark needs the handler's arguments.
        """
        function = marked_function(self.scope.get("endpoint"))
        mark = mark_of(function)
        if self.execution is not None or not isinstance(mark, MoneyMoving):
            return
        needs = [name for name in ("scope", "fingerprint") if getattr(mark, name) is not None]
        if mark.key is not None and not isinstance(mark.key, RequestKey):
            needs.append("key")
        if needs:
            raise ConfigurationError(
                f"Depends(idem.admitted): {', '.join(f'{name}=' for name in needs)} of @money_moving is called with the "
                "handler's arguments, which are not known yet: take the principal and the key from the request"
            )
        if inspect.iscoroutinefunction(function):
            refused = await self._admit_async(mark, function, (), {})
        else:
            ask = await self._asked(mark, (), {})
            refused = await self.seal.sealing(partial(self._claim_sync, mark, function, ask))
        if refused is not None:
            raise Answered

    async def _admit_async(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> StarletteResponse | None:
        ask = await self._asked(mark, args, kwargs)
        if isinstance(ask, IdempotencyError):
            return self._refuse(ask)
        execution = AsyncExecution(mark, ask, self.idempotency.policy, self.lent.store_async(mark))
        self._prepare(execution, function)
        decision = await execution.admit(mark.reconcile)
        if not isinstance(decision, Execute):
            return self._decided(decision)
        self.execution = execution
        return None

    def _admit_sync(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> StarletteResponse | None:
        return self._claim_sync(mark, function, anyio.from_thread.run(self._asked, mark, args, kwargs))

    def _claim_sync(
        self, mark: MoneyMoving, function: Function, ask: Ask | IdempotencyError
    ) -> StarletteResponse | None:
        if isinstance(ask, IdempotencyError):
            return self._refuse(ask)
        execution = SyncExecution(mark, ask, self.idempotency.policy, self.lent.store_sync(mark))
        decision = self.told and self.told.decision(execution)
        with suppress(KeyReused):  # the admission says it
            if decision is None and execution.enter() is not None:
                self.busy, self.again = (
                    execution,
                    True,
                )  # wait in the event loop: threads are for those who work
                return native(problem(InProgress()))
        self._prepare(execution, function)
        decision = decision or execution.admit(mark.reconcile)
        if not isinstance(decision, Execute):
            return self._decided(decision)
        self.execution = execution
        return None

    def _prepare(self, execution: AsyncExecution | SyncExecution, function: Function) -> None:
        self._opened = execution  # from here on it is ended with this passage, whatever happens
        execution.answers = (HTTPException,)
        execution.handler = function
        if not execution.local:
            execution.lender = self

    def _is_handler(self, mark: MoneyMoving) -> bool:
        early = self.execution is not None and not self._started
        return (self.execution is None or early) and routes.carries(self.scope.get("endpoint"), mark)

    def _elsewhere(self, function: Function) -> Admission:
        admission = process_admission()
        if admission is None:
            raise NotInstalled(
                f"{function.__qualname__} is @money_moving and called inside a request, but is not its handler: call "
                "idem.install() too, which protects plain functions."
            )
        return admission

    async def _asked(
        self, mark: MoneyMoving, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Ask | IdempotencyError:
        """What is asked, or why it is refused."""
        try:
            return await self._ask(mark, args, kwargs)
        except IdempotencyError as error:
            return error

    async def _ask(self, mark: MoneyMoving, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ask:
        # Where the application is mounted may be the program's own business (two tenants) or nobody's (two versions), which
        # nothing tells apart: a key that comes in under another mount is refused, neither replayed nor run.
        head = request_of(self.scope)
        if self.place.mount:
            head = replace(head, path_params=(("", self.place.mount), *head.path_params))
        incoming = Incoming(
            native=StarletteRequest(self.scope, again(self.body.whole)),
            head=head,
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

    @property
    def joins(self) -> bool:
        """Whether what is written here has to be in our transaction: in the dependencies of a local handler, too."""
        mark = mark_of_endpoint(self.scope.get("endpoint"), self.scope["method"])
        return isinstance(mark, MoneyMoving) and mark.effect == "local" and not self.sealed and not self.over

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """The connection, also before a handler is admitted: a local one joins its transaction."""
        self._must_be_open()
        return await self.lent.borrow_async(kind)

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The sync connection, likewise: taken when it is used, so that no thread waits for it."""
        self._must_be_open()
        return self.lent.borrow_sync(kind, self._must_be_open)

    def _must_be_open(self) -> None:
        if self.sealed or self.over:
            raise ConfigurationError(
                "the response is sealed: a background task needs a connection of its own"
            )

    async def _release(self) -> None:
        if isinstance(self._opened, AsyncExecution):
            await self._opened.end()
        elif self._opened is not None and not self._opened.over:
            await self.seal.sealing(self._opened.end)
        await self.lent.release()
