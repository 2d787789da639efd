"""What a handler may know of its own execution: its lease, and the keys that it sends to providers."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from idem_runtime.errors import ConfigurationError, LeaseLost, OutcomeUnknown
from idem_runtime.execution import leases
from idem_runtime.model import Ask
from idem_runtime.protocol.downstream_key import downstream_key


class Attempt:
    """What a handler may know of its own execution: ``current_attempt()`` gives it."""

    def __init__(
        self, ask: Ask, age: float, horizon: Mapping[str, timedelta], *, awaits: bool = False
    ) -> None:
        """``age``: seconds since the key's first attempt; ``horizon``: how long each provider remembers a key.

        ``awaits``: the handler is a coroutine function.
        """
        self._ask = ask
        self._began = time.monotonic() - age
        self._horizon = horizon
        self._lost = False
        self._leased: float | None = None
        self._awaits = awaits
        self.callbacks: list[Callable[[], Any]] = []
        """What is called once the effect is committed."""

    @property
    def lost(self) -> bool:
        """Another may decide about this attempt: do nothing more that cannot be undone.

        True from the moment that ``lease`` seconds have passed since the last renewal that the store has confirmed, whether
        or not it answers; asking costs no query. A local execution has no lease to lose.
        """
        return self._lost or (self._leased is not None and leases.now() - self._leased >= self._ask.lease)

    def check_lease(self) -> None:
        """For use right before the call that cannot be undone.

        :raises LeaseLost: this attempt is :attr:`lost`.
        """
        if self.lost:
            raise LeaseLost

    @property
    def claimed(self) -> bool:
        """Whether a claim for it was sent, so that there may be a lease."""
        return self._leased is not None

    def lose(self) -> None:
        """Signal the loss of the lease."""
        self._lost = True

    def renewed(self, sent: float) -> None:
        """The lease runs from ``sent``, on the clock of :func:`leases.now`."""
        self._leased = sent

    def after_commit(self, callback: Callable[[], Any]) -> None:
        """Call ``callback`` once, after effect, key and response are committed; not on a replay, not where it is undone.

        It runs in the process that committed, before the caller is answered, and may be a coroutine function where the
        handler is one. What it raises is logged: the effect stands. A process that dies between the two does not call it:
        what must not be lost is a row that is written in the transaction (an outbox).

        :raises ConfigurationError: a coroutine function in a ``def`` handler, where nothing awaits it.
        """
        if inspect.iscoroutinefunction(callback) and not self._awaits:
            raise ConfigurationError("after_commit(): a coroutine function needs an async handler")
        self.callbacks.append(callback)

    def downstream_key(self, provider: str) -> str:
        """The idempotency key to send to ``provider``: the same on every attempt of this (scope, key).

        :raises OutcomeUnknown: the provider's own key window (``horizon=``) has passed since the first attempt, so it
            would not know the key any more and execute again.
        """
        window = self._horizon.get(provider)
        if window is not None and time.monotonic() - self._began >= window.total_seconds():
            raise OutcomeUnknown(
                f"{provider} has forgotten this key by now: resolve the record instead of retrying."
            )
        return downstream_key(self._ask.scope, self._ask.key, provider)
