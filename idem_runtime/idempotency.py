"""``Idempotency``: what an application sets up once, and what its handlers ask of it."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from idem_runtime import settings
from idem_runtime.durations import Duration
from idem_runtime.encryption import KeysOf
from idem_runtime.errors import ConfigurationError
from idem_runtime.execution.lent_parameters import Lent
from idem_runtime.mark_callables import is_async
from idem_runtime.model import Isolation, RefusalResponse
from idem_runtime.protocol import earlier_scopes
from idem_runtime.runtime import Runtime
from idem_runtime.sharding import ShardedRuntime

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Engine, orm
    from sqlalchemy.ext import asyncio as orm_async
    from sqlalchemy.ext.asyncio import AsyncEngine

ADAPTERS = {
    "starlette.applications.Starlette": "idem_runtime.adapters.starlette",
    "flask.app.Flask": "idem_runtime.adapters.flask",
    "aiohttp.web_app.Application": "idem_runtime.adapters.aiohttp",
    "litestar.app.Litestar": "idem_runtime.adapters.litestar",
    "quart.app.Quart": "idem_runtime.adapters.quart",
    "sanic.app.Sanic": "idem_runtime.adapters.sanic",
    "mcp.server.mcpserver.server.MCPServer": "idem_runtime.adapters.mcp.sdk",
    "fastmcp.server.server.FastMCP": "idem_runtime.adapters.mcp.fast",
    "aws_lambda_powertools.event_handler.api_gateway.ApiGatewayResolver": "idem_runtime.adapters.powertools.resolver",
    "grpc._server._Server": "idem_runtime.adapters.grpc",
    "grpc.aio._server.Server": "idem_runtime.adapters.grpc",
    "grpclib.server.Server": "idem_runtime.adapters.grpclib",
}
"""Which adapter serves an application of which class; a class is known by its name, so that none is imported."""

FUNCTIONS = "idem_runtime.adapters.function"
CONSOLE = "idem_runtime.operate.console.application"
SESSION_ENGINES = "idem_runtime.startup.session_engines"
Made = TypeVar("Made")
Dependency = TypeVar("Dependency")


class Idempotency:
    """One execution per (principal, operation, key), in your Postgres.

    ``dsn``: connection string, or ``pool``: a psycopg pool of yours (opened by us if it is not) or a SQLAlchemy engine
    on psycopg, or a tuple of one for sync and one for async handlers; or a function of the principal that gives one of
    these or a DSN, for one database to each tenant or shard; in Django ``using``: the alias of a database in
    ``DATABASES``, whose own connection and transaction are joined. ``principal``: from the framework's request to a
    stable tenant or actor id. ``previous_principals``: the resolvers that ``principal`` was before, looked up too for one
    retention after a change. ``refusal_response``: from an :class:`IdempotencyError` and the framework's request to the
    :class:`idem_runtime.Response` that tells callers of it, for an application whose errors have a form of their own;
    ``None`` where it is to be told as usual, as RFC 9457 problem+json. ``response_keys``: responses are stored encrypted,
    under the keys of that setting, or of a function of the principal that gives them. The other parameters are those of
    :class:`idem_runtime.settings.Settings`. Every duration is a ``timedelta`` or a number of seconds.

    :raises ConfigurationError: neither a DSN nor a pool, or a setting that cannot be used.
    """

    lent: Any = Lent("connection")
    """``def job(…, db: psycopg.Connection = idem.lent)``: this parameter gets the execution's connection."""

    lent_session: Any = Lent("session")
    """``def job(…, session: Session = idem.lent_session)``: this parameter gets the execution's SQLAlchemy session."""

    def __init__(
        self,
        dsn: str | None = None,
        *,
        pool: Any = None,
        using: str | None = None,
        principal: Callable[[Any], Any] | None = None,
        previous_principals: tuple[Callable[[Any], Any], ...] = (),
        schema: str | None = None,
        table: str | None = None,
        wait: Duration | None = None,
        retention: Duration | None = None,
        lease: Duration | None = None,
        cap: int | None = None,
        body_cap: int | None = None,
        retries: int | None = None,
        profile: Literal["adr007", "ietf"] | None = None,
        strict: bool | None = None,
        isolation: Isolation | None = None,
        replay_headers: tuple[str, ...] | None = None,
        secrets: Mapping[str, str] | None = None,
        response_keys: Mapping[str, str] | KeysOf | None = None,
        pool_size: int | None = None,
        pool_timeout: Duration | None = None,
        store_timeout: Duration | None = None,
        handler_timeout: Duration | None = None,
        ledger_outside: Literal["raise", "warn"] = "raise",
        refusal_response: RefusalResponse | None = None,
        **earlier_names: Any,
    ) -> None:
        """See the class."""
        given = {name: value for name, value in locals().items() if name in settings.Settings.model_fields}
        keys_of = given.pop("response_keys") if callable(response_keys) else None
        known = settings.load(**given, schema_name=schema)
        previous = _with_earlier_name(previous_principals, earlier_names)
        for wrong, said in earlier_scopes.problems("previous_principals", previous):
            if wrong:
                raise ConfigurationError(f"Idempotency({said}")
        if refusal_response is not None and (not callable(refusal_response) or is_async(refusal_response)):
            raise ConfigurationError(
                "Idempotency(refusal_response=…): a function, not async, of the error and the request"
            )
        if using is not None and dsn is not None:
            raise ConfigurationError("Idempotency: a DSN or using=…, not both")
        kind = ShardedRuntime if callable(pool) else Runtime
        self._runtime: Runtime = kind(
            known,
            pool=pool,
            using=using,
            principal=principal,
            previous_principals=previous,
            ledger_outside=ledger_outside,
            refusal_response=refusal_response,
            response_keys=keys_of,
            has_dsn=dsn is not None,
        )

    def __copy__(self) -> Idempotency:
        """Itself: what is installed, and the pools, are there once."""
        return self

    def __deepcopy__(self, _: object) -> Idempotency:
        """Itself: frameworks copy handlers with all that they refer to (Litestar's routers do)."""
        return self

    @property
    def settings(self) -> settings.Settings:
        """What it was set up with, by arguments and environment: to look at."""
        return self._runtime.settings

    def install(self, app: Any = None, **options: Any) -> None:
        """Protect ``app``, of a framework in ``ADAPTERS``; without one, plain functions of this process.

        ``options`` are those of the adapter, such as ``require_marks=``.

        :raises ConfigurationError: no adapter knows this application, or it fails the adapter's start-up checks.
        """
        self._runtime.must_have_store()
        adapter = importlib.import_module(FUNCTIONS if app is None else _adapter_for(app))
        adapter.install(self._runtime, app, **options)

    init_app = install

    def join(self, engine: Engine | AsyncEngine) -> None:
        """Work on a SQLAlchemy engine: what handlers do with it is part of the money-moving transaction.

        In a local execution ``engine.connect()``, and every session on the engine, works in the transaction that holds key
        and response; elsewhere it does what it always did. Twice is as once; a sync and an async engine may both be joined,
        and the last one of a kind is the one that is worked on.

        :raises ConfigurationError: the engine is not on psycopg 3, or a DSN or a psycopg pool was given besides.
        """
        self._runtime.join(engine)

    def sessionmaker(self, made: Made) -> Made:
        """As :meth:`join`, for the engine of a ``sessionmaker`` or ``async_sessionmaker``; returns it unchanged.

        :raises ConfigurationError: it has no engine yet, or several.
        """
        self._runtime.join(importlib.import_module(SESSION_ENGINES).engine_of_sessionmaker(made))
        return made

    def sessions(self, dependency: Dependency) -> Dependency:
        """As :meth:`join`, for the engine behind a ``get_db`` dependency; returns it unchanged.

        :raises ConfigurationError: its own code names no engine or sessionmaker, or those of several engines.
        """
        self._runtime.join(importlib.import_module(SESSION_ENGINES).engine_of_dependency(dependency))
        return dependency

    async def connection(self) -> psycopg.AsyncConnection[Any]:
        """The connection of this execution, for an async handler: ``Depends(idem.connection)``, or awaited."""
        return await self._runtime.lender().borrow_async()  # type: ignore[no-any-return]  # - drivers are chosen at run time

    def sync_connection(self) -> psycopg.Connection[Any]:
        """The connection of this execution, for a sync handler."""
        return self._runtime.lender().borrow_sync()  # type: ignore[no-any-return]  # - drivers are chosen at run time

    async def session(self) -> orm_async.AsyncSession:
        """The SQLAlchemy session of this execution, for an async handler: ``Depends(idem.session)``, or awaited."""
        return await self._runtime.lender().borrow_async("session")  # type: ignore[no-any-return]  # - a lender lends either kind

    def sync_session(self) -> orm.Session:
        """The SQLAlchemy session of this execution, for a sync handler."""
        return self._runtime.lender().borrow_sync("session")  # type: ignore[no-any-return]  # - a lender lends either kind

    async def admitted(self) -> None:
        """Admit the handler of this request here: ``Depends(idem.admitted)``.

        What comes before it (authentication) runs for every request; what comes after it (other dependencies, the body's
        validation, the handler) runs only where the handler is executed, so that a check of present state (a balance, a
        date) does not refuse the retry of what was done. Does nothing where the handler is not money-moving.

        :raises ConfigurationError: outside a request, or where the mark's key=, principal= or fingerprint= needs the
            handler's arguments.
        """
        await self._runtime.requester().admit_early()

    def sync_admitted(self) -> Any:
        """As :meth:`admitted`, for Flask: ``app.before_request(idem.sync_admitted)``, behind what authenticates.

        Returns the replay or refusal, which Flask answers with; ``None`` where the view is to go ahead.
        """
        return self._runtime.requester().admit_early()

    async def aclose(self) -> None:
        """Wait for connections on their way back, and close the pools that are ours."""
        await self._runtime.aclose()

    def close(self) -> None:
        """Wait for connections on their way back, and close the sync pools that are ours."""
        self._runtime.close()

    def console(
        self,
        *,
        user: Callable[[Any], Any] | None = None,
        may_resolve: Callable[[str], bool] | None = None,
        may_see: Callable[[str, str], bool] | None = None,
        second_person: bool = False,
        dsn: str | None = None,
    ) -> Any:
        """The operator's console as an ASGI application; its ``wsgi`` is the same for a WSGI server (docs/console.md).

        ``user``: from a request (``headers``, ``cookies``, ``scope``) to the name of who is signed in, ``None`` where nobody
        is; may be async. ``may_resolve``: whether that user may decide about unknown outcomes and purge; nobody may, where
        it is not given. ``may_see``: whether that user may see the records of a principal. ``second_person``: an outcome is
        decided where two users have said the same. ``dsn``: of the database, where it is not that of this Idempotency.

        :raises ConfigurationError: no ``user=``, so that everybody would see it; Jinja2 is not installed; no one database.
        """
        return importlib.import_module(CONSOLE).console_of(
            self._runtime,
            user=user,
            may_resolve=may_resolve,
            may_see=may_see,
            second_person=second_person,
            dsn=dsn,
        )

    def without_lock(self) -> None:
        """Leave the advisory lock out: slower under contention, as correct. For engines that have none."""
        self._runtime.without_lock()


