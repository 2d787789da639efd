"""``Idempotency``: the settings, the pools and the principal of one application, and what it is installed in."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from idem_runtime import log, marks, scopes, settings
from idem_runtime.context import current
from idem_runtime.drivers.checkout import wait_for_async_returns, wait_for_returns
from idem_runtime.drivers.heartbeat import Heart
from idem_runtime.drivers.located import Located
from idem_runtime.drivers.pools import Pools, Table
from idem_runtime.drivers.psycopg import AsyncSession, SyncSession
from idem_runtime.errors import ConfigurationError, IdempotencyError, PrincipalMissing
from idem_runtime.execution import Policy
from idem_runtime.gate import Gate
from idem_runtime.key import check_key
from idem_runtime.mark_callables import is_async
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import (
    Ask,
    Headers,
    Isolation,
    Loanable,
    Matcher,
    Response,
    Statement,
    Steps,
    StoreError,
)
from idem_runtime.problem import Shape, problem, shaped
from idem_runtime.protocol import scope_of
from idem_runtime.scope_part import NoName, text_of

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import orm
    from sqlalchemy.ext import asyncio as orm_async

ADAPTERS = {
    "starlette.applications.Starlette": "idem_runtime.adapters.starlette",
    "flask.app.Flask": "idem_runtime.adapters.flask",
}
"""Which adapter serves an application of which class; a class is known by its name, so that none is imported."""

BESIDE = (
    "a money-moving request or call opens a session or connection of its own on the engine that idem works on: what it "
    "writes would stay where effect and key are undone, and it waits for a second connection of the same pool. Use "
    "idem.session, idem.sync_session or idem.lent_session for everything in it, authentication too; or an engine of its "
    "own for what is no part of it; or effect='external', where nothing of it is in this Postgres"
)

FUNCTIONS = "idem_runtime.adapters.function"


class Lent:
    """Default of a function's parameter that is to get our connection or session: ``def job(…, db=idem.lent)``."""

    def __init__(self, kind: Loanable) -> None:
        """``kind``: what the parameter gets."""
        self.kind: Loanable = kind


