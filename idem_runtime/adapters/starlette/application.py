"""What is added to a Starlette or FastAPI application besides the seal: its end, its OpenAPI, its exception handlers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import compile_path

from idem_runtime.adapters.http import openapi
from idem_runtime.adapters.starlette.routes import walk
from idem_runtime.mark_callables import is_async
from idem_runtime.marks import MoneyMoving
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import mark_of_endpoint


def close_with(app: Any, runtime: Runtime) -> None:
    """Look at the store when the application's lifespan begins, and close our pools when it ends."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: Any) -> AsyncGenerator[Any, None]:
        async with inner(application) as state:
            look = asyncio.create_task(runtime.look(), name="idem-look")
            try:
                yield state
            finally:
                look.cancel()
                await asyncio.wait([look])
                await runtime.aclose()

    app.router.lifespan_context = lifespan


def describe(app: Any, runtime: Runtime) -> None:
    """Say in FastAPI's OpenAPI what marked operations require and answer, and for how long (the IETF draft's MUST)."""
    original = getattr(app, "openapi", None)
    if original is None:
        return

    def described() -> dict[str, Any]:
        schema: dict[str, Any] = original()
        for endpoint in walk(app):
            path = schema.get("paths", {}).get(compile_path(endpoint.template)[1], {})
            for method in endpoint.methods or ():
                mark = mark_of_endpoint(endpoint.function, method)
                operation = path.get(method.lower())
                if isinstance(mark, MoneyMoving) and operation is not None:
                    openapi.describe(operation, mark, runtime)
        return schema

    app.openapi = described


def describe_mounted(app: Any, runtime: Runtime) -> None:
    """As :func:`describe`, for the applications below ``app``, which have descriptions of their own."""
    for route in getattr(app, "routes", None) or ():
        inner = getattr(route, "app", None)
        if getattr(route, "endpoint", None) is None and inner is not None:
            describe(inner, runtime)
            describe_mounted(inner, runtime)


def note_exceptions(seal_app: Any, root: Any, note: Callable[[Exception], None]) -> None:
    """Have ``note`` called with every exception that an exception handler answers.

    Middleware inside the application may send an answer from another task than the one in which it was raised, so that who
    sees the answer does not see the exception. ``seal_app``: what the seal stands around; ``root``: the application.
    """
    for name in ("_exception_handlers", "_status_handlers"):
        _note(getattr(seal_app, name, {}), note)
    for app in _mounted_apps(root):
        app.exception_handlers.setdefault(HTTPException, ExceptionMiddleware(app).http_exception)
        _note(app.exception_handlers, note)


def _mounted_apps(app: Any) -> Generator[Any, None, None]:
    for route in getattr(app, "routes", None) or ():
        inner = getattr(route, "app", None)
        if hasattr(inner, "exception_handlers"):
            yield inner
        yield from _mounted_apps(inner if getattr(inner, "routes", None) else route)


def _note(handlers: dict[Any, Any], note: Callable[[Exception], None]) -> None:
    for key, handler in handlers.items():
        handlers[key] = _noting(handler, note)


def _noting(handler: Any, note: Callable[[Exception], None]) -> Any:
    if is_async(handler):

        async def awaited(connection: Any, error: Exception) -> Any:
            note(error)
            return await handler(connection, error)

        return awaited

    def called(connection: Any, error: Exception) -> Any:
        note(error)
        return handler(connection, error)

    return called