for _lends in (
    Idempotency.connection,
    Idempotency.sync_connection,
    Idempotency.session,
    Idempotency.sync_session,
):
    # Who injects dependencies may resolve what they return (Litestar does), and no driver is imported here.
    _lends.__annotations__["return"] = Any


def runtime_of(idempotency: Idempotency) -> Runtime:
    """What ``idempotency`` consists of, for those who extend this package."""
    return idempotency._runtime  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - users have no use for it


def _with_earlier_name(previous: Any, earlier_names: dict[str, Any]) -> Any:
    """``previous_principals=``, also where it has its earlier name."""
    for name in earlier_names:
        if name != "previous_scopes":
            raise TypeError(f"Idempotency() got an unexpected keyword argument {name!r}")
    if "previous_scopes" not in earlier_names:
        return previous
    warnings.warn(
        "Idempotency(previous_scopes=…) is previous_principals= now", DeprecationWarning, stacklevel=3
    )
    return earlier_names["previous_scopes"]


def _adapter_for(app: object) -> str:
    for base in type(app).__mro__:
        module = ADAPTERS.get(f"{base.__module__}.{base.__qualname__}")
        if module is not None:
            return module
    raise ConfigurationError(
        f"no adapter for {type(app).__module__}.{type(app).__qualname__}: known are {list(ADAPTERS)}"
    )