class Idempotency:
    """One execution per (principal, operation, key), in your Postgres.

    ``dsn``: connection string, or ``pool``: a psycopg pool of yours (opened by us if it is not) or a SQLAlchemy engine
    on psycopg, or a tuple of one for sync and one for async handlers. ``principal``: from the framework's request to a
    stable tenant or actor id. ``previous_scopes``: the resolvers that ``principal`` was before, looked up too for one
    retention after a change. ``refusal_response``: from an :class:`IdempotencyError` and the framework's request to the
    :class:`idem_runtime.Response` that tells callers of it, for an application whose errors have a form of their own;
    ``None`` where it is to be told as usual, as RFC 9457 problem+json. The other parameters are those of
    :class:`idem_runtime.settings.Settings`.

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
        principal: Callable[[Any], Any] | None = None,
        previous_scopes: tuple[Callable[[Any], Any], ...] = (),
        schema: str | None = None,
        table: str | None = None,
        wait: float | None = None,
        retention: timedelta | None = None,
        lease: timedelta | None = None,
        cap: int | None = None,
        body_cap: int | None = None,
        retries: int | None = None,
        profile: Literal["adr007", "ietf"] | None = None,
        strict: bool | None = None,
        isolation: Isolation | None = None,
        replay_headers: tuple[str, ...] | None = None,
        secrets: Mapping[str, str] | None = None,
        pool_size: int | None = None,
        pool_timeout: float | None = None,
        store_timeout: float | None = None,
        handler_timeout: float | None = None,
        ledger_outside: Literal["raise", "warn"] = "raise",
        refusal_response: Shape | None = None,
    ) -> None:
        """See the class."""
        given = {name: value for name, value in locals().items() if name in settings.Settings.model_fields}
        self.settings = settings.load(**given, schema_name=schema)
        self.principal = principal
        self.previous_scopes = previous_scopes
        for wrong, said in scopes.problems(previous_scopes, texts=False):
            if wrong:
                raise ConfigurationError(f"Idempotency({said}")
        self.ledger_outside: Literal["raise", "warn"] = ledger_outside
        if refusal_response is not None and (not callable(refusal_response) or is_async(refusal_response)):
            raise ConfigurationError(
                "Idempotency(refusal_response=…): a function, not async, of the error and the request"
            )
        self.refusal_response = refusal_response
        self.where = Located(Table(self.settings.table, self.settings.schema_name))
        known = self.settings
        secret = None if known.dsn is None else known.dsn.get_secret_value()
        self.pools = Pools.of(
            secret,
            pool,
            size=known.pool_size,
            timeout=known.pool_timeout,
            store_timeout=known.store_timeout,
        )
        self.pools.watch(self._refuse_beside)
        self.secrets = settings.secret_bytes(known.secrets)
        self.heart = Heart(self.pools, self.where, store_timeout=known.store_timeout)
        self.policy = Policy(
            Gate(), cap=known.cap, retries=known.retries, strict=known.strict, leases=self.heart
        )

    def install(self, app: Any = None, **options: Any) -> None:
        """Protect ``app`` (Starlette, FastAPI, Flask); without one, plain functions of this process.

        ``options`` are those of the adapter, such as ``require_marks=``.

        :raises ConfigurationError: no adapter knows this application, or it fails the adapter's start-up checks.
        """
        adapter = importlib.import_module(FUNCTIONS if app is None else _adapter_for(app))
        adapter.install(self, app, **options)

    init_app = install

    async def connection(self) -> psycopg.AsyncConnection[Any]:
        """The connection of this execution, for an async handler: ``Depends(idem.connection)``, or awaited."""
        return await self._lender().borrow_async()  # type: ignore[no-any-return]  # - drivers are chosen at run time

    def sync_connection(self) -> psycopg.Connection[Any]:
        """The connection of this execution, for a sync handler."""
        return self._lender().borrow_sync()  # type: ignore[no-any-return]  # - drivers are chosen at run time

    async def session(self) -> orm_async.AsyncSession:
        """The SQLAlchemy session of this execution, for an async handler: ``Depends(idem.session)``, or awaited."""
        return await self._lender().borrow_async("session")  # type: ignore[no-any-return]  # - a lender lends either kind

    def sync_session(self) -> orm.Session:
        """The SQLAlchemy session of this execution, for a sync handler."""
        return self._lender().borrow_sync("session")  # type: ignore[no-any-return]  # - a lender lends either kind

    async def admitted(self) -> None:
        """Admit the handler of this request here: ``Depends(idem.admitted)``.

        What comes before it (authentication) runs for every request; what comes after it (other dependencies, the body's
        validation, the handler) runs only where the handler is executed, so that a check of present state (a balance, a
        date) does not refuse the retry of what was done. Does nothing where the handler is not money-moving.

        :raises ConfigurationError: outside a request, or where the mark's key=, scope= or fingerprint= needs the handler's
            arguments.
        """
        await self._requester().admit_early()

    def sync_admitted(self) -> Any:
        """As :meth:`admitted`, for Flask: ``app.before_request(idem.sync_admitted)``, behind what authenticates.

        Returns the replay or refusal, which Flask answers with; ``None`` where the view is to go ahead.
        """
        return self._requester().admit_early()

    def _requester(self) -> Any:
        lender = self._lender()
        if not hasattr(lender, "admit_early"):
            raise ConfigurationError(
                "idem.admitted is for requests: a function is admitted where it is called"
            )
        return lender

    def sync_store(self, *, small: bool = False) -> SyncSession:
        """A new store for one execution of a sync handler; ``small``: one that waits for no local handler."""
        pool = self.pools.sync("apart" if small else "main")
        kind: type[SyncSession] = getattr(pool, "store", SyncSession)
        apart, timeout = partial(self.pools.sync, "apart"), self.settings.store_timeout
        return kind(pool, self.where, self.settings.isolation, apart=apart, timeout=timeout)

    def async_store(self, *, small: bool = False) -> AsyncSession:
        """A new store for one execution of an async handler; ``small``: one that waits for no local handler."""
        pool = self.pools.asynchronous("apart" if small else "main")
        kind: type[AsyncSession] = getattr(pool, "store", AsyncSession)
        apart, timeout = partial(self.pools.asynchronous, "apart"), self.settings.store_timeout
        return kind(pool, self.where, self.settings.isolation, apart=apart, timeout=timeout)

    @property
    def table(self) -> Table:
        """Where the records are; with its schema, once the first connection has found it."""
        return self.where.table

    async def look(self) -> None:
        """Take a connection of the store, so that the log says what is wrong there before the first request does."""
        try:
            if self.pools.has("async"):
                store = self.async_store()
                await store.run(_nothing())
            else:
                await asyncio.to_thread(self.sync_store().run, _nothing())
        except StoreError as error:
            log.away(error)

    async def aclose(self) -> None:
        """Wait for connections on their way back, and close the pools that are ours."""
        wait_for_returns()
        await wait_for_async_returns()
        if self.heart.beating:
            await asyncio.to_thread(self.heart.close)
        await self.pools.aclose()

    def close(self) -> None:
        """Wait for connections on their way back, and close the sync pools that are ours."""
        wait_for_returns()
        self.heart.close()
        self.pools.close()

    def _lender(self) -> Any:
        lender = current.get()
        if lender is None:
            raise ConfigurationError(
                "no money-moving execution lends a connection here: is idem.install(app) called?"
            )
        if lender.policy.gate is not self.policy.gate:
            raise ConfigurationError("another Idempotency executes here: ask that one for the connection")
        return lender

    def _refuse_beside(self) -> None:
        """What is written on another connection of the engine would be no part of the money-moving transaction.

        :raises ConfigurationError: that is what would happen here.
        """
        lender = current.get()
        if lender is not None and lender.policy.gate is self.policy.gate and lender.joins:
            raise ConfigurationError(BESIDE)

    def ask(
        self,
        mark: MoneyMoving,
        *,
        principal: object,
        operation: str,
        key: object,
        fingerprint: Matcher,
        earlier: Iterable[object] = (),
    ) -> Ask:
        """One attempt, with the mark's own settings before the application's.

        ``earlier``: who asked by earlier principal resolvers; nobody (``None``, empty) is passed over.

        :raises PrincipalMissing: nobody asks. :raises KeyMissing: no key. :raises KeyInvalid: not one that can be used.
        :raises ConfigurationError: the principal is of a type that names nobody.
        """
        whos = [
            check_principal(principal),
            *(check_principal(who) for who in earlier if who is not None and who != ""),
        ]
        known = self.settings
        return Ask(
            scope=scope_of((whos[0], operation)),
            key=check_key(key),
            fingerprint=fingerprint,
            attempt=str(uuid4()),
            wait=known.wait if mark.wait is None else mark.wait,
            retention=mark.kept(known.retention).total_seconds(),
            lease=(mark.lease or known.lease).total_seconds(),
            handler_timeout=known.handler_timeout,
            previous=earlier_scopes(whos, [operation, *mark.earlier_operations]),
        )

    def refusal(self, error: IdempotencyError, request: Any, *, path: str) -> Response:
        """``error`` as the caller of ``request`` is told of it; ``path``: of the request."""
        default = problem(error, self.settings.profile, path=path)
        return shaped(default, error, request, self.refusal_response)

    def storable(self, headers: Headers) -> Headers:
        """The headers that are stored and replayed."""
        return tuple((name, value) for name, value in headers if name in self.settings.replay_headers)

    def without_lock(self) -> None:
        """Leave the advisory lock out: slower under contention, as correct. For engines that have none."""
        self.policy = replace(self.policy, locked=False)


def _nothing() -> Steps[None]:
    """The smallest question: getting a connection for it is what matters."""
    yield Statement("now", {}, fresh=True)


def earlier_scopes(principals: list[str], operations: list[str]) -> tuple[str, ...]:
    """Every scope of these principals and operations but the first's, which is the current one; none twice."""
    all_ = [scope_of((who, operation)) for operation in operations for who in principals]
    return tuple(dict.fromkeys(each for each in all_ if each != all_[0]))


