"""``PostgresPersistenceLayer``: Powertools' idempotency on Postgres (docs/decisions.md#powertools)."""

from __future__ import annotations

import copy
import os
import threading
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import Any, Self

from aws_lambda_powertools.shared import constants
from aws_lambda_powertools.shared.cache_dict import LRUDict
from aws_lambda_powertools.shared.functions import strtobool
from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer, IdempotencyConfig

from idem_runtime.adapters.powertools import layer_log, records
from idem_runtime.adapters.powertools.layer_calls import (
    ExactSerializer,
    handler_of,
    is_durable,
    refuse_async,
    refuse_coroutine,
    refuse_inside,
)
from idem_runtime.adapters.powertools.layer_hooks import LayerHooks
from idem_runtime.adapters.powertools.layer_state import Claims, LockedCache, Settings, State, settings_of
from idem_runtime.adapters.powertools.layer_store import LayerStore
from idem_runtime.drivers.six_columns import table_of
from idem_runtime.durations import MINIMUM_RETENTION, Duration, as_timedelta, retention_problem
from idem_runtime.errors import ConfigurationError

NOT_SAID = 60 * 60
"""Seconds of an IdempotencyConfig that says nothing of it."""


class PostgresPersistenceLayer(LayerHooks):
    """Keeps Powertools' idempotency records in Postgres: on the table of ``idem-runtime migrate``, or on one of six columns.

    One layer serves all functions, configurations and threads of a process: each call that Powertools' decorators make gets
    a copy of the layer, which nobody else sees.
    """

    _call: State | None = None
    """Of a call's copy."""
    _returned: Any = None
    """What the function has returned."""

    def __init__(
        self,
        *,
        pool: Any = None,
        connection: Any = None,
        table_name: str = "aml.idempotency_records",
        expires_after_seconds: Duration = 86_400,
    ) -> None:
        """Nothing is connected by this: the table is looked at by the first call.

        ``pool``: a ``psycopg_pool.ConnectionPool``, or a SQLAlchemy engine on psycopg. ``connection``: a
        ``psycopg.Connection``, which the functions may use, too. ``table_name``: as in SQL. ``expires_after_seconds``: how
        long a completed record is kept, counted from its completion; a larger one of an ``IdempotencyConfig`` wins.

        :raises ConfigurationError: something that cannot be used, or POWERTOOLS_IDEMPOTENCY_DISABLED is set.
        """
        _refuse_disabled()
        self._kept = _retention(expires_after_seconds)
        self._direct: ContextVar[State | None] = ContextVar("direct", default=None)
        super().__init__(
            LayerStore(table_of(table_name), pool=pool, connection=connection), Claims(self._state)
        )
        self.expires_after_seconds = self._kept
        self._caches: dict[int, LRUDict] = {}
        self._first: Settings | None = None
        self._configuring = threading.Lock()

    @property
    def function_name(self) -> str:
        """Of this call; or of whoever uses the layer by themselves, in this context."""
        return self._state().function_name

    @function_name.setter
    def function_name(self, name: str) -> None:
        state = self._state()
        if self._call is not None:
            state.function_name = name
        else:  # a copied context has its own from here on
            self._direct.set(State(name, state.settings, dict(state.claims)))

    def _state(self) -> State:
        state = self._call or self._direct.get()
        if state is None:
            state = State("", None, {})
            self._direct.set(state)
        return state

    def configure(
        self, config: IdempotencyConfig, function_name: str | None = None, key_prefix: str | None = None
    ) -> None:
        """Begin a call.

        :raises ConfigurationError: a retention below 24 hours, or an async function.
        """
        kept = self._kept_for(config)
        handler = handler_of(lambda handler: not hasattr(handler, "persistence_store"))
        if handler is not None:
            refuse_async(handler.function)
            self._refuse_inside(handler.function)
        with self._configuring:
            first = not self.configured
            super().configure(config, function_name, key_prefix)
            if first:
                self._first, self.expires_after_seconds = settings_of(config), kept
                self._cache = self._cache_for(config)
        self._state().settings = settings_of(config)

    def _get_hashed_idempotency_key(self, data: Any) -> str | None:
        if self._state().settings != self._first:
            raise ConfigurationError(
                "this layer is configured already, and differently: without Powertools' decorators, use a layer for each "
                "configuration"
            )
        return super()._get_hashed_idempotency_key(data)

    def _forget(self, key: str) -> None:
        removed = self._call is None and self.store.run(partial(records.remove, key=key))
        for cache in list(self._caches.values()):
            del cache[key]
        if removed:
            layer_log.forgotten(key)

    def save_inprogress(self, data: Any, remaining_time_in_millis: int | None = None) -> None:
        """Claim the key for the call that is made here, and give the call a layer of its own from now on."""
        handler = handler_of(lambda handler: handler.persistence_store is self and handler.data is data)
        if handler is None:
            self._refuse_inside(None)
        if handler is None or self._call is not None:
            super().save_inprogress(data, remaining_time_in_millis)
            return
        handler.persistence_store = call = self._copy_for(handler)
        call.save_inprogress(data, remaining_time_in_millis)

    def _refuse_inside(self, function: Any) -> None:
        if self.store.idle:  # else claim, work and record are part of a transaction that is the caller's
            refuse_inside(getattr(function, "__qualname__", "a call of PostgresPersistenceLayer"))

    def _copy_for(self, handler: Any) -> Self:
        """The layer of one call: what Powertools sets on a store, and the claim, are this call's alone."""
        call = copy.copy(self)
        # a method that was replaced on the object is bound to the layer that all share
        for name in vars(self).keys() & vars(BasePersistenceLayer).keys():
            del vars(call)[name]
        call._begin(handler)  # noqa: SLF001 - of the same class
        return call

    def _begin(self, handler: Any) -> None:
        config, function = handler.config, handler.function
        name = f"{function.__module__}.{function.__qualname__}"
        self._call = State("", settings_of(config), {})
        self.claims = self._call.claims
        BasePersistenceLayer.__init__(self)  # type: ignore[no-untyped-call]  # - what another configuration has set
        BasePersistenceLayer.configure(self, config, name, handler.key_prefix)
        self._first = self._call.settings
        self.expires_after_seconds = self._kept_for(config)
        self._cache = self._cache_for(config)
        self.exact, self.adopts = True, is_durable(handler)
        self._serializer = handler.output_serializer = ExactSerializer(handler.output_serializer)
        handler.function = partial(self._guarded, function, handler.data)

    def _guarded(self, function: Any, data: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As ``function``; an interruption is an exception like others: Powertools itself would leave the record."""
        try:
            for claimed in self.claims.values():
                self.store.unbegun.remove(claimed.fence)
            self._returned = refuse_coroutine(function(*args, **kwargs))
        except Exception:
            raise
        except BaseException as interruption:
            if not self.adopts:  # or it may be how a durable function is suspended
                self._interrupted(data, interruption)
            raise
        return self._returned

    def save_success(self, data: Any, result: Any) -> None:
        """Record the result, also one that is false, for which some versions of Powertools hand ``None`` on."""
        if result is None and self._returned is not None:
            result = self._serializer.to_dict(self._returned)
        super().save_success(data, result)

    def _interrupted(self, data: Any, interruption: BaseException) -> None:
        try:
            self.delete_record(data, interruption)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - it is only named in the log
        except Exception as error:  # noqa: BLE001 - the interruption itself is what is raised
            layer_log.cannot_free(self._get_hashed_idempotency_key(data) or "", error)

    def _kept_for(self, config: IdempotencyConfig) -> int:
        said = config.expires_after_seconds
        if said == NOT_SAID:
            return self._kept
        return max(self._kept, _retention(said))

    def _cache_for(self, config: IdempotencyConfig) -> LRUDict:
        size = config.local_cache_max_items
        return self._caches.setdefault(size, LockedCache(max_items=size))


def _refuse_disabled() -> None:
    try:
        disabled = strtobool(os.getenv(constants.IDEMPOTENCY_DISABLED_ENV, "false"))
    except ValueError:
        disabled = True
    if disabled:
        raise ConfigurationError(
            f"{constants.IDEMPOTENCY_DISABLED_ENV} is set: Powertools would run every function unprotected, and never ask "
            "this layer. Remove it from the environment"
        )


def _retention(said: Any) -> int:
    """``said`` in seconds.

    :raises ConfigurationError: less than 24 hours, or no duration.
    """
    kept = as_timedelta(said)
    problem = "a timedelta or seconds" if not isinstance(kept, timedelta) else retention_problem(kept)
    if problem is not None:
        least = int(MINIMUM_RETENTION.total_seconds())
        raise ConfigurationError(f"expires_after_seconds={said!r}: {problem} ({least} seconds)")
    return -int(-kept.total_seconds() // 1)
