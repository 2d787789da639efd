"""What a storm on one key costs the other keys of the same pool, in one run: ``python -m benchmarks.runtime.storm``.

200 callers, first threads and then tasks, call with one key; the original holds its transaction for a second. Four more
callers transfer under keys of their own meanwhile, on the same pool of ten connections, as they do without the storm: rounds
with and without it take turns. Two moments are told apart: while the original runs and the others wait, and while 200
callers arrive and 199 replays are handed out, which one interpreter does beside the transfers.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks import figures
from benchmarks.runtime.server import migrate
from idem_runtime import Idempotency, money_moving
from tests.runtime import postgres

CALLERS, POOL, WAIT, HELD = 200, 10, 20.0, 1.0
OTHERS, ROUNDS = 4, 5
PAUSE = 0.002  # seconds that one of the others rests between two transfers
LEDGER = "CREATE TABLE ledger (id bigserial PRIMARY KEY, name text, amount int NOT NULL)"
INSERT = "INSERT INTO ledger (name, amount) VALUES (%s, 5) RETURNING id"
MARK: dict[str, Any] = {
    "operation": "pay",
    "key": lambda name: name,
    "principal": lambda: "bench",
}


@dataclass
class Round:
    """When the others' transfers began and how long each took, and the window in which the original ran (seconds)."""

    taken: list[tuple[float, float]] = field(default_factory=list)
    window: tuple[float, float] = (0.0, 0.0)

    def inside(self) -> list[float]:
        """Milliseconds of the transfers that began while the original ran."""
        begin, end = self.window
        return [took * 1000 for began, took in self.taken if begin <= began < end]

    def outside(self) -> list[float]:
        """Milliseconds of the transfers that began while the callers arrived or were answered."""
        begin, end = self.window
        return [took * 1000 for began, took in self.taken if not begin <= began < end]


def threads(idem: Idempotency, name: str, callers: int) -> Round:
    """``callers`` threads with the key ``name`` and the others beside them, until all are answered."""
    found, over = Round(), threading.Event()

    @money_moving(**MARK)
    def pay(name: str, held: float) -> int:
        began = time.perf_counter()
        row = idem.sync_connection().execute(INSERT, (name,)).fetchone()
        if held:
            time.sleep(held)
            found.window = (began, time.perf_counter())
        return int(row[0])  # type: ignore[index]

    def other() -> None:
        while not over.is_set():
            began = time.perf_counter()
            pay(str(uuid4()), 0.0)
            found.taken.append((began, time.perf_counter() - began))
            time.sleep(PAUSE)

    with ThreadPoolExecutor(callers + OTHERS) as pool:
        beside = [pool.submit(other) for _ in range(OTHERS)]
        begin = time.perf_counter()
        answers = list(pool.map(lambda _: pay(name, HELD), range(callers)))
        if not callers:
            time.sleep(HELD)
            found.window = (begin, time.perf_counter())
        over.set()
    for each in beside:
        each.result()
    assert len(set(answers)) == min(callers, 1)
    return found


async def tasks(idem: Idempotency, name: str, callers: int) -> Round:
    """The same with tasks."""
    found, over = Round(), asyncio.Event()

    @money_moving(**MARK)
    async def pay(name: str, held: float) -> int:
        began = time.perf_counter()
        row = await (await (await idem.connection()).execute(INSERT, (name,))).fetchone()
        if held:
            await asyncio.sleep(held)
            found.window = (began, time.perf_counter())
        return int(row[0])  # type: ignore[index]

    async def other() -> None:
        while not over.is_set():
            began = time.perf_counter()
            await pay(str(uuid4()), 0.0)
            found.taken.append((began, time.perf_counter() - began))
            await asyncio.sleep(PAUSE)

    beside = [asyncio.ensure_future(other()) for _ in range(OTHERS)]
    begin = time.perf_counter()
    answers = await asyncio.gather(*(pay(name, HELD) for _ in range(callers)))
    if not callers:
        await asyncio.sleep(HELD)
        found.window = (begin, time.perf_counter())
    over.set()
    await asyncio.gather(*beside)
    assert len(set(answers)) == min(callers, 1)
    return found


