"""Starlette and FastAPI. The seal is pure ASGI middleware, the innermost of the application's; the admit is in the mark.

One request is one or more *passages* through the inner application: a serialization failure sends the same body through
again. A passage is what the mark finds in its context: it admits the handler, lends the connection to dependencies, and
holds the response back until effect, key and response are committed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.middleware import Middleware
from starlette.requests import Request as StarletteRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from idem_runtime.adapters.http.problem_json import refusal
from idem_runtime.adapters.starlette import routes
from idem_runtime.adapters.starlette.messages import Body, send_response, shielded
from idem_runtime.adapters.starlette.passage import Passage
from idem_runtime.errors import (
    ConfigurationError,
    IdempotencyError,
    InProgress,
    KeyReused,
    RetriesExhausted,
)
from idem_runtime.execution.current import current
from idem_runtime.execution.decisions import backoff
from idem_runtime.execution.run_sync import SyncExecution
from idem_runtime.model import (
    Again,
    Decision,
    Record,
)
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks

T = TypeVar("T")
THREADS_THAT_SEAL = 40
"""As many as Starlette runs sync handlers in."""


def install(runtime: Runtime, app: Any, **options: Any) -> None:
    """Put the seal innermost of ``app``'s middleware; options: :class:`idem_runtime.startup.route_checks.Checks`.

    :raises ConfigurationError: the application has started already.
    """
    if app.middleware_stack is not None:
        raise ConfigurationError(
            "idem.install(app) has to come before the application serves its first request"
        )
    if any(each.cls is Seal for each in app.user_middleware):
        raise ConfigurationError("idem.install(app) was called for this application before: one is enough")
    checks = Checks.of(runtime, options)
    app.user_middleware.append(Middleware(Seal, runtime=runtime, root=app, checks=checks))
    routes.close_with(app, runtime)
    routes.describe(app, runtime)


class Seal:
    """The middleware: it owns the connection, the response and the commit of every marked request."""

    def __init__(self, app: ASGIApp, *, runtime: Runtime, root: Any, checks: Checks) -> None:
        """Built when the application starts, so that the routing table is complete and can be checked."""
        self.app = app
        self.runtime = runtime
        self.templates = routes.Templates(root)
        self.limiter: CapacityLimiter | None = None
        checks.run(routes.walk(root))
        routes.note_exceptions(app, root, _raised)
        routes.describe_mounted(root, runtime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = Body(receive, scope, self.templates, self.runtime.settings.body_cap)
        passages = Passages(self, scope, body, send)
        refused = await passages.go()
        if refused is not None:
            request = StarletteRequest(scope)
            await send_response(send, refusal(self.runtime, refused, request, path=scope["path"]))

    async def sealing(self, work: Callable[[], T]) -> T:
        """Run what seals a sync handler: in threads of its own, because all others may be waiting for it."""
        self.limiter = self.limiter or CapacityLimiter(THREADS_THAT_SEAL)
        return await shielded(anyio.to_thread.run_sync(work, limiter=self.limiter))


class Passages:
    """One request's ways through the application: one, unless it waits for another or loses a conflict."""

    def __init__(self, seal: Seal, scope: Scope, body: Body, send: Send) -> None:
        """``scope`` as it came in: every passage gets one like it."""
        self.seal = seal
        self.scope = scope
        self.body = body
        self.send = send
        self.entry = dict(scope)
        self.state = dict(scope.get("state", {}))
        self.told: Told | None = None

    async def go(self) -> IdempotencyError | None:
        """Go through until an answer is sent; else what the caller is to be told."""
        lost = 0
        while lost <= self.seal.runtime.policy.retries:
            passage = Passage(self)
            if await passage.go():
                return None
            self._rewind()
            if passage.busy is None:
                await asyncio.sleep(backoff(lost))
                lost += 1
            elif not await self._wait(passage.busy):
                return InProgress()
        return RetriesExhausted()

    async def _wait(self, busy: SyncExecution) -> bool:
        """Wait for the original where a sync handler would block a thread; ``False``: it did not end in time."""
        if self.told is None:
            self.told = Told(busy)
        return await self.told.wait(busy)

    def _rewind(self) -> None:
        self.scope.clear()
        self.scope.update(self.entry)
        if "state" in self.entry:
            self.scope["state"] = dict(self.state)
        self.body.rewind()


class Told:
    """What those who waited in the event loop know of the original."""

    def __init__(self, execution: SyncExecution) -> None:
        """The first one that had to wait says until when."""
        self._deadline = execution.deadline
        self._place: tuple[str, str] | None = None
        self._record: Record | None = None

    async def wait(self, execution: SyncExecution) -> bool:
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

    def decision(self, execution: SyncExecution) -> Decision | Again | None:
        """What the original's record means for ``execution``; ``None``: nothing is known."""
        mine = self._place == (execution.ask.scope, execution.ask.key)
        return execution.after_wait(self._record, lent=False) if mine else None


def _raised(error: Exception) -> None:
    """An exception handler of the application answers ``error``."""
    passage = current.get()
    assert isinstance(passage, Passage)  # an execution is in force only while its handler runs
    passage.raised = passage.raised or error
