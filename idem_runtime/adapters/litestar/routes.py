"""The routes of a Litestar application, and what is called for each before its handler."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.utils.sync import AsyncCallable

from idem_runtime.marks import Mark, MoneyMoving, mark_of
from idem_runtime.startup.route_checks import Endpoint

PARAMETER = {
    True: 'dependencies={"db": Provide(idem.connection)}  # and a parameter of that name (or idem.session)',
    False: 'dependencies={"db": Provide(idem.sync_connection, sync_to_thread=False)}  # and a parameter of that name',
}


def http_routes(app: Litestar) -> Generator[HTTPRoute, None, None]:
    """Every route for requests; what is mounted with ``@asgi`` is another application's."""
    return (route for route in app.routes if isinstance(route, HTTPRoute))


def walk(app: Litestar) -> Generator[tuple[HTTPRouteHandler, Endpoint], None, None]:
    """Every route handler, and what is known of it."""
    for route in http_routes(app):
        for handler in route.route_handlers:
            yield (
                handler,
                Endpoint(
                    route.path_format,
                    frozenset(map(str, handler.http_methods)),
                    below_thread(handler.fn),
                    dependencies=partial(_dependencies, handler),
                    parameter=PARAMETER,
                ),
            )


def below_thread(function: Any) -> Any:
    """The function that Litestar calls in a thread, or ``function`` itself."""
    return function.func if isinstance(function, AsyncCallable) else function


def _dependencies(handler: HTTPRouteHandler) -> Generator[Any, None, None]:
    """What is called for the parameters of ``handler``, and for theirs."""
    provided, seen = handler.resolve_dependencies(), set[str]()
    names = [*handler.parsed_fn_signature.parameters]
    while names:
        name = names.pop()
        if name in provided and name not in seen:
            seen.add(name)
            yield below_thread(provided[name].dependency)
            names.extend(provided[name].parsed_fn_signature.parameters)


class Marks:
    """The marks of the handlers that requests are routed to."""

    def mark_in_force(self, scope: Any) -> Mark | None:
        """The mark of the handler of this request."""
        return mark_of(scope["route_handler"].fn)

    def unmarked(self, scope: Any) -> bool:
        """Whether it is certain that nothing money-moving answers this request."""
        return not isinstance(self.mark_in_force(scope), MoneyMoving)
