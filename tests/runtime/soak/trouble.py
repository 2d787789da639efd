"""What goes wrong during a soak: the network between application and database, the server's processes, the workers."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from tests.runtime import postgres
from tests.runtime.proxy import Cut, Proxy, Side
from tests.runtime.soak.servers import Application

RESET, HOLE = 0.015, 0.003
"""How likely a round trip ends with a reset, and how likely in a black hole."""
LONGEST_HOLE = 2.0
"""Seconds that a black hole swallows everything and closes nothing; then both sides learn it."""
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class BadNetwork(Proxy):
    """Between application and database; every close is a reset."""

    def __init__(self, target: int) -> None:
        """Quiet until :attr:`on` is set."""
        super().__init__(target, hook=self._trouble)
        self.on = False
        self.counts = Counter[str]()

    def _trouble(self, point: int, side: Side, trip: bytes) -> None:
        chance = random.random()
        if not self.on or chance > RESET + HOLE:
            return
        if chance < HOLE:
            self.counts["black holes"] += 1
            time.sleep(random.uniform(0.1, LONGEST_HOLE))
        else:
            self.counts["resets"] += 1
        raise Cut

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        with suppress(OSError):  # the database may be down
            super()._serve(client)


class Trouble:
    """Kills, terminates and restarts, until it is told to end."""

    def __init__(
        self,
        application: Application,
        network: BadNetwork,
        server: postgres.Server,
        progress: Callable[[], float],
    ) -> None:
        """``progress``: how much of the work is done, from 0 to 1: the database fails once in the middle."""
        self.counts = network.counts
        self._application, self._network, self._server, self._progress = (
            application,
            network,
            server,
            progress,
        )
        self._end = threading.Event()
        self._crashed = False
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Make trouble for the length of a block."""
        self._network.on = True
        self._thread.start()
        try:
            yield
        finally:
            self._end.set()
            self._thread.join()
            self._network.on = False

    def _run(self) -> None:
        while not self._end.wait(random.uniform(0.2, 0.5)):
            self._application.keep_up()
            if self._progress() >= 1:
                continue
            if self._progress() > 0.5 and not self._crashed:
                self._crashed = True
                self.counts["database restarts"] += 1
                postgres.crash(self._server)
            elif random.random() < 0.25:
                self._application.kill_a_worker()
                self.counts["worker kills"] += 1
                self._application.ready()  # some servers end with a worker: nobody is served by one that only starts
            else:
                self._terminate()

    def _terminate(self) -> None:
        with psycopg.connect(self._server.dsn("bank"), autocommit=True) as operator:
            ended = operator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY random() LIMIT 2"
            ).fetchall()
            self.counts["terminated backends"] += len(ended)
