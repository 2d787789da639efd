"""Several databases, of which the principal chooses one: effect and record stay together in it (docs/scaling.md#shards)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal, NoReturn, TypeAlias

from pydantic import SecretStr

from idem_runtime import log_records, settings
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pool_sources import database_name
from idem_runtime.encryption import KeysOf
from idem_runtime.errors import ConfigurationError, StoreUnavailable
from idem_runtime.mark_callables import is_async
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Ask, Matcher, RefusalResponse, Steps
from idem_runtime.protocol.scope import principal_of
from idem_runtime.runtime import Runtime, T

PoolOf: TypeAlias = Callable[[str], Any]
"""From a principal to its database: what ``pool=`` may be, or a DSN; always the same object for the same database."""
OTHER_ENGINE = (
    "a money-moving request or call uses the engine of another database than that of its principal: what it writes would "
    "be no part of its transaction"
)
NO_SHARD = "pool= is a function of the principal, and nobody asks here: borrow in a request or a marked call"


class Shard(Runtime):
    """One of several databases."""

    def joining(self, engine: Any) -> Any:
        """As where there is one; a request that has no database yet gets that of its principal.

        :raises ConfigurationError: its database is another one.
        """
        lender = super().joining(engine)
        if lender is None or lender.policy.leases is self.heart:
            return lender
        if lender.policy.leases is None:
            lender.choose_shard()
        if lender.policy.leases is not self.heart:
            raise ConfigurationError(OTHER_ENGINE)
        return lender


class ShardedRuntime(Runtime):
    """What one ``Idempotency`` consists of whose ``pool=`` is a function: a :class:`Runtime` for each database."""

    sharded = True

    def __init__(
        self,
        known: settings.Settings,
        *,
        pool: PoolOf,
        using: str | None = None,
        principal: Callable[[Any], Any] | None = None,
        previous_principals: tuple[Callable[[Any], Any], ...] = (),
        ledger_outside: Literal["raise", "warn"] = "raise",
        refusal_response: RefusalResponse | None = None,
        response_keys: KeysOf | None = None,
        has_dsn: bool = False,
    ) -> None:
        """No database is known yet.

        :raises ConfigurationError: ``pool`` is a coroutine function, or a database is named besides.
        """
        if using is not None or has_dsn:
            raise ConfigurationError(
                "pool= is a function of the principal, which gives every database: leave DSN and using= out"
            )
        if is_async(pool):
            raise ConfigurationError(
                "pool=: a function of the principal that is not async: it looks up what is open already"
            )
        self._configure(
            known,
            principal=principal,
            previous_principals=previous_principals,
            ledger_outside=ledger_outside,
            refusal_response=refusal_response,
            response_keys=response_keys,
        )
        self._pool_of = pool
        self._made: dict[object, tuple[Any, Runtime]] = {}
        self._making = threading.Lock()
        self.where = Located(self._named_table())

    def shard(self, principal: str) -> Runtime:
        """Where the records of ``principal`` are.

        :raises StoreUnavailable: the function raised, or gave nothing: logged, and nothing is run.
        :raises ConfigurationError: what it gave is no pool.
        """
        try:
            pool = self._pool_of(principal)
        except Exception as error:  # noqa: BLE001 - a directory of tenants may fail in any way
            log_records.shard_not_found(error)
            raise StoreUnavailable from None
        if pool is None:
            log_records.shard_not_found(LookupError("it gave None"))
            raise StoreUnavailable
        place = _place(pool)
        with self._making:
            if place not in self._made:
                self._made[place] = pool, self._runtime(pool)
            return self._made[place][1]

    def shards(self) -> list[Runtime]:
        """Every database that somebody has asked for by now."""
        with self._making:
            return [runtime for _, runtime in self._made.values()]

    def _runtime(self, pool: Any) -> Runtime:
        dsn = SecretStr(settings.connection_string(pool)) if isinstance(pool, str) else None
        made = Shard(
            self.settings.model_copy(update={"dsn": dsn}),
            pool=None if dsn is not None else pool,
            principal=self.principal,
            previous_principals=self.previous_principals,
            ledger_outside=self.ledger_outside,
            refusal_response=self.refusal_response,
        )
        made.name = database_name(pool)
        made.response_keys = self.response_keys
        made.policy = replace(self.policy, leases=made.heart)
        return made

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
        """As of one database.

        :raises ConfigurationError: an earlier principal's records are in another database, where nobody would look.
        """
        ask = super().ask(
            mark, principal=principal, operation=operation, key=key, fingerprint=fingerprint, earlier=earlier
        )
        self.check_together(ask, ask.previous)
        return ask

    def check_together(self, ask: Ask, scopes: Iterable[str]) -> None:
        """Refuse ``scopes`` whose records are in another database than those of ``ask``.

        :raises ConfigurationError: some are.
        """
        databases = {id(self.shard(principal_of(scope))) for scope in scopes}
        if databases and databases != {id(self.shard(principal_of(ask.scope)))}:
            raise ConfigurationError(
                "two principals of one execution (an earlier one, or that of a call around this one) have different "
                "databases: neither's record would keep the other from executing again"
            )

    def join(self, engine: Any) -> NoReturn:  # noqa: ARG002 - as of one database
        """:raises ConfigurationError: the function says which engines there are."""
        raise ConfigurationError(
            "idem.join(engine): pool= is a function, and every engine that it gives is joined"
        )

    def must_have_store(self) -> None:
        """There will be, for whoever asks."""

    def sync_store(self, *, small: bool = False) -> NoReturn:  # noqa: ARG002 - as of one database
        """:raises ConfigurationError: no principal chooses a database here."""
        raise ConfigurationError(NO_SHARD)

    def async_store(self, *, small: bool = False) -> NoReturn:  # noqa: ARG002 - as of one database
        """:raises ConfigurationError: no principal chooses a database here."""
        raise ConfigurationError(NO_SHARD)

    def ask_from_a_thread(self, steps: Steps[T]) -> T:  # noqa: ARG002 - as above
        """:raises ConfigurationError: no principal chooses a database here."""
        raise ConfigurationError(NO_SHARD)

    async def look(self) -> None:
        """Which databases there are is known when they are asked for."""

    async def aclose(self) -> None:
        """Close the pools that are ours, of every database."""
        for runtime in self.shards():
            await runtime.aclose()

    def close(self) -> None:
        """Close the sync pools that are ours, of every database."""
        for runtime in self.shards():
            runtime.close()

    def without_lock(self) -> None:
        """As of one database, for all of them."""
        super().without_lock()
        for runtime in self.shards():
            runtime.without_lock()


def _place(pool: Any) -> object:
    """What tells one database from another: a DSN itself, else which object was given (and is kept)."""
    if isinstance(pool, str):
        return pool
    return tuple(map(id, pool)) if isinstance(pool, tuple) else id(pool)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - isinstance knows no item types
