"""One way of one request through a Starlette application: what the mark finds in its context.

A passage admits the handler, lends the connection to dependencies, and holds the response back until effect, key and
response are committed (``starlette_held.py``).
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.from_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse

from idem_runtime.adapters.http import request
from idem_runtime.adapters.http.asking import Incoming, asking
from idem_runtime.adapters.http.handler_thread import HandlerThread
from idem_runtime.adapters.http.problem_json import problem, replayed
from idem_runtime.adapters.starlette import routes
from idem_runtime.adapters.starlette.held import Answered, HeldResponse
from idem_runtime.adapters.starlette.messages import again, native, request_of, send_response, shielded
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    InProgress,
    KeyReused,
    NotInstalled,
    RetriesExhausted,
)
from idem_runtime.execution.current import current
from idem_runtime.execution.decisions import Policy
from idem_runtime.execution.run_async import AsyncExecution
from idem_runtime.execution.run_sync import SyncExecution
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
)
from idem_runtime.startup.route_checks import mark_of_endpoint

if TYPE_CHECKING:
    from idem_runtime.adapters.starlette.seal import Passages


class Passage(HeldResponse):
    """One way of one request through the inner application."""

    def __init__(self, passages: Passages) -> None:
        """Nothing is admitted yet."""
        super().__init__(passages)
        self.place = routes.Place.of(passages.scope)
        self.told = passages.told
        self.busy: SyncExecution | None = None
        self._opened: AsyncExecution | SyncExecution | None = None
        self._thread = HandlerThread()
        self.over = False

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
        needs = [name for name in ("principal", "fingerprint") if getattr(mark, name) is not None]
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
        execution = AsyncExecution(mark, ask, self.runtime.policy, self.lent.store_async(mark))
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
        execution = SyncExecution(mark, ask, self.runtime.policy, self.lent.store_sync(mark))
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
        return await request.waited(asking(self.runtime, mark, incoming, args, kwargs))

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
        return self.runtime.policy

    @property
    def joins(self) -> bool:
        """Whether what is written here has to be in our transaction: in the dependencies of a local handler, too."""
        mark = mark_of_endpoint(self.scope.get("endpoint"), self.scope["method"])
        return isinstance(mark, MoneyMoving) and mark.effect == "local" and not self.sealed and not self.over

    @property
    def holds(self) -> bool:
        """Whether a connection of the handlers' pool is held here."""
        return self.lent.holds

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