def rounds(one: Callable[[str, int], Round]) -> tuple[list[Round], list[Round]]:
    """Rounds without the storm and with it, in turns, after one that opens the connections."""
    one("warm", 0)
    found = [(one("", 0), one(f"storm-{number}", CALLERS)) for number in range(ROUNDS)]
    return [quiet for quiet, _ in found], [stormy for _, stormy in found]


def in_threads(idem: Idempotency) -> tuple[list[Round], list[Round]]:
    found = rounds(lambda name, callers: threads(idem, name, callers))
    idem.close()
    return found


def in_tasks(idem: Idempotency) -> tuple[list[Round], list[Round]]:
    with asyncio.Runner() as runner:
        found = rounds(lambda name, callers: runner.run(tasks(idem, name, callers)))
        runner.run(idem.aclose())
    return found


def summary(taken: list[float]) -> tuple[float, float, float]:
    """p50, p95 and the longest."""
    each = statistics.quantiles(taken, n=20)
    return each[9], each[18], max(taken)


def line(
    name: str, taken: list[float], alone: tuple[float, float, float] | None = None
) -> tuple[float, float, float]:
    """Print a line of the table; its figures."""
    found = summary(taken)
    ratios = (
        ""
        if alone is None
        else "".join(f"{value / base:>7.2f}x" for value, base in zip(found, alone, strict=True))
    )
    print(f"  {name:46}{len(taken):>6}" + "".join(f"{value:>8.2f}" for value in found) + ratios)
    return found


def report(kind: str, found: tuple[list[Round], list[Round]]) -> list[dict[str, Any]]:
    """Print the table of one kind of callers; its rows, in milliseconds."""
    quiet, stormy = found
    print(f"{kind + ', ms':48}{'calls':>6}{'p50':>8}{'p95':>8}{'max':>8}{'against no storm':>24}")
    taken = {
        "other keys, no storm": [each for one in quiet for each in one.inside()],
        "other keys, while the original runs": [each for one in stormy for each in one.inside()],
        "other keys, callers arrive, replays handed out": [each for one in stormy for each in one.outside()],
    }
    alone: tuple[float, float, float] | None = None
    rows: list[dict[str, Any]] = []
    for name, milliseconds in taken.items():
        p50, p95, longest = line(name, milliseconds, alone)
        alone = alone or (p50, p95, longest)
        rows.append(
            {
                "table": kind,
                "name": name,
                "p50": round(p50, 2),
                "p95": round(p95, 2),
                "max": round(longest, 2),
            }
        )
    return rows


def outcome(server: postgres.Server) -> None:
    """Every storm left one effect and one record, or this fails."""
    with psycopg.connect(server.dsn()) as db:
        effects = db.execute("SELECT count(*) FROM ledger WHERE name LIKE 'storm-%'").fetchone()
    assert effects == (2 * ROUNDS,), f"{2 * ROUNDS} storms left {effects} effects"
    print(f"each of the {2 * ROUNDS} storms: 1 effect, {CALLERS - 1} replays")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.runtime.storm", description="A storm on one key, and the other keys."
    )
    figures.add_option(parser)
    options = parser.parse_args()
    where, rows = figures.conditions(), list[dict[str, Any]]()
    server = postgres.start()
    try:
        migrate(server.dsn())
        with psycopg.connect(server.dsn(), autocommit=True) as db:
            db.execute(LEDGER)
        print(f"\n{CALLERS} callers of one key, a pool of {POOL}, wait={WAIT:.0f} s; the original holds its transaction {HELD:.0f} s;"
              f" {OTHERS} callers of other keys")  # fmt: skip
        for kind, run in (("threads", in_threads), ("tasks", in_tasks)):
            idem = Idempotency(server.dsn(), pool_size=POOL, wait=WAIT, pool_timeout=WAIT)
            idem.install()
            rows += report(kind, run(idem))
            with psycopg.connect(server.dsn(), autocommit=True) as db:
                db.execute("TRUNCATE idempotency_records")
        outcome(server)
        if options.write:
            figures.keep("storm", command="python -m benchmarks.runtime.storm", where=where, rows=rows)
    finally:
        postgres.stop(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
