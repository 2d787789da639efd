"""What one :class:`idem_runtime.Idempotency` consists of, for adapters: settings, pools, stores, and what lends here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any, Literal, TypeVar

from pydantic import SecretStr

from idem_runtime import log_records, settings
from idem_runtime.drivers.async_session import AsyncSession
from idem_runtime.drivers.checkout import wait_for_async_returns, wait_for_returns
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pools import NO_STORE, Pools
from idem_runtime.drivers.sync_session import SyncSession
from idem_runtime.drivers.table import Table
from idem_runtime.encryption import KeysOf, ResponseKeys
from idem_runtime.errors import ConfigurationError, PrincipalMissing
from idem_runtime.execution.current import current
from idem_runtime.execution.decisions import Policy
from idem_runtime.execution.heartbeat import Heart
from idem_runtime.execution.in_process_wait import Gate
from idem_runtime.execution.run_steps import in_a_loop_of_its_own
from idem_runtime.key import check_key
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Ask, Headers, Matcher, RefusalResponse, Statement, Steps, StoreError
from idem_runtime.protocol.earlier_scopes import earlier_scopes
from idem_runtime.protocol.scope import scope_of
from idem_runtime.protocol.scope_text import NoName, text_of
from idem_runtime.replayed_headers import storable

T = TypeVar("T")
REPLACED = (
    "a money-moving request or call uses an engine that idem.join(engine) was called with, and another engine of its kind "
    "has been joined since, which holds the records now: use that one"
)


class Runtime:
    """The settings, the pools and the principal of one application. Nothing in it is per request."""

    sharded = False
    """Whether the principal chooses the database."""
    name: str | None = None
    """Of the database, where there are several."""
    using: str | None = None
    """The database of Django's whose own transaction executions join; ``None``: connections are lent."""
    pools: Pools
    where: Located
    heart: Heart
    policy: Policy

    def __init__(
        self,
        known: settings.Settings,
        *,
        pool: Any = None,
        using: str | None = None,
        principal: Callable[[Any], Any] | None = None,
        previous_principals: tuple[Callable[[Any], Any], ...] = (),
        ledger_outside: Literal["raise", "warn"] = "raise",
        refusal_response: RefusalResponse | None = None,
        response_keys: KeysOf | None = None,
        has_dsn: bool = False,
    ) -> None:
        """As :class:`idem_runtime.Idempotency` was given them.

        :raises ConfigurationError: neither a DSN nor a pool, or both a pool and a database of Django's.
        """
        self._configure(
            known,
            principal=principal,
            previous_principals=previous_principals,
            ledger_outside=ledger_outside,
            refusal_response=refusal_response,
            response_keys=response_keys,
        )
        self._has_dsn = has_dsn
        self.using = using
        self.where = Located(self._named_table(), own_pools=pool is None and using is None)
        self.pools = Pools.of(
            None if known.dsn is None else known.dsn.get_secret_value(),
            pool if using is None else django_pool(using, pool),
            size=known.pool_size,
            timeout=known.pool_timeout.total_seconds(),
            store_timeout=self.store_timeout,
        )
        self.pools.join_given(self.joining)
        self.heart = Heart(self.pools, self.where, store_timeout=self.store_timeout)
        self.policy = replace(self.policy, leases=self.heart)

    def _configure(
        self,
        known: settings.Settings,
        *,
        principal: Callable[[Any], Any] | None,
        previous_principals: tuple[Callable[[Any], Any], ...],
        ledger_outside: Literal["raise", "warn"],
        refusal_response: RefusalResponse | None,
        response_keys: KeysOf | None,
    ) -> None:
        """All that concerns no database."""
        self.settings = known
        self.principal = principal
        self.previous_principals = previous_principals
        self.ledger_outside: Literal["raise", "warn"] = ledger_outside
        self.refusal_response = refusal_response
        self.store_timeout = known.store_timeout.total_seconds()
        """Seconds."""
        self.secrets = settings.secret_bytes(known.secrets)
        keys = response_keys or _texts(known.response_keys)
        self.response_keys = None if keys is None else ResponseKeys(keys)
        self.policy = Policy(
            Gate(),
            cap=known.cap,
            retries=known.retries,
            strict=known.strict,
            replay_headers=known.replay_headers,
        )

    def _named_table(self) -> Table:
        return Table(self.settings.table, self.settings.schema_name)

    def shard(self, principal: str) -> Runtime:  # noqa: ARG002 - of a runtime that has several
        """Where the records of ``principal`` are: here."""
        return self

    def shards(self) -> list[Runtime]:
        """Every database that is known by now: this one."""
        return [self]

    @property
    def table(self) -> Table:
        """Where the records are; with its schema, once the first connection has found it."""
        return self.where.table

    def sync_store(self, *, small: bool = False) -> SyncSession:
        """A new store for one execution of a sync handler; ``small``: one that waits for no local handler."""
        pool = self.pools.sync("apart" if small else "main")
        kind: type[SyncSession] = getattr(pool, "store", SyncSession)
        apart = partial(self.pools.sync, "apart")
        return kind(pool, self.where, self.settings.isolation, apart=apart, timeout=self.store_timeout)

    def async_store(self, *, small: bool = False) -> AsyncSession:
        """A new store for one execution of an async handler; ``small``: one that waits for no local handler."""
        pool = self.pools.asynchronous("apart" if small else "main")
        kind: type[AsyncSession] = getattr(pool, "store", AsyncSession)
        apart = partial(self.pools.asynchronous, "apart")
        return kind(pool, self.where, self.settings.isolation, apart=apart, timeout=self.store_timeout)

    def ask_from_a_thread(self, steps: Steps[T]) -> T:
        """Run ``steps`` of statements that stand alone, for whoever is in no execution and may wait (telemetry)."""
        if self.pools.has("sync"):
            return self.sync_store(small=True).run(steps)

        async def ask() -> T:
            return await self.async_store(small=True).run(steps)

        return in_a_loop_of_its_own(ask())  # type: ignore[no-any-return]  # - what the steps return

    async def look(self) -> None:
        """Take a connection of the store, so that the log says what is wrong there before the first request does."""
        try:
            if self.pools.has("async"):
                store = self.async_store()
                await store.run(_nothing())
            else:
                await asyncio.to_thread(self.sync_store().run, _nothing())
        except StoreError as error:
            log_records.store_away(error)

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

    def lender(self) -> Any:
        """What lends a connection in this context.

        :raises ConfigurationError: nothing does, or it is another Idempotency's.
        """
        lender = current.get()
        if lender is None:
            raise ConfigurationError(
                "no money-moving execution lends a connection here: is idem.install(app) called?"
            )
        if lender.policy.gate is not self.policy.gate:
            raise ConfigurationError("another Idempotency executes here: ask that one for the connection")
        return lender

    def requester(self) -> Any:
        """What lends in this request.

        :raises ConfigurationError: this is no request.
        """
        lender = self.lender()
        if not hasattr(lender, "admit_early"):
            raise ConfigurationError(
                "idem.admitted is for requests: a function is admitted where it is called"
            )
        return lender

    def joining(self, engine: Any) -> Any:
        """The execution of this context, or its request, in whose transaction ``engine`` has to work; or ``None``.

        :raises ConfigurationError: there is one, and another engine has taken the place of this.
        """
        lender = current.get()
        if lender is None or lender.policy.gate is not self.policy.gate or not lender.joins:
            return None
        if not self.pools.is_given(engine):
            raise ConfigurationError(REPLACED)
        return lender

    def join(self, engine: Any) -> None:
        """Work on ``engine``, and make what it does in local executions a part of them.

        :raises ConfigurationError: it cannot be joined, or a DSN was given besides.
        """
        if self._has_dsn:
            raise ConfigurationError(
                "idem.join(engine) and Idempotency(dsn): the records are where the engine is, so leave the DSN out"
            )
        if self.pools.join(engine, self.joining):
            self.where.move(Table(self.settings.table, self.settings.schema_name))

    def must_have_store(self) -> None:
        """:raises ConfigurationError: there is nothing to work on."""
        if self.pools.missing:
            raise ConfigurationError(NO_STORE)

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
        :raises StoreUnavailable: there is no key to encrypt the response with.
        :raises ConfigurationError: the principal is of a type that names nobody.
        """
        who, known = principal_text(principal), self.settings
        previous: tuple[str, ...] = ()
        if earlier or mark.previous_operations:
            before = [principal_text(other) for other in earlier if other is not None and other != ""]
            previous = earlier_scopes([who, *before], [operation, *mark.previous_operations])
        return Ask(
            scope=scope_of((who, operation)),
            key=check_key(key),
            fingerprint=fingerprint,
            attempt=_attempt_token(),
            wait=(known.wait if mark.wait is None else mark.wait).total_seconds(),
            retention=mark.kept(known.retention).total_seconds(),
            lease=(mark.lease or known.lease).total_seconds(),
            handler_timeout=known.handler_timeout.total_seconds(),
            previous=previous,
            cipher=None if self.response_keys is None else self.response_keys.cipher(who),
        )

    def storable(self, headers: Headers) -> Headers:
        """The headers that are stored and replayed."""
        return storable(headers, self.settings.replay_headers)

    def without_lock(self) -> None:
        """Leave the advisory lock out: slower under contention, as correct. For engines that have none."""
        self.policy = replace(self.policy, locked=False)


def django_pool(using: str, pool: Any) -> Any:
    """A database of Django's in a pool's place.

    :raises ConfigurationError: a pool was given as well, or Django is not installed.
    """
    if pool is not None:
        raise ConfigurationError(f"Idempotency(using={using!r}) is Django's own connection: leave pool= out")
    try:
        return import_module("idem_runtime.drivers.django").DjangoPool(using)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"Idempotency(using={using!r}) needs Django: {error}") from error


def _attempt_token() -> str:
    """A random UUID (version 4), as the server writes it; ``uuid4`` takes several times as long."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _texts(secrets: Mapping[str, SecretStr] | None) -> dict[str, str] | None:
    return None if secrets is None else {kid: secret.get_secret_value() for kid, secret in secrets.items()}


def _nothing() -> Steps[None]:
    """The smallest question: getting a connection for it is what matters."""
    yield Statement("now", {}, fresh=True)


def principal_text(principal: object) -> str:
    """``principal`` as text.

    :raises PrincipalMissing: it is nobody: ``None``, or nothing but blanks.
    :raises ConfigurationError: it is of a type that names nobody for certain; logged, too, because no caller can mend it.
    """
    try:
        text = text_of(principal)
    except NoName as error:
        message = f"the principal {error}: return the stable id of a tenant or actor"
        log_records.principal_unresolved(message)
        raise ConfigurationError(message) from None
    if not text.strip() or "\0" in text:
        raise PrincipalMissing
    return text
