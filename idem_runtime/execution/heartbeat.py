"""The heartbeat: one thread per ``Idempotency`` renews the leases of all its external attempts in one statement.

A thread of its own goes on while a handler blocks the event loop; a connection of its own waits for no handler. It starts
with the first attempt and ends when there has been none for a moment.
"""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from weakref import WeakSet

from idem_runtime import log_records
from idem_runtime.drivers.async_session import AsyncSession
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pools import Pools
from idem_runtime.drivers.sync_session import SyncSession
from idem_runtime.drivers.table import Table
from idem_runtime.execution import leases
from idem_runtime.model import Ask, Steps, StoreError
from idem_runtime.protocol import external_effect

BEATS_PER_LEASE = 3
IDLE = 1.0
"""Seconds without an attempt after which the thread ends."""
SHORTEST = 0.05
"""Seconds that the store has for one renewal, at least."""
RETRY = 1.0
"""Seconds until what could not be taken back is tried again."""
Run: TypeAlias = Callable[[Steps[Any], float], Any]
"""Runs steps, with so many seconds for the store."""


@dataclass(slots=True)
class _Held:
    """A lease that is renewed; ``due`` on the monotonic clock."""

    attempt: leases.Leased
    ask: Ask
    due: float

    def renewed_at(self, when: float) -> None:
        self.due = when + self.ask.lease / BEATS_PER_LEASE


class Heart:
    """Renews leases. Safe for threads and event loops at once, and for forks: a child renews its own only."""

    def __init__(self, pools: Pools, table: Table | Located, *, store_timeout: float) -> None:
        """``store_timeout``: seconds that the store has for one renewal, at most."""
        self._pools = pools
        self._table = table
        self._store_timeout = store_timeout
        self._reset()
        _ALL.add(self)

    def _reset(self) -> None:
        self._held: dict[str, _Held] = {}
        self._disowned: dict[str, tuple[Ask, bool]] = {}
        self._next_try = 0.0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def register(self, attempt: leases.Leased, ask: Ask) -> None:
        """Renew the lease of ``attempt`` until :meth:`unregister`."""
        held = _Held(attempt, ask, 0.0)
        held.renewed_at(time.monotonic())
        with self._changed:
            self._held[ask.attempt] = held
            self._wake()

    def disown(self, ask: Ask, *, taken_over: bool) -> None:
        """Take back a claim that may have been stored, as soon as the store answers."""
        with self._changed:
            self._disowned[ask.attempt] = ask, taken_over
            self._next_try = time.monotonic()
            self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="idem-heartbeat", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def unregister(self, ask: Ask) -> None:
        """The attempt of ``ask`` has ended; harmless where it is not known."""
        with self._changed:
            self._held.pop(ask.attempt, None)

    @property
    def beating(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None

    def close(self) -> None:
        """End the thread; leases that are still held run out. A later attempt starts it again."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._held.clear()
            self._disowned.clear()
            self._changed.notify_all()
        if thread is not None:
            thread.join(self._store_timeout + 1)

    def forked(self) -> None:
        """This is a child process now: the thread and what it renews stay with the parent."""
        self._reset()

    def _work(self) -> None:
        if self._pools.has("sync"):
            self._beat_until_idle(self._run)
            return
        with asyncio.Runner() as runner:  # closes its loop's pool, too
            self._beat_until_idle(lambda steps, seconds: runner.run(self._run_async(steps, seconds)))

    def _beat_until_idle(self, run: Run) -> None:
        while (due := self._due()) is not None:
            asks, disowned = due
            if asks:
                self._beat(run, asks)
            if disowned:
                self._let_go(run, disowned)

    def _due(self) -> tuple[list[Ask], list[tuple[Ask, bool]]] | None:
        """Whose leases are to be renewed and what is to be taken back, when it is time; ``None``: the thread ends."""
        me = threading.current_thread()
        with self._changed:
            while self._thread is me:
                now = time.monotonic()
                beat = min((held.due for held in self._held.values()), default=now + IDLE)
                retry = self._next_try if self._disowned else math.inf
                if min(beat, retry) <= now:
                    asks = [held.ask for held in self._held.values()] if beat <= now else []
                    return asks, list(self._disowned.values()) if retry <= now else []
                called = self._changed.wait(min(beat, retry) - now)
                if not called and not self._held and not self._disowned:
                    self._thread = None
        return None

    def _let_go(self, run: Run, disowned: list[tuple[Ask, bool]]) -> None:
        for ask, taken_over in disowned:
            try:
                run(external_effect.disown(ask, taken_over=taken_over), self._store_timeout)
            except Exception:  # noqa: BLE001 - as in `_beat`
                self._next_try = time.monotonic() + RETRY
                return
            with self._changed:
                self._disowned.pop(ask.attempt, None)

    def _beat(self, run: Run, asks: list[Ask]) -> None:
        shortest = min(ask.lease for ask in asks) / BEATS_PER_LEASE
        sent, began = leases.now(), time.monotonic()
        try:
            renewal = run(external_effect.renew(asks), max(SHORTEST, min(self._store_timeout, shortest)))
        except Exception as error:  # noqa: BLE001 - whatever it is: the thread goes on, and a lease runs out by itself
            self._unanswered(asks, error)
            return
        with self._changed:
            held = [self._held[ask.attempt] for ask in asks if ask.attempt in self._held]
            for one in held:
                one.renewed_at(began)
        for one in held:
            self._told(one, renewal, sent)

    def _unanswered(self, asks: list[Ask], error: Exception) -> None:
        """Sooner again than at the next beat: the leases have time left for some tries."""
        with self._changed:
            for held in self._held.values():
                held.due = time.monotonic() + held.ask.lease / BEATS_PER_LEASE**2
        for ask in asks:
            log_records.heartbeat_answered(
                ask, alive=None, error=None if isinstance(error, StoreError) else error
            )

    def _told(self, held: _Held, renewal: external_effect.Renewal, sent: float) -> None:
        if held.ask.attempt in renewal.renewed:
            held.attempt.renewed(sent)
        elif held.ask.attempt not in renewal.owned:
            self.unregister(held.ask)
            held.attempt.lose()
            log_records.heartbeat_answered(held.ask, alive=False)

    def _run(self, steps: Steps[Any], seconds: float) -> Any:
        return SyncSession(self._pools.sync("heart"), self._table, timeout=seconds).run(steps)

    async def _run_async(self, steps: Steps[Any], seconds: float) -> Any:
        pool = self._pools.asynchronous("heart")
        kind: type[AsyncSession] = getattr(pool, "store", AsyncSession)
        return await kind(pool, self._table, timeout=seconds).run(steps)


_ALL: WeakSet[Heart] = WeakSet()


def _forked() -> None:
    for heart in list(_ALL):
        heart.forked()


os.register_at_fork(after_in_child=_forked)
