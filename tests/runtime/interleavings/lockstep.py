"""Every order in which the round trips of whole requests can reach the server: real frameworks, real drivers, one proxy for each.

Where ``enumeration.py`` runs the protocol's own statements on connections of its own, here an application runs, with all that its
framework and driver send. A caller is a thread whose connection goes through a proxy of its own. It is halted before each round trip,
and only one goes on at a time: until it comes to its next trip, ends, or waits in the server for a lock that another has.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg

from tests.runtime.proxy import Proxy, Side, proxy

PATIENCE = 120.0
"""Seconds after which something that should have happened did not."""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'"
RACES = 50
"""How often one order is tried anew where the server itself let two callers race."""
State = Literal["runs", "halted", "sent", "done"]
Call = Callable[[Proxy], Any]
"""One request of one caller, whose database is to be had through this proxy; in a thread of its own."""


class Raced(Exception):
    """Another came first than last time."""


@dataclass
class Caller:
    """One request on its way."""

    run: Lockstep
    number: int
    state: State = "runs"
    begun: bool = False
    answer: Any = None
    trips: int = 0

    def hook(self, _point: int, side: Side, trip: bytes) -> None:
        """The proxy's, at each trip; what is sent before the first of ours (a connection is set up) is not halted."""
        self.begun = self.begun or b"idempotency_records" in trip
        if not self.begun or trip.startswith(b"X"):
            return
        if side == "before":
            self.trips += 1
            self.run.halt(self)
        else:
            self.run.tell(self, "runs")


class Lockstep:
    """One run of some callers."""

    def __init__(self, monitor: psycopg.Connection[Any], number: int) -> None:
        self.monitor = monitor
        self.changed = threading.Condition()
        self.turn: int | None = None
        self.callers = [Caller(self, caller) for caller in range(number)]

    def tell(self, caller: Caller, state: State) -> None:
        """``caller`` is in this state from now on."""
        with self.changed:
            caller.state = state
            self.changed.notify_all()

    def halt(self, caller: Caller) -> None:
        """Wait until it is the turn of ``caller``."""
        with self.changed:
            caller.state = "halted"
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.turn == caller.number, PATIENCE), "nobody's turn"
            self.turn, caller.state = None, "sent"

    def choices(self) -> list[int]:
        """Who may go on, once everybody has ended, is halted, or waits in the server."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with self.changed:
                states = Counter(caller.state for caller in self.callers)
                still = not states["runs"] and self.turn is None
                if still and (states["halted"] or not states["sent"]) and self._all_wait(states["sent"]):
                    return [caller.number for caller in self.callers if caller.state == "halted"]
                self.changed.wait(0.002)
        raise AssertionError(f"nothing happens: {[caller.state for caller in self.callers]}")

    def _all_wait(self, sent: int) -> bool:
        """Whether all whose trip is at the server wait there for a lock."""
        row = self.monitor.execute(WAITING).fetchone() if sent else (0,)
        return row == (sent,)

    def take(self, number: int) -> None:
        """Let one go on."""
        with self.changed:
            self.turn = number
            self.changed.notify_all()


@dataclass
class Counts:
    """What was enumerated."""

    orders: int = 0
    waits: int = 0
    races: int = 0
    trips: Counter[tuple[int, ...]] = field(default_factory=Counter[tuple[int, ...]])


def every_order(dsn: str, server: int, calls: Sequence[Call], judge: Callable[[list[Any]], None]) -> Counts:
    """Run ``calls`` in every order; ``judge`` is shown the answers of each run. ``server``: its port."""
    counts, path = Counts(), list[tuple[list[int], int]]()
    again = 0
    with psycopg.connect(dsn, autocommit=True) as monitor:
        while True:
            try:
                _run(Lockstep(monitor, len(calls)), server, calls, judge, path, counts)
            except Raced:
                counts.races += 1
                again += 1
                assert again < RACES, "one order could not be had again"
                continue
            again = 0
            while path and path[-1][1] + 1 >= len(path[-1][0]):
                path.pop()
            if not path:
                return counts
            choices, at = path.pop()
            path.append((choices, at + 1))


def _run(
    run: Lockstep,
    server: int,
    calls: Sequence[Call],
    judge: Callable[[list[Any]], None],
    path: list[tuple[list[int], int]],
    counts: Counts,
) -> None:
    taken, raced = list[int](), False
    with ExitStack() as ending:
        for caller, call in zip(run.callers, calls, strict=True):
            between = ending.enter_context(proxy(server, hook=caller.hook))
            thread = threading.Thread(target=_call, args=(run, caller, call, between), daemon=True)
            ending.callback(thread.join, PATIENCE)
            thread.start()
        while choices := run.choices():
            if len(taken) == len(path):
                path.append((choices, 0))
            known, at = path[len(taken)]
            raced = raced or known != choices  # to its end all the same, so that nobody is left
            taken.append(choices[0] if raced else known[at])
            counts.waits += any(caller.state == "sent" for caller in run.callers)
            run.take(taken[-1])
    answers = [caller.answer for caller in run.callers]
    try:
        judge(answers)
    except BaseException as error:
        error.add_note(f"the trips in the order of their callers: {taken}; answers: {answers}")
        raise
    del path[len(taken) :]
    if raced:
        raise Raced
    counts.orders += 1
    counts.trips[tuple(caller.trips for caller in run.callers)] += 1


def _call(run: Lockstep, caller: Caller, call: Call, between: Proxy) -> None:
    try:
        caller.answer = call(between)
    except BaseException as error:
        caller.answer = error
    run.tell(caller, "done")
