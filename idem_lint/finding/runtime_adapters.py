"""Which part of the runtime makes a mark true for the handlers of a framework.

A mark without an adapter is refused at the first request: there the mark stands on a plain function that the handler calls.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuntimeAdapter:
    """``name``: its folder in ``idem_runtime/adapters``. ``installed_by``: the call that puts it in force.

    ``page``: where it is documented, from the project's root. ``looks_into_closures``: it finds a mark below a decorator
    without ``functools.wraps``.
    """

    name: str
    installed_by: str
    page: str
    looks_into_closures: bool = False


STARLETTE = RuntimeAdapter("starlette", "idem.install(app)", "docs/runtime.md#fastapi-starlette")
FLASK = RuntimeAdapter("flask", "idem.init_app(app)", "docs/runtime.md#flask")
AIOHTTP = RuntimeAdapter("aiohttp", "idem.install(app)", "docs/frameworks.md#aiohttp")
LITESTAR = RuntimeAdapter("litestar", "idem.install(app)", "docs/frameworks.md#litestar")
QUART = RuntimeAdapter("quart", "idem.install(app)", "docs/frameworks.md#quart")
SANIC = RuntimeAdapter("sanic", "idem.install(app)", "docs/frameworks.md#sanic")
DJANGO = RuntimeAdapter("django", "IdempotencyMiddleware", "docs/django.md", looks_into_closures=True)
GRPC = RuntimeAdapter("grpc", "idem.install(server)", "docs/grpc.md#set-up")
POWERTOOLS = RuntimeAdapter("powertools", "idem.install(app)", "docs/lambda.md")
MCP = RuntimeAdapter("mcp", "idem.install(server)", "docs/agents.md")
QUEUES = RuntimeAdapter("queues", "idem.install()", "docs/queues.md")
# What serves every function, called by whatever framework: the mark names its own key and principal.
FUNCTIONS = RuntimeAdapter(
    "function", "idem.install()", "docs/runtime.md#plain-functions-workers-queues-jobs"
)
