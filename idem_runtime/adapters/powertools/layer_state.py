"""What belongs to one call, or to one context of somebody who calls the layer by themselves; and a cache that is shared."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, TypeAlias

from aws_lambda_powertools.shared.cache_dict import LRUDict
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig

from idem_runtime.adapters.powertools.layer_hooks import Claimed

Settings: TypeAlias = tuple[Any, ...]
NAMES = (
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


def settings_of(config: IdempotencyConfig) -> Settings:
    """What two configurations have to agree on, where one store has both."""
    return tuple(getattr(config, name) for name in NAMES)


class State:
    """The function that is called, and what is claimed for it."""

    def __init__(self, function_name: str, settings: Settings | None, claims: dict[str, Claimed]) -> None:
        """``settings`` are ``None`` before anything is configured."""
        self.function_name = function_name
        self.settings = settings
        self.claims = claims


class Claims(MutableMapping[str, Claimed]):
    """The claims of the state that is current when it is asked."""

    def __init__(self, state: Callable[[], State]) -> None:
        """``state`` gives the current one."""
        self._state = state

    def __getitem__(self, key: str) -> Claimed:
        return self._state().claims[key]

    def __setitem__(self, key: str, claimed: Claimed) -> None:
        self._state().claims[key] = claimed

    def __delitem__(self, key: str) -> None:
        del self._state().claims[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._state().claims)

    def __len__(self) -> int:
        return len(self._state().claims)


class LockedCache(LRUDict):
    """A local cache that threads share: looking something up moves it, and another may remove it meanwhile."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As Powertools' own."""
        self._lock = threading.RLock()
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # - the base class is untyped

    def __setitem__(self, key: Any, value: Any) -> None:
        with self._lock:
            super().__setitem__(key, value)  # type: ignore[no-untyped-call]  # - the base class is untyped

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            super().pop(key, None)  # pyright: ignore[reportUnknownMemberType] - the base class is untyped

    def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        """What is cached, which is used last from now on."""
        with self._lock:
            return super().get(key, *args, **kwargs)  # type: ignore[no-untyped-call]  # - the base class is untyped
