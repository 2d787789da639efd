"""The routes of a resolver, checked as they come: at ``install``, at registration, and all of them at a first request."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Any, get_type_hints

from idem_runtime.adapters.http import openapi
from idem_runtime.adapters.powertools.resolver_middleware import notice, notice_async
from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.lent_parameters import Lent
from idem_runtime.marks import MoneyMoving
from idem_runtime.startup.connection_check import LENT_PARAMETER
from idem_runtime.startup.route_checks import Checks, Endpoint, mark_of_endpoint

TOO_LATE = "idem.install(app) has to come before the resolver resolves its first event"


class Routes:
    """Watches what is registered: decorators of the resolver and ``include_router`` all come through ``app.route``."""

    def __init__(self, app: Any, checks: Checks) -> None:
        """Nothing is watched yet."""
        self._app = app
        self._checks = checks
        self._known: dict[int, Any] = {}
        self._checked = -1

    def watch(self) -> None:
        """Check the routes that are there, and those that come.

        :raises ConfigurationError: here, or out of the registration that is refused.
        """
        if any(route._middleware_stack_built for route in self._all()):  # noqa: SLF001 - it would stay without our part
            raise ConfigurationError(TOO_LATE)
        self._look()
        route, schema = self._app.route, self._app.get_openapi_schema

        def route_and_check(*args: Any, **kwargs: Any) -> Any:
            register = route(*args, **kwargs)

            def registering(function: Any) -> Any:
                registered = register(function)
                self._look()
                return registered

            return registering

        self._app.route = route_and_check
        self._app.get_openapi_schema = lambda **options: self._described(schema(**options))  # pyright: ignore[reportUnknownLambdaType] - as they are given

    def complete(self) -> None:
        """Check all that nothing has checked, now that the program is loaded.

        :raises ConfigurationError: at every request, as long as something is refused.
        """
        routes = self._all()
        if len(routes) != self._checked:
            self._checks.run(map(self._endpoint, routes))
            self._checked = len(routes)

    def _all(self) -> list[Any]:
        return [*self._app._static_routes, *self._app._dynamic_routes]  # noqa: SLF001 - there is no other way to them

    def _look(self) -> None:
        new = [route for route in self._all() if id(route) not in self._known]
        for route in new:
            self._known[id(route)] = route
            _prepare(route)
        self._checks.run(map(self._endpoint, new), complete=False)

    def _endpoint(self, route: Any) -> Endpoint:
        from aws_lambda_powertools.event_handler.depends import (
            build_dependency_tree,
        )  # `install` has looked at the version

        lent, tree = _lends(route.func), build_dependency_tree(route.func)
        return Endpoint(
            route.openapi_path,
            frozenset({route.method}),
            route.func,
            dependencies=None if lent or not tree.dependencies else partial(self._dependencies, tree),
            parameter=LENT_PARAMETER,
        )

    def _dependencies(self, tree: Any) -> Generator[Any, None, None]:
        """What Powertools calls before a function, as it is overridden."""
        for node in tree.dependencies:
            call = node.depends.dependency
            yield self._app.dependency_overrides.get(call, call)
            yield from self._dependencies(node.dependant)

    def _described(self, schema: Any) -> Any:
        """``schema``, which also says what marked operations require and answer, and for how long a key is kept."""
        for route in self._all():
            mark = mark_of_endpoint(route.func, route.method)
            path: Any = schema.paths.get(route.openapi_path)
            operation: Any = getattr(path, route.method.lower(), None)
            if isinstance(mark, MoneyMoving) and operation is not None:
                told = operation.model_dump(by_alias=True, exclude_none=True, mode="json")
                told["responses"] = {str(status): said for status, said in told.get("responses", {}).items()}
                openapi.describe(told, mark, self._checks.runtime)
                setattr(path, route.method.lower(), operation.__class__.model_validate(told))
        return schema


def _prepare(route: Any) -> None:
    """Put our middleware innermost of the application's, and show validation what the handler itself takes and returns."""
    own = route.middlewares
    route.middlewares = [*own, notice]
    # a sync one would take a thread of the event loop's few, which all of them may be waiting for
    in_loop = copy.copy(route)
    in_loop.middlewares = [*own, notice_async]
    route.call_async = in_loop.call_async
    if isinstance(mark_of_endpoint(route.func, route.method), MoneyMoving):
        function = getattr(route.func, "__func__", route.func)
        function.__signature__ = _signature(function)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """Of a marked function, without what we lend, which no request brings.

    Its annotations are values, because as text they would be looked for in the module of the mark, not in its own.
    """
    signature, hints = inspect.signature(function), dict[str, Any]()
    with suppress(NameError):  # of a type that only the checker knows
        hints = get_type_hints(function, include_extras=True)
    lent = _lends(function)
    parameters = [
        parameter.replace(annotation=hints.get(name, parameter.annotation))
        for name, parameter in signature.parameters.items()
        if name not in lent
    ]
    returned = hints.get("return", signature.return_annotation)
    return signature.replace(parameters=parameters, return_annotation=returned)


def _lends(function: Callable[..., Any]) -> frozenset[str]:
    """The parameters that get what is lent."""
    parameters = inspect.signature(function).parameters.values()
    return frozenset(parameter.name for parameter in parameters if isinstance(parameter.default, Lent))
