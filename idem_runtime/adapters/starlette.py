"""Starlette and FastAPI. The seal is pure ASGI middleware, the innermost of the application's; the admit is in the mark.

One request is one or more *passages* through the inner application: a serialization failure sends the same body through
again. A passage is what the mark finds in its context: it admits the handler, lends the connection to dependencies, and
holds the response back until effect, key and response are committed.
"""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import anyio.from_thread
import anyio.to_thread
from starlette.background import BackgroundTasks
from starlette.middleware import Middleware
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idem_runtime import fingerprint, http
from idem_runtime.adapters import starlette_routes as routes
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    NotInstalled,
    RetriesExhausted,
    StoreUnavailable,
)
from idem_runtime.execution import backoff, current
from idem_runtime.execution_async import AsyncExecution, unbroken
from idem_runtime.execution_sync import SyncExecution
from idem_runtime.install import Idempotency
from idem_runtime.marks import Admission, Function, MoneyMoving, admission_here, process_admission
from idem_runtime.model import Again, Ask, Execute, Loanable, Refuse, Replay, Request, Response, StoreError
from idem_runtime.problem import problem, replayed


def install(idempotency: Idempotency, app: Any, **options: Any) -> None:
    """Put the seal innermost of ``app``'s middleware; options are those of :func:`starlette_routes.check`.

    :raises ConfigurationError: the application has started already.
    """
    if app.middleware_stack is not None:
        raise ConfigurationError(
            "idem.install(app) has to come before the application serves its first request"
        )
    app.user_middleware.append(Middleware(Seal, idempotency=idempotency, root=app, options=options))
    routes.close_with(app, idempotency)
    routes.describe(app, idempotency)


