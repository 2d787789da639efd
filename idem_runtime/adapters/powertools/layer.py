"""``PostgresPersistenceLayer``: Powertools' idempotency on Postgres (docs/decisions.md#powertools)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from aws_lambda_powertools.shared import constants
from aws_lambda_powertools.shared.cache_dict import LRUDict
from aws_lambda_powertools.shared.functions import strtobool
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig

from idem_runtime.adapters.powertools import layer_log, records
from idem_runtime.adapters.powertools.layer_calls import (
    ExactSerializer,
    handler_of,
    is_durable,
    refuse_async,
)
from idem_runtime.adapters.powertools.layer_hooks import Claimed, LayerHooks
from idem_runtime.adapters.powertools.layer_store import LayerStore
from idem_runtime.drivers.six_columns import table_of
from idem_runtime.durations import MINIMUM_RETENTION, Duration, as_timedelta, retention_problem
from idem_runtime.errors import ConfigurationError

NOT_SAID = 60 * 60
"""Seconds of an IdempotencyConfig that says nothing of it."""
SETTINGS = (
    "event_key_jmespath",
    "payload_validation_jmespath",
    "jmespath_options",
    "raise_on_no_idempotency_key",
    "expires_after_seconds",
    "use_local_cache",
    "local_cache_max_items",
    "hash_function",
)
"""What a store is configured with."""
Settings: TypeAlias = tuple[Any, ...]


class PostgresPersistenceLayer(LayerHooks):
    """Keeps Powertools' idempotency records in Postgres: on the table of ``idem-runtime migrate``, or on one of six columns.

    One layer serves all functions, configurations and threads of a process; each call has a state of its own.
    """

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
        self._direct: ContextVar[_Direct | None] = ContextVar("direct", default=None)
        super().__init__(
            LayerStore(table_of(table_name), pool=pool, connection=connection), _Claims(self._state)
        )
        self.expires_after_seconds = self._kept
        self._caches: dict[int, LRUDict] = {}
        self._first: Settings | None = None
        self._configuring = threading.Lock()

    @property
    def function_name(self) -> str:
        """Of whoever uses the layer by themselves, in this context; a call has its own."""
        return self._state().function_name

    @function_name.setter
    def function_name(self, name: str) -> None:
        state = self._state()  # a copied context has its own from here on
        self._direct.set(_Direct(name, state.settings, dict(state.claims)))

    def _state(self) -> _Direct:
        state = self._direct.get()
        if state is None:
            state = _Direct("", None, {})
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
        settings = tuple(getattr(config, name) for name in SETTINGS)
        with self._configuring:
            first = not self.configured
            super().configure(config, function_name, key_prefix)
            if first:
                self._first, self.expires_after_seconds = settings, kept
                self._cache = self._cache_for(config)
        self._state().settings = settings

    def _get_hashed_idempotency_key(self, data: Any) -> str | None:
        if self._state().settings != self._first:
            raise ConfigurationError(
                "this layer is configured already, and differently: without Powertools' decorators, use a layer for each "
                "configuration"
            )
        return super()._get_hashed_idempotency_key(data)

    def _forget(self, key: str) -> None:
        if self.store.run(partial(records.remove, key=key)):
            layer_log.forgotten(key)

    def save_inprogress(self, data: Any, remaining_time_in_millis: int | None = None) -> None:
        """Claim the key for the call that is made here, and give the call a layer of its own from now on."""
        handler = handler_of(lambda handler: handler.persistence_store is self and handler.data is data)
        if handler is None:
            super().save_inprogress(data, remaining_time_in_millis)
            return
        call = _Call(self.store, handler, self._kept_for(handler.config), self._cache_for(handler.config))
        handler.persistence_store = call
        call.save_inprogress(data, remaining_time_in_millis)

    def _kept_for(self, config: IdempotencyConfig) -> int:
        said = config.expires_after_seconds
        if said == NOT_SAID:
            return self._kept
        return max(self._kept, _retention(said))

    def _cache_for(self, config: IdempotencyConfig) -> LRUDict:
        size = config.local_cache_max_items
        return self._caches.setdefault(size, _LockedCache(max_items=size))


class _Call(LayerHooks):
    """The layer of one call: what Powertools sets on a store, and the claim, are this call's alone."""

    exact = True

    def __init__(self, store: LayerStore, handler: Any, kept: int, cache: LRUDict) -> None:
        """Powertools' ``handler`` is told to use it, and to say how the function ends."""
        super().__init__(store, {})
        function = handler.function
        self.configure(handler.config, f"{function.__module__}.{function.__qualname__}", handler.key_prefix)
        self.expires_after_seconds = kept
        if self.use_local_cache:
            self._cache = cache
        handler.output_serializer = ExactSerializer(handler.output_serializer)
        self.adopts = is_durable(handler)
        if not self.adopts:
            handler.function = partial(self._guarded, function, handler.data)

    def _guarded(self, function: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        """As ``function``; an interruption is an exception like others: Powertools itself would leave the record."""
        try:
            return function(*args, **kwargs)
        except Exception:
            raise
        except BaseException as interruption:
            self._interrupted(data, interruption)
            raise

    def _interrupted(self, data: Any, interruption: BaseException) -> None:
        try:
            self.delete_record(data, interruption)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - it is only named in the log
        except Exception as error:  # noqa: BLE001 - the interruption itself is what is raised
            layer_log.cannot_free(next(iter(self.claims), ""), error)


class _Direct:
    """The state of whoever uses the layer by themselves, in one context."""

    def __init__(self, function_name: str, settings: Settings | None, claims: dict[str, Claimed]) -> None:
        self.function_name = function_name
        self.settings = settings
        self.claims = claims


class _Claims(MutableMapping[str, Claimed]):
    """The claims of the context that asks."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def __getitem__(self, key: str) -> Claimed:
        claimed: Claimed = self._state().claims[key]
        return claimed

    def __setitem__(self, key: str, claimed: Claimed) -> None:
        self._state().claims[key] = claimed

    def __delitem__(self, key: str) -> None:
        del self._state().claims[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._state().claims)

    def __len__(self) -> int:
        return len(self._state().claims)


class _LockedCache(LRUDict):
    """A local cache that threads share: looking something up moves it, and another may remove it meanwhile."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock = threading.RLock()
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # - the base class is untyped

    def __setitem__(self, key: Any, value: Any) -> None:
        with self._lock:
            super().__setitem__(key, value)  # type: ignore[no-untyped-call]  # - the base class is untyped

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            super().pop(key, None)  # pyright: ignore[reportUnknownMemberType] - the base class is untyped

    def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            return super().get(key, *args, **kwargs)  # type: ignore[no-untyped-call]  # - the base class is untyped


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
