"""The seal stands around ``full_dispatch_request``; the admission is in the mark."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from functools import partial
from typing import Any

from quart import Quart
from werkzeug.exceptions import HTTPException

from idem_runtime.adapters.asyncio_waiting import Threads
from idem_runtime.adapters.http.passage import note_raised
from idem_runtime.adapters.quart.passage import QuartHandling, QuartPassage
from idem_runtime.adapters.quart.version import KNOWN, current_context, is_known, leading
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
    if not is_known():
        raise ConfigurationError(
            f"this Quart is newer than this version of idem-guard knows how to protect: pip install '{KNOWN}'"
        )
    protected: Any = app  # its methods are wrapped for this application only
    if isinstance(protected.full_dispatch_request, Seal):
        raise ConfigurationError("idem.install(app) was called for this application before: one is enough")
    seal = Seal(runtime, app, Checks.of(runtime, options))
    app.before_serving_funcs.insert(0, seal.start)
    app.after_serving_funcs.append(seal.end)
    protected.full_dispatch_request = seal
    protected.handle_user_exception = partial(_noting, protected.handle_user_exception)
    protected.add_background_task = partial(_after_commit, protected.add_background_task)


async def _noting(handle_user_exception: Any, *context_and_error: Any) -> Any:
    note_raised(context_and_error[-1])
    return await handle_user_exception(*context_and_error)


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

    async def __call__(self, context: Any = None) -> Any:
        """Dispatch one request."""
        self.check()
        context = context or current_context()
        dispatch = partial(self._dispatch, context)
        handling = QuartHandling(self._runtime, self._app, self._threads, context.request, dispatch)
        try:
            await handling.begin()
        except BodyTooLarge as error:
            passage = handling.passage()
            return await self._finalize(context, passage.native(passage.problem(error)))
        except HTTPException as error:  # the application's own: the body is too large for it, or too late
            return await self._finalize(context, await self._handle(context, error))
        return await handling.respond()

    async def _handle(self, context: Any, error: HTTPException) -> Any:
        handle: Any = self._app.handle_user_exception
        return await handle(*leading(context), error)

    async def _finalize(self, context: Any, answer: Any) -> Any:
        finalize: Any = self._app.finalize_request
        return await finalize(*leading(context), answer)


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