def check_principal(principal: object) -> str:
    """``principal`` as text.

    :raises PrincipalMissing: it is nobody: ``None``, or nothing but blanks.
    :raises ConfigurationError: it is of a type that names nobody for certain; logged, too, because no caller can mend it.
    """
    try:
        text = text_of(principal)
    except NoName as error:
        message = f"the principal {error}: return the stable id of a tenant or actor"
        log.unresolved(message)
        raise ConfigurationError(message) from None
    if not text.strip() or "\0" in text:
        raise PrincipalMissing
    return text


def _adapter_for(app: object) -> str:
    for base in type(app).__mro__:
        module = ADAPTERS.get(f"{base.__module__}.{base.__qualname__}")
        if module is not None:
            return module
    raise ConfigurationError(
        f"no adapter for {type(app).__module__}.{type(app).__qualname__}: known are {list(ADAPTERS)}"
    )


def install_for_process(idempotency: Idempotency, admission: marks.Admission) -> None:
    """Make ``admission`` the one in force where no adapter's is."""
    marks.install_for_process(admission, ledger_outside=idempotency.ledger_outside)


@cache
def lent_parameters(function: Function) -> tuple[tuple[str, Loanable], ...]:
    """The parameters whose defaults are ``idem.lent`` or ``idem.lent_session``, and what each gets."""
    found = inspect.signature(function).parameters.values()
    return tuple((each.name, each.default.kind) for each in found if isinstance(each.default, Lent))