class Seal:
    """The middleware: it owns the connection, the response and the commit of every marked request."""

    def __init__(self, app: ASGIApp, *, idempotency: Idempotency, root: Any, options: dict[str, Any]) -> None:
        """Built when the application starts, so that the routing table is complete and can be checked."""
        self.app = app
        self.idempotency = idempotency
        self.root = root
        routes.check(root, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        entry, body = dict(scope), Body(receive)
        for round_ in range(self.idempotency.policy.retries + 1):
            passage = Passage(self, scope, body, send)
            if await passage.go():
                return None
            scope.clear()
            scope.update(entry)
            body.rewind()
            await asyncio.sleep(backoff(round_))
        return await send_response(send, problem(RetriesExhausted()))


class Body:
    """The request body: recorded while it is read, so that it can be read again."""

    def __init__(self, receive: Receive) -> None:
        """Nothing is read yet."""
        self._receive = receive
        self._messages: list[Message] = []
        self._next = 0

    async def receive(self) -> Message:
        """What the inner application sees as ``receive``."""
        if self._next == len(self._messages):
            message = await self._receive()
            if self._complete() or message["type"] != "http.request":
                return message
            self._messages.append(message)
        self._next += 1
        return self._messages[self._next - 1]

    def rewind(self) -> None:
        """The next passage reads from the start."""
        self._next = 0

    async def whole(self) -> bytes:
        """The whole body, wherever the application is in reading it."""
        while not self._complete():
            message = await self._receive()
            if message["type"] != "http.request":
                raise asyncio.CancelledError("the client left before its request was complete")
            self._messages.append(message)
        return b"".join(message.get("body", b"") for message in self._messages)

    def _complete(self) -> bool:
        return bool(self._messages) and not self._messages[-1].get("more_body", False)


def again(body: bytes) -> Receive:
    """``receive`` for whoever reads the body beside the application, such as a principal resolver."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class Stop(Exception):
    """Raised out of ``send``: what the inner application has still to do (background tasks) must not happen."""


class Passage:
    """One way of one request through the inner application."""

    def __init__(self, seal: Seal, scope: Scope, body: Body, send: Send) -> None:
        """Nothing is admitted yet: what is sent goes straight through."""
        self.idempotency = seal.idempotency
        self.root = seal.root
        self.inner = seal.app
        self.scope = scope
        self.body = body
        self.send = send
        self.execution: AsyncExecution | SyncExecution | None = None
        self.answer: Response | None = None
        self.again = False
        self.raised: BaseException | None = None
        self.held: list[Message] = []
        self.sealed = False
        self._async: Any = None
        self._sync: Any = None

    async def go(self) -> bool:
        """Run the inner application; ``False``: the request has to go through again."""
        token = current.set(self)
        try:
            with admission_here(self):
                await self.inner(self.scope, self.body.receive, self._send)
        except Stop:
            pass
        except BaseException as error:
            if not await self._failed(error):
                raise
        finally:
            current.reset(token)
            await unbroken(self._release())
        if self.answer is not None:
            await send_response(self.send, self.answer)
        return not self.again

    async def _failed(self, error: BaseException) -> bool:
        """Whether an answer, or another passage, takes the place of what the application raised."""
        if self._decided_already():
            return isinstance(error, Exception)
        if isinstance(error, IdempotencyError) and self.execution is None:
            self.answer = self._problem(error)
            return True
        if self.execution is None or self.sealed:
            return False
        await self._settle(None, self.raised or error)
        return self._decided_already() and isinstance(error, Exception)

    def _decided_already(self) -> bool:
        return self.again or self.answer is not None

    # What the inner application sends

    async def _send(self, message: Message) -> None:
        if self._decided_already():
            return  # decided: whatever else is sent has no reader
        if self.execution is None or self.sealed:
            await self.send(message)
            return
        self.held.append(message)
        if message["type"] != "http.response.body":
            return
        if not message.get("more_body", False):
            await self._seal(self._response())
        elif self._streams():
            await self._seal_stream()

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
        finally:  # what it raises is the handler's own error: the effect is undone already, there is nothing left to settle
            self.sealed = True
        if isinstance(verdict, Again):
            self.again = True
        elif isinstance(verdict, Refuse):
            self.answer = self._problem(verdict.error)
        elif isinstance(verdict, Replay):
            self.answer = replayed(verdict.response)

    async def _finish(self, response: Response | None, raised: BaseException | None) -> Any:
        if isinstance(self.execution, SyncExecution):
            work = anyio.to_thread.run_sync(partial(self.execution.finish, response, raised))
            return await unbroken(work)
        assert self.execution is not None
        return await self.execution.finish(response, raised)

    def _problem(self, error: IdempotencyError) -> Response:
        return problem(error, self.idempotency.settings.profile)

    # What the mark asks

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit an async handler, or pass on the call of a plain function."""
        if not self._is_handler(mark):
            return await self._elsewhere(function).acall(mark, function, args, kwargs)
        try:
            ask = await self._ask(mark, args, kwargs, await self.body.whole())
        except IdempotencyError as error:
            return self._refuse(error)
        self._async = self._async or self.idempotency.async_store()
        execution = AsyncExecution(mark, ask, self.idempotency.policy, self._async)
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
            body = anyio.from_thread.run(self.body.whole)
            ask = anyio.from_thread.run(self._ask, mark, args, kwargs, body)
        except IdempotencyError as error:
            return self._refuse(error)
        self._sync = self._sync or self.idempotency.sync_store()
        execution = SyncExecution(mark, ask, self.idempotency.policy, self._sync)
        decision = execution.admit(mark.reconcile)
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

    async def _ask(
        self, mark: MoneyMoving, args: tuple[Any, ...], kwargs: dict[str, Any], body: bytes
    ) -> Ask:
        request, resolver = self._request(body), self.idempotency.principal
        found = http.principal_of(mark, resolver, StarletteRequest(self.scope, again(body)), args, kwargs)
        return self.idempotency.ask(
            mark,
            principal=await found if inspect.isawaitable(found) else found,
            operation=mark.operation or f"{request.method} {routes.template(self.root, self.scope)}",
            key=http.key_of(mark, request, args, kwargs),
            fingerprint=fingerprint.of_request(request, ignore=mark.ignore, secrets=self.idempotency.secrets),
        )

    def _request(self, body: bytes) -> Request:
        scope = self.scope
        return Request(
            method=scope["method"],
            path=scope["path"],
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
            ),
            path_params=tuple((name, str(value)) for name, value in scope.get("path_params", {}).items()),
            query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            body=body,
        )

    def _refuse(self, error: IdempotencyError) -> StarletteResponse:
        self.answer = self._problem(error)
        return _native(self.answer)

    def _decided(self, decision: object) -> StarletteResponse:
        if isinstance(decision, Again):
            self.again = True
            raise Stop
        if isinstance(decision, Refuse):
            return self._refuse(decision.error)
        assert isinstance(decision, Replay)
        self.answer = replayed(decision.response)
        return _native(self.answer)

    # What dependencies borrow

    async def borrow_async(self, kind: Loanable = "connection") -> Any:
        """The connection, before the handler is admitted: what a dependency writes joins the transaction."""
        self._must_be_open()
        self._async = self._async or self.idempotency.async_store()
        try:
            return await self._async.borrow(kind)
        except StoreError:
            raise StoreUnavailable from None

    def borrow_sync(self, kind: Loanable = "connection") -> Any:
        """The sync connection, before the handler is admitted."""
        self._must_be_open()
        self._sync = self._sync or self.idempotency.sync_store()
        try:
            return self._sync.borrow(kind)
        except StoreError:
            raise StoreUnavailable from None

    def _must_be_open(self) -> None:
        if self.sealed:
            raise ConfigurationError(
                "the response is sealed: a background task needs a connection of its own"
            )

    async def _release(self) -> None:
        if self._async is not None:
            await self._async.release()
        if self._sync is not None and self._sync.held is not None:
            await anyio.to_thread.run_sync(self._sync.release)


def _native(response: Response) -> StarletteResponse:
    """``response`` as a handler returns it; the empty task list keeps FastAPI from adding its own to a replay."""
    headers = dict(response.headers)
    return StarletteResponse(response.body, response.status, headers, background=BackgroundTasks())


async def send_response(send: Send, response: Response) -> None:
    """Send exactly ``response``."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
