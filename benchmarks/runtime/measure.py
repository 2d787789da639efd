"""Rows of a benchmark, measured in turns, so that a slow moment of the machine hits them all alike."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from benchmarks.runtime.server import ServerTime, network, spent
from benchmarks.runtime.worker import Taken, Thread, Worker, workers
from examples import demo_postgres as postgres

WARM_UP = 3
"""Calls at the beginning of each turn that do not count: the processor's caches are another process's."""
FIRST_WARM_UP = 40
"""Calls before the first turn: connections prepare statements, the interpreter specialises its code."""
TURN = 40.0
"""Milliseconds that a turn shall take: what is measured at its edges is little of it."""
FEWEST, MOST = 10, 1500
"""Calls in a turn."""


@dataclass(frozen=True)
class Row:
    """A line of a table: a way of a subject, called in its process's main thread or in a worker thread."""

    table: str
    name: str
    subject: str
    way: str
    thread: Thread = "main"


@dataclass
class Figures:
    """Milliseconds per call: on the clock (all calls), and of the processors (one value per turn)."""

    clock: list[float] = field(default_factory=list[float])
    client: list[float] = field(default_factory=list[float])
    server: list[float] = field(default_factory=list[float])

    @property
    def medians(self) -> tuple[float, float, float]:
        return statistics.median(self.clock), statistics.median(self.client), statistics.median(self.server)


Measured = dict[Row, Figures]


def measured(server: postgres.Server, delay: float, rows: Sequence[Row], turns: int) -> Measured:
    """Every row, in a new order each round."""
    figures: Measured = {row: Figures() for row in rows}
    with (
        psycopg.connect(server.dsn(), autocommit=True) as db,
        network(server, delay) as dsn,
        workers({row.subject for row in rows}, dsn) as started,
    ):
        clock = ServerTime(db)
        calls = {row: fitting(started[row.subject].turn(row.way, row.thread, FIRST_WARM_UP)) for row in rows}
        for _ in range(turns):
            for row in random.sample(rows, len(rows)):
                take(started[row.subject], row, calls[row], clock, figures[row])
    return figures


def fitting(taken: Taken) -> int:
    """As many calls as fit into a turn."""
    return max(FEWEST, min(MOST, round(TURN / statistics.median(taken.clock))))


def take(worker: Worker, row: Row, calls: int, clock: ServerTime, figures: Figures) -> None:
    """One turn."""
    worker.turn(row.way, row.thread, WARM_UP)
    before = clock.of(worker.application)
    taken = worker.turn(row.way, row.thread, calls)
    figures.server.append(spent(before, clock.of(worker.application)) / calls)
    figures.clock += taken.clock
    figures.client.append(taken.client)
