"""ASGI applications, whatever their framework: the response is held back until effect, key and response are committed.

A seal is the innermost middleware of an application. One request is one or more passages through what it stands around:
a serialization failure sends the same body through again.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from idem_runtime.adapters.http.asgi_body import Body, Head, Message, Receive, Routes, Send
from idem_runtime.adapters.http.async_passage import AsyncHandling, AsyncPassage
from idem_runtime.adapters.http.passage import PassageOver
from idem_runtime.errors import IdempotencyError
from idem_runtime.execution.run_steps import run_async
from idem_runtime.marks import Mark
from idem_runtime.model import Answer, Response, Unstorable
from idem_runtime.runtime import Runtime

Application = Callable[[Any, Receive, Send], Awaitable[None]]


class AsgiHandling(AsyncHandling):
    """One request. Its ``scope`` is put back for every passage."""

    _body: Body | None = None
    _head: Head | None = None

    def __init__(
        self,
        runtime: Runtime,
        app: Application,
        passage: type[AsgiPassage],
        scope: Any,
        receive: Receive,
        send: Send,
    ) -> None:
        """``app``: what the seal stands around."""
        self.runtime = runtime
        self.app = app
        self.scope = scope
        self.receive = receive
        self.send = send
        self.entry = dict(scope)
        """The scope as it came in."""
        self._passage = passage
        self._state = dict(scope["state"]) if "state" in scope else None

    def passage(self) -> AsyncPassage:
        """One more way."""
        passage = self._passage(self)
        if self.original is not None:
            passage.original = self.original
        return passage

    @property
    def unread(self) -> bool:
        """Whether nothing of the body is kept."""
        return self._body is None

    def body(self) -> Body:
        """Of the request, kept from its first use on."""
        if self._body is None:
            cap = self.runtime.settings.body_cap
            self._body = Body(self.receive, self.scope, self._passage.routes, cap, self.head)
        return self._body

    @property
    def head(self) -> Head:
        """Gives the request without its body, once its route is known."""
        if self._head is None:
            self._head = Head(self.scope)
        return self._head

    def rewind(self) -> None:
        """Put the scope back as it came in, and the body at its start."""
        self.scope.clear()
        self.scope.update(self.entry)
        self.head.forget()
        if self._state is not None:
            self.scope["state"] = dict(self._state)
        self.body().rewind()


class AsgiPassage(AsyncPassage):
    """One way of one request through an ASGI application."""

    routes: Routes
    """Of the application."""
    _held: Sequence[Message] = ()

    def __init__(self, handling: AsgiHandling) -> None:
        """Nothing is admitted yet: what is sent goes straight through."""
        super().__init__(handling.runtime)
        self.handling = handling
        self.scope = handling.scope
        self._send = handling.send
        self._around = sys.exception()

    @property
    def body(self) -> Body:
        """Of the request: kept, so that it can be read again."""
        return self.handling.body()

    @property
    def mark(self) -> Mark | None:
        """The mark of this request's handler, as soon as it has a route."""
        return self.routes.mark_in_force(self.scope)

    def path(self) -> str:
        """Of the request."""
        return str(self.scope["path"])

    def application(self) -> Awaitable[None]:
        """Goes through the application."""
        return self.handling.app(self.scope, self._receive, self._hold)

    async def send(self, answer: Response) -> None:
        """Send exactly ``answer``."""
        await send_response(self._send, answer)

    def _receive(self) -> Awaitable[Message]:
        """What the application sees as ``receive``."""
        if self.handling.unread and self.routes.unmarked(self.scope):
            return self.handling.receive()
        return self._receive_kept()

    async def _receive_kept(self) -> Message:
        try:
            return await self.body.receive()
        except IdempotencyError as error:  # said here: frameworks make a 400 of what reading a body raises
            self.refuse(error)
            raise

    def _hold(self, message: Message) -> Awaitable[None]:
        """What the application sees as ``send``."""
        if self.opened is None and self.lent is None and self.answer is None and not self.again:
            self.answered = True
            return self._send(message)
        return self._settle_and_send(message)

    async def _settle_and_send(self, message: Message) -> None:
        if self.answer is not None or self.again:
            return  # decided: whatever else is sent has no reader
        if self.execution is None or self.sealed:
            if self.lent is not None and message["type"] == "http.response.start" and not self.sealed:
                # what a handler that is not money-moving wrote is committed before its answer leaves
                await run_async(self.lent.settling(keep=self._being_handled() is None, reads=True))
            self.answered = True
            await self._send(message)
            return
        if not self._held and message["type"] != "http.response.start":
            await self._send(
                message
            )  # it says nothing of the answer, as what Starlette tells its test client
            return
        self.raised = self.raised or self._being_handled()
        self._held = [*self._held, message]
        if message["type"] == "http.response.start":
            return
        answer = self._complete_answer(message)
        if answer is not None:
            await self._seal(answer)

    def _being_handled(self) -> BaseException | None:
        """The exception whose handler sends this response: what was raised after the handler returned counts as raised."""
        error = sys.exception()
        return self.raised if error is self._around else error

    def _complete_answer(self, message: Message) -> Answer | None:
        """The whole answer; ``None``: more of it is to come, and its length is known."""
        start, *rest = self._held
        if message["type"] != "http.response.body":  # a file that the server would send itself
            return Unstorable(start["status"])
        if message.get("more_body", False):
            announced = dict(start["headers"]).get(b"content-length")
            waited_for = announced is not None and int(announced) <= self.policy.cap
            return None if waited_for else Unstorable(start["status"])
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
        body = b"".join(part.get("body", b"") for part in rest)
        return Response(start["status"], self.runtime.storable(headers), body)

    async def _seal(self, answer: Answer) -> None:
        await self.settle(answer, self.raised)
        if self.decided:
            raise PassageOver  # what the application has still to do (background tasks) must not happen
        for message in self._held:
            await self._send(message)


async def send_response(send: Send, response: Response) -> None:
    """Send exactly ``response``."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
