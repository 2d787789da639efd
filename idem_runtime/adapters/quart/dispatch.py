"""The seal stands around ``full_dispatch_request``; the admission is in the mark."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from functools import partial
from typing import Any

from quart import Quart
from quart import globals as of_quart
from werkzeug.exceptions import HTTPException

from idem_runtime.adapters.asyncio_waiting import Threads
from idem_runtime.adapters.http.passage import note_raised
from idem_runtime.adapters.quart.passage import QuartHandling, QuartPassage
from idem_runtime.errors import BodyTooLarge, ConfigurationError
from idem_runtime.execution.current import attempt_here
from idem_runtime.marks import context_admission
from idem_runtime.runtime import Runtime
from idem_runtime.startup.connection_check import LENT_PARAMETER
from idem_runtime.startup.route_checks import Checks, Endpoint


def install(runtime: Runtime, app: Quart, **options: Any) -> None:
    """Put the seal around ``app``; options: :class:`idem_runtime.startup.route_checks.Checks`, checked at its start.

    :raises ConfigurationError: the application is protected already, or this Quart is newer than is known here.
    """
    if not hasattr(of_quart, "request_ctx"):
        raise ConfigurationError(
            "this Quart is newer than this version of idem-guard knows how to protect (0.23 changed what stands around a "
            "request): pip install 'quart<0.23'"
        )
    if isinstance(app.full_dispatch_request, Seal):
        raise ConfigurationError("idem.install(app) was called for this application before: one is enough")
    seal = Seal(runtime, app, Checks.of(runtime, options))
    app.before_serving_funcs.insert(0, seal.start)
    app.after_serving_funcs.append(seal.end)
    # wrapped for this application only
    app.full_dispatch_request = seal  # type: ignore[method-assign]  # - as above
    app.handle_user_exception = partial(_noting, app.handle_user_exception)  # type: ignore[method-assign]  # - as above
    app.add_background_task = partial(_after_commit, app.add_background_task)  # type: ignore[method-assign]  # - as above


async def _noting(handle_user_exception: Any, error: Exception) -> Any:
    note_raised(error)
    return await handle_user_exception(error)


def _after_commit(add_background_task: Any, *args: Any, **kwargs: Any) -> None:
    """A background task of a marked handler begins when its effect is committed, and not where it is undone."""
    attempt, passage = attempt_here.get(), context_admission()
    begin = partial(add_background_task, *args, **kwargs)
    if attempt is None or not isinstance(passage, QuartPassage):
        begin()
    else:
        attempt.after_commit(partial(passage.loop.call_soon_threadsafe, begin))


class Seal:
    """In the place of ``full_dispatch_request``."""

    def __init__(self, runtime: Runtime, app: Quart, checks: Checks) -> None:
        """Nothing is checked yet: rules may still be added."""
        self._runtime = runtime
        self._app = app
        self._checks = checks
        self._checked = False
        self._threads = Threads()
        self._dispatch = app.full_dispatch_request
        self._look: asyncio.Task[None] | None = None

    def check(self) -> None:
        """Check the rules, once they are complete.

        :raises ConfigurationError: at start-up and at every request, as long as something is refused.
        """
        if not self._checked:
            self._checks.run(_endpoints(self._app))
            self._checked = True

    async def start(self) -> None:
        """The application begins to serve."""
        self.check()
        self._look = asyncio.create_task(self._runtime.look(), name="idem-look")

    async def end(self) -> None:
        """The application ends."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait([self._look])
        await self._runtime.aclose()

    async def __call__(self, request_context: Any = None) -> Any:
        """Dispatch one request."""
        self.check()
        context = request_context or of_quart.request_ctx
        dispatch = partial(self._dispatch, request_context)
        handling = QuartHandling(self._runtime, self._app, self._threads, context.request, dispatch)
        try:
            await handling.begin()
        except BodyTooLarge as error:
            passage = handling.passage()
            return await self._app.finalize_request(passage.native(passage.problem(error)), request_context)
        except HTTPException as error:  # the body is too large for the application itself
            answer = await self._app.handle_user_exception(error)
            return await self._app.finalize_request(answer, request_context)
        return await handling.respond()


def _endpoints(app: Quart) -> Generator[Endpoint, None, None]:
    for rule in app.url_map.iter_rules():
        yield Endpoint(
            rule.rule,
            None if rule.methods is None else frozenset(rule.methods),
            app.view_functions.get(rule.endpoint),
            name=rule.endpoint,
            host=rule.host or rule.subdomain or "",
            parameter=LENT_PARAMETER,
        )
