"""Connections for the layer: what is asked is run on a pool's connection that is held for one statement, or on the
application's one connection; what goes wrong is said with its remedy.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from idem_runtime.adapters.powertools import layer_table, records
from idem_runtime.adapters.powertools.records import Fence, Place
from idem_runtime.drivers.given_connection import GivenConnection, given_connection
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.other_thread import to_its_end
from idem_runtime.drivers.pools import Pools
from idem_runtime.drivers.sync_session import SyncSession
from idem_runtime.drivers.table import Table
from idem_runtime.errors import ConfigurationError, StoreUnavailable
from idem_runtime.model import Steps, StoreError

T = TypeVar("T")
STORE_TIMEOUT = 5.0
"""Seconds that one question may take, getting a connection included."""
REMEDIES = {
    "42P01": "the table is gone: run its migration",
    "42501": "this role may not: GRANT SELECT, INSERT, UPDATE, DELETE ON {table}, and USAGE on its schema",
    "25006": "this server can only be read, as a replica can: connect to the primary",
    "25P02": "the transaction of connection=… has failed: roll it back before the next call",
}
"""By SQLSTATE."""


class Unbegun:
    """Claims whose functions have not begun.

    Between the two stands code of Powertools, in which a signal handler may raise. Nothing catches that there, but the
    objects of the call go. That is looked at later: what runs when an object goes swallows exceptions of signal handlers.
    """

    def __init__(self) -> None:
        """None yet."""
        self._owners: dict[Fence, weakref.ref[object]] = {}

    def add(self, fence: Fence, owner: object) -> None:
        """``owner`` lives as long as the call."""
        self._owners[fence] = weakref.ref(owner)

    def remove(self, fence: Fence) -> None:
        """Its function begins."""
        self._owners.pop(fence, None)

    def dropped(self) -> list[Fence]:
        """Claims of calls that are gone; each is given once."""
        return [
            fence
            for fence, owner in list(self._owners.items())
            if owner() is None and self._owners.pop(fence, None) is not None
        ]


class LayerStore:
    """Where the records are, and how to get there. Shared by all calls; nothing in it is one call's."""

    def __init__(self, table: Table, *, pool: Any, connection: Any) -> None:
        """One of ``pool`` and ``connection`` is given; nothing is connected by this.

        :raises ConfigurationError: none, both, or something else than they may be.
        """
        if (pool is None) == (connection is None):
            raise ConfigurationError(
                "give pool=… (a psycopg_pool.ConnectionPool) or connection=…, and not both"
            )
        self._table = table
        self._place: Place | None = None
        self._looking = threading.RLock()  # a signal handler may ask in the middle of it
        self._unfreed: deque[Fence] = deque()
        self.unbegun = Unbegun()
        self.given: GivenConnection | None = None
        self._pools: Pools | None = None
        if connection is not None:
            self.given = given_connection(connection)
        else:
            self._pools = Pools.of(None, pool, size=1, timeout=STORE_TIMEOUT)
            if not self._pools.has("sync"):
                raise ConfigurationError(
                    "pool=…: Powertools' idempotency is for functions with def, so give a psycopg_pool.ConnectionPool"
                )

    @property
    def idle(self) -> bool:
        """Whether what is asked now commits by itself."""
        return self.given is None or self.given.idle

    @property
    def place(self) -> Place:
        """The table, as the first question to it found it.

        :raises ConfigurationError: it is none that the layer can use. :raises StoreUnavailable: nobody answers.
        """
        if self._place is None:
            with self._looking, self._explained():
                self._place = self._place or self._run(layer_table.find(self._table), self._table)
        return self._place

    def run(self, make: Callable[[Place], Steps[T]], *, seconds: float | None = None) -> T:
        """Run the steps that ``make`` makes for the table, to their end: a signal handler's exception is raised afterwards.

        :raises StoreUnavailable: the database did not answer; what was asked is done or not.
        :raises ConfigurationError: the database refuses it; the message says what to do.
        """
        place = self.place
        with self._explained():
            self._free_late(place)
            return self._run(make(place), place.table, seconds)

    def free_later(self, fence: Fence) -> None:
        """Free a key with the next question that is asked, and on ``connection=`` after the transaction that is open."""
        self._unfreed.append(fence)

    def _free_late(self, place: Place) -> None:
        self._unfreed.extend(self.unbegun.dropped())
        while self._unfreed and self.idle:
            with suppress(IndexError):  # another thread has just taken it
                fence = self._unfreed.popleft()
                try:
                    self._run(records.delete(place, fence), place.table)
                except BaseException:
                    self._unfreed.append(fence)
                    raise

    def _run(self, steps: Steps[T], table: Table, seconds: float | None = None) -> T:
        return to_its_end(partial(self._ran, steps, table, seconds or STORE_TIMEOUT))

    def _ran(self, steps: Steps[T], table: Table, seconds: float) -> T:
        where = Located(table, looked=True)
        where.prepares = False  # a transaction pooler may stand between, whatever the pool says
        if self.given is not None:
            return self.given.run(steps, where, seconds)
        assert self._pools is not None
        pool = self._pools.sync()
        kind: type[SyncSession] = getattr(pool, "store", SyncSession)
        session = kind(pool, where, timeout=seconds)
        try:
            return session.run(steps)
        finally:
            session.release()

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        try:
            yield
        except StoreError as error:
            raise self._explanation(error) from (error.cause or error)

    def _explanation(self, error: StoreError) -> Exception:
        remedy = REMEDIES.get(error.sqlstate or "", "")
        if remedy:
            table = self._table.quoted
            return ConfigurationError(f"{table}: {remedy.format(table=table)} (SQLSTATE {error.sqlstate})")
        if error.lost:
            lost = (
                "" if self.given is None else ". connection=… cannot be opened again by the layer: pool=… can"
            )
            return StoreUnavailable(f"the database of the idempotency records did not answer in time{lost}")
        return error.cause or error
