"""``Idempotency``: the settings, the pools and the principal of one application, and what it is installed in."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from idem_runtime import marks, settings
from idem_runtime.drivers.pools import Pools, Table
from idem_runtime.drivers.psycopg import (
    AsyncSession,
    SyncSession,
    wait_for_async_returns,
    wait_for_returns,
)
from idem_runtime.errors import ConfigurationError, PrincipalMissing
from idem_runtime.execution import Policy, current
from idem_runtime.gate import Gate
from idem_runtime.key import check_key
from idem_runtime.marks import Function, MoneyMoving
from idem_runtime.model import Ask, Headers, Isolation, Loanable, Matcher
from idem_runtime.protocol import scope_of

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import orm
    from sqlalchemy.ext import asyncio as orm_async

ADAPTERS = {
    "starlette.applications.Starlette": "idem_runtime.adapters.starlette",
    "flask.app.Flask": "idem_runtime.adapters.flask",
}
"""Which adapter serves an application of which class; a class is known by its name, so that none is imported."""

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
    stable tenant or actor id. The other parameters are those
    of :class:`idem_runtime.settings.Settings`.

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
        schema: str | None = None,
        table: str | None = None,
        wait: float | None = None,
        retention: timedelta | None = None,
        lease: timedelta | None = None,
        cap: int | None = None,
        retries: int | None = None,
        profile: Literal["adr007", "ietf"] | None = None,
        strict: bool | None = None,
        isolation: Isolation | None = None,
        replay_headers: tuple[str, ...] | None = None,
        secrets: Mapping[str, str] | None = None,
        pool_size: int | None = None,
        pool_timeout: float | None = None,
        ledger_outside: Literal["raise", "warn"] = "raise",
    ) -> None:
        """See the class."""
        given = {name: value for name, value in locals().items() if name in settings.Settings.model_fields}
        self.settings = settings.load(**given, schema_name=schema)
        self.principal = principal
        self.ledger_outside: Literal["raise", "warn"] = ledger_outside
        self.table = Table(self.settings.table, self.settings.schema_name)
        known = self.settings
        secret = None if known.dsn is None else known.dsn.get_secret_value()
        self.pools = Pools.of(secret, pool, size=known.pool_size, timeout=known.pool_timeout)
        self.secrets = settings.secret_bytes(known.secrets)
        self.policy = Policy(Gate(), cap=known.cap, retries=known.retries, strict=known.strict)

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
        return await _lender().borrow_async()  # type: ignore[no-any-return]

    def sync_connection(self) -> psycopg.Connection[Any]:
        """The connection of this execution, for a sync handler."""
        return _lender().borrow_sync()  # type: ignore[no-any-return]

    async def session(self) -> orm_async.AsyncSession:
        """The SQLAlchemy session of this execution, for an async handler: ``Depends(idem.session)``, or awaited."""
        return await _lender().borrow_async("session")  # type: ignore[no-any-return]

    def sync_session(self) -> orm.Session:
        """The SQLAlchemy session of this execution, for a sync handler."""
        return _lender().borrow_sync("session")  # type: ignore[no-any-return]

    def sync_store(self) -> SyncSession:
        """A new store for one execution of a sync handler."""
        pool = self.pools.sync()
        kind: type[SyncSession] = getattr(pool, "store", SyncSession)
        return kind(pool, self.table, self.settings.isolation)

    def async_store(self) -> AsyncSession:
        """A new store for one execution of an async handler."""
        pool = self.pools.asynchronous()
        kind: type[AsyncSession] = getattr(pool, "store", AsyncSession)
        return kind(pool, self.table, self.settings.isolation)

    async def aclose(self) -> None:
        """Wait for connections on their way back, and close the pools that were opened for a DSN."""
        wait_for_returns()
        await wait_for_async_returns()
        await self.pools.aclose()

    def close(self) -> None:
        """Wait for connections on their way back, and close the sync pool that was opened for a DSN."""
        wait_for_returns()
        self.pools.close()

    def ask(
        self, mark: MoneyMoving, *, principal: object, operation: str, key: object, fingerprint: Matcher
    ) -> Ask:
        """One attempt, with the mark's own settings before the application's.

        :raises PrincipalMissing: nobody asks. :raises KeyMissing: no key. :raises KeyInvalid: not one that can be used.
        """
        who = check_principal(principal)
        known = self.settings
        return Ask(
            scope=scope_of((who, operation)),
            key=check_key(key),
            fingerprint=fingerprint,
            attempt=str(uuid4()),
            wait=known.wait if mark.wait is None else mark.wait,
            retention=(mark.retention or known.retention).total_seconds(),
            lease=(mark.lease or known.lease).total_seconds(),
            previous=tuple(scope_of((who, name)) for name in mark.previous_scopes),
        )

    def storable(self, headers: Headers) -> Headers:
        """The headers that are stored and replayed."""
        return tuple((name, value) for name, value in headers if name in self.settings.replay_headers)

    def without_lock(self) -> None:
        """Leave the advisory lock out: slower under contention, as correct. For engines that have none."""
        self.policy = replace(self.policy, locked=False)


def check_principal(principal: object) -> str:
    """``principal`` itself, where it names somebody.

    :raises PrincipalMissing: it is empty, or no text.
    """
    if isinstance(principal, int) and not isinstance(principal, bool):
        principal = str(principal)
    if not isinstance(principal, str) or not principal.strip() or "\0" in principal:
        raise PrincipalMissing
    return principal


def _lender() -> Any:
    lender = current.get()
    if lender is None:
        raise ConfigurationError(
            "no money-moving execution lends a connection here: is idem.install(app) called?"
        )
    return lender


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
