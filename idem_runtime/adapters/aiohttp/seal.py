"""The seal is the outermost middleware of the application; the admission is in the mark.

Outermost, because in aiohttp what makes an answer of an exception is a middleware: what it answers is what is recorded
(docs/decisions.md#admit-and-seal).
Compression and the signals of a response come later by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web

from idem_runtime.adapters.aiohttp.passage import AiohttpHandling, AiohttpPassage, Handler, Protected
from idem_runtime.adapters.aiohttp.request import renew_writer
from idem_runtime.adapters.aiohttp.routes import applications, walk
from idem_runtime.adapters.asyncio_waiting import Threads
from idem_runtime.adapters.http.passage import PassageOver
from idem_runtime.errors import BodyTooLarge, ConfigurationError
from idem_runtime.marks import context_admission
from idem_runtime.model import Unstorable
from idem_runtime.runtime import Runtime
from idem_runtime.startup.loop_checks import refuse_in_the_event_loop
from idem_runtime.startup.route_checks import Checks


def install(runtime: Runtime, app: web.Application, **options: Any) -> None:
    """Put the seal around ``app``; options: :class:`idem_runtime.startup.route_checks.Checks`, checked when it starts.

    :raises ConfigurationError: the application has started already, or is protected already.
    """
    if app.pre_frozen:
        raise ConfigurationError(
            "idem.install(app) has to come before the application starts, and before it is added to another"
        )
    seal = Seal(runtime, app, Checks.of(runtime, options))
    app.middlewares.insert(0, seal)
    seal.refuse_second()
    app.on_response_prepare.append(_begins)
    app.cleanup_ctx.insert(0, seal.serving)  # first to begin, last to end


async def _begins(request: web.Request, response: web.StreamResponse) -> None:
    """A response begins to be sent: by the application itself, where its passage is still in force."""
    passage = context_admission()
    if isinstance(passage, AiohttpPassage) and passage.request is request:
        if not await passage.before_a_stream(Unstorable(response.status)):
            renew_writer(request)
            raise PassageOver


class Seal:
    """The middleware."""

    __middleware_version__ = 1

    def __init__(self, runtime: Runtime, app: web.Application, checks: Checks) -> None:
        """Nothing is checked yet: routes may still be added."""
        self._protected = Protected(runtime, Threads(), {})
        self._app = app
        self._checks = checks

    def refuse_second(self) -> None:
        """:raises ConfigurationError: a request would meet two seals."""
        for app, _ in applications(self._app):
            if any(isinstance(other, Seal) and other is not self for other in app.middlewares):
                raise ConfigurationError(
                    "idem.install(app) was called for this application, and for it or a part of it before: one is enough"
                )

    async def serving(self, _: web.Application) -> AsyncGenerator[None, None]:
        """From the application's start to its end.

        :raises ConfigurationError: names every route that is refused.
        """
        self.refuse_second()
        runtime, endpoints = self._protected.runtime, self._protected.endpoints
        endpoints.update(walk(self._app))
        refuse_in_the_event_loop(endpoints.values())
        self._checks.run(endpoints.values())
        look = asyncio.create_task(runtime.look(), name="idem-look")
        yield
        look.cancel()
        await asyncio.wait([look])
        await runtime.aclose()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve one request."""
        handling = AiohttpHandling(self._protected, request, handler)
        try:
            await handling.begin()
        except BodyTooLarge as error:
            passage = handling.passage()
            return passage.native(passage.problem(error))  # type: ignore[no-any-return]  # - aiohttp's
        response = await handling.respond()
        if isinstance(response, web.HTTPException):
            raise response
        return response  # type: ignore[no-any-return]  # - the application's
