"""The seal stands around ``_call_route``: the route is known, exception handlers are done; CORS, gzip and base64 come later.

The admission is in the mark. Powertools has no public place there; tests/runtime/adapters/powertools/test_resolver_pins.py
holds what is relied on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.event_handler import BedrockAgentResolver

from idem_runtime.adapters.http.passage import PassageOver, note_raised
from idem_runtime.adapters.http.sync_passage import handle
from idem_runtime.adapters.powertools.resolver_call import Call
from idem_runtime.adapters.powertools.resolver_passage import (
    AsyncResolverHandling,
    Leaving,
    SyncResolverPassage,
)
from idem_runtime.adapters.powertools.resolver_routes import Routes
from idem_runtime.adapters.powertools.resolver_turns import turn, turn_in_loop
from idem_runtime.adapters.powertools.resolver_waiting import Waiting
from idem_runtime.durations import Duration, as_timedelta
from idem_runtime.errors import ConfigurationError
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks

MARGIN = 0.5
"""Seconds before the end of an invocation."""
OLDEST = "3.35"
"""Of the versions of Powertools that have all that is wrapped here."""


def install(runtime: Runtime, app: Any, *, margin: Duration = MARGIN, **options: Any) -> None:
    """Put the seal into the resolver ``app``; options: :class:`idem_runtime.startup.route_checks.Checks`.

    ``margin``: how long before the end of the invocation a local effect that is not committed is undone.

    :raises ConfigurationError: the resolver has resolved an event already, or has none of HTTP, or a route is refused; or
        Powertools is too old.
    """
    if not hasattr(app, "_call_route_async"):
        raise ConfigurationError(f"Powertools {OLDEST} or later: this one lacks what the seal stands around")
    if isinstance(app, BedrockAgentResolver):
        raise ConfigurationError(
            "a Bedrock agent sends no Idempotency-Key: call a function that is marked @money_moving(key=…), with "
            "idem.install() for plain functions"
        )
    if isinstance(getattr(app.resolve, "__self__", None), Seal):
        raise ConfigurationError("idem.install(app) was called for this resolver before: one is enough")
    seconds = as_timedelta(margin)
    if not isinstance(seconds, timedelta) or seconds < timedelta():
        raise ConfigurationError(
            f"install(margin={margin!r}): seconds, or a timedelta, and none is the least"
        )
    checks = Checks.of(runtime, options)
    Seal(runtime, app, seconds.total_seconds(), checks).install()


class Seal:
    """What stands around the routes of one resolver."""

    def __init__(self, runtime: Runtime, app: Any, margin: float, checks: Checks) -> None:
        """Nothing stands anywhere yet."""
        self._runtime = runtime
        self._app = app
        self._margin = margin
        self._routes = Routes(app, checks)
        self._waiting = Waiting()
        self._resolve, self._resolve_async = app.resolve, app.resolve_async
        self._call_route, self._call_route_async = app._call_route, app._call_route_async  # noqa: SLF001 - see above
        self._call_exception_handler = app._call_exception_handler  # noqa: SLF001 - see above

    def install(self) -> None:
        """Wrap the resolver's methods, for this one only."""
        self._routes.watch()
        app = self._app
        app.resolve, app.resolve_async = self.resolve, self.resolve_async
        app._call_route, app._call_route_async = self.call_route, self.call_route_async  # noqa: SLF001 - see above
        app._call_exception_handler = self.call_exception_handler  # noqa: SLF001 - see above

    # One request at a time

    def resolve(self, event: Any, context: Any) -> Any:
        """As the resolver's own, one event after the other."""
        with turn():
            return self._resolve(event, context)

    async def resolve_async(self, event: Any, context: Any) -> Any:
        """As the resolver's own, one event after the other."""
        async with turn_in_loop():
            return await self._resolve_async(event, context)

    # The seal

    def call_route(self, route: Any, route_arguments: dict[str, str]) -> Any:
        """Go through the route until its answer stands."""
        call = self._call(route, route_arguments)
        call.must_not_be_awaited()

        def dispatch() -> Any:
            try:
                return self._call_route(route, call.arguments)
            except Leaving:
                raise PassageOver from None

        return handle(lambda: SyncResolverPassage(call), dispatch, call.rewind)

    async def call_route_async(self, route: Any, route_arguments: dict[str, str]) -> Any:
        """The same in an event loop."""
        call = self._call(route, route_arguments)
        return await AsyncResolverHandling(
            call, lambda: self._call_route_async(route, call.arguments), self._waiting
        ).answer()

    def _call(self, route: Any, arguments: dict[str, str]) -> Call:
        self._routes.complete()
        return Call(self._runtime, self._app, route, arguments, self._margin)

    def call_exception_handler(self, exp: Exception, route: Any) -> Any:
        """As the resolver's own: what is answered there was raised."""
        note_raised(exp)
        return self._call_exception_handler(exp, route)
