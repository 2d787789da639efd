"""What protection costs, as ratios against the same transfer bare, in one run: ``python -m benchmarks.runtime.run``.

The ways are called in turns, so that a slow moment of the machine hits them all; medians are compared, or with
``--quiet`` the fastest tenth, which says more on a machine that does other things. The network delay
is a proxy's in a process of its own; at 0 ms there is no proxy. Written to the table, then checked against the targets
of the design: at most 1.2 times bare at 0.5 ms, at least 1.5 times faster than three commits.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg_pool import ConnectionPool

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers.pools import Table
from tests.runtime import postgres

ROUNDS = 400
WARM_UP = 40
DELAYS = (0.0, 0.5)
RESPONSE = "x" * 300
RECORD = json.dumps({"status": 200, "headers": [["content-type", "application/json"]]})

Way = Callable[[], Any]

SETUP = """
CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL);
INSERT INTO account SELECT n, 1000000 FROM generate_series(1, 1000) n;
CREATE TABLE entry (id bigserial PRIMARY KEY, account int NOT NULL, amount int NOT NULL);
"""
PUT = """INSERT INTO idempotency_records (scope, idempotency_key, status, expiry_time, in_progress_expiry, created_at)
VALUES ('bench', %s, 'INPROGRESS', now() + '1 day', now() + '30 s', now()) ON CONFLICT DO NOTHING RETURNING 1"""
UPDATE = """UPDATE idempotency_records SET status = 'COMPLETED', response_data = %s::jsonb, response_body = %s, completed_at = now()
WHERE scope = 'bench' AND idempotency_key = %s"""


def transfer(db: Any) -> str:
    """Three statements: out of one account, into another, one entry."""
    db.execute("UPDATE account SET balance = balance - 1 WHERE id = %s", (1,))
    db.execute("UPDATE account SET balance = balance + 1 WHERE id = %s", (2,))
    db.execute("INSERT INTO entry (account, amount) VALUES (%s, 1)", (2,))
    return RESPONSE


def ways(pool: ConnectionPool[Any]) -> dict[str, Way]:
    """Every way to do the same transfer."""
    idem = Idempotency(pool=pool)
    idem.install()

    @money_moving(operation="bench", key=lambda key: key, principal=lambda: "bench")
    def protected(_: str, db: Any = idem.lent) -> str:
        return transfer(db)

    protected("replayed")

    def bare() -> None:
        with pool.connection() as db:
            transfer(db)

    def three_commits() -> None:
        key = str(uuid4())
        with pool.connection() as db:
            db.execute(PUT, (key,))
        with pool.connection() as db:
            transfer(db)
        with pool.connection() as db:
            db.execute(UPDATE, (RECORD, RESPONSE.encode(), key))

    return {
        "bare": bare,
        "ours, first execution": lambda: protected(str(uuid4())),
        "ours, replay": lambda: protected("replayed"),
        "three commits (Powertools' flow)": three_commits,
    }


def measure(found: dict[str, Way]) -> dict[str, float]:
    """Milliseconds of each way, called in turns."""
    taken: dict[str, list[float]] = {name: [] for name in found}
    for number in range(ROUNDS + WARM_UP):
        for name, way in found.items():
            began = time.perf_counter()
            way()
            if number >= WARM_UP:
                taken[name].append((time.perf_counter() - began) * 1000)
    tenth = "--quiet" in sys.argv
    return {name: statistics.quantiles(each, n=10)[0 if tenth else 4] for name, each in taken.items()}


@contextmanager
def network(server: postgres.Server, delay: float) -> Iterator[str]:
    """A DSN whose round trip takes ``delay`` milliseconds longer than the machine itself."""
    if not delay:
        yield server.dsn("postgres")
        return
    command = [sys.executable, "-m", "benchmarks.runtime.delay", str(server.port), str(delay / 2000)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout is not None
        port = proxy.stdout.readline().strip()
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable"
        proxy.terminate()


@contextmanager
def prepared_server() -> Iterator[postgres.Server]:
    """A server with our table and the accounts."""
    server = postgres.start()
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as db:
            db.execute(Table().creation() + ";" + SETUP)  # type: ignore[call-overload]
            # page images after a checkpoint are noise here
            db.execute("ALTER SYSTEM SET full_page_writes = off")
            db.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        postgres.stop(server)


def main() -> int:
    """Run, print, and say whether the targets hold."""
    medians: dict[float, dict[str, float]] = {}
    with prepared_server() as server:
        for delay in DELAYS:
            with network(server, delay) as dsn, ConnectionPool(dsn, min_size=2, max_size=2) as pool:
                medians[delay] = measure(ways(pool))
    print(f"{'':36}" + "".join(f"{f'+{delay} ms':>18}" for delay in DELAYS))
    for name in medians[0.0]:
        ratios = (f"{each[name]:.2f} ms {each[name] / each['bare']:>5.2f}x" for each in medians.values())
        print(f"{name:36}" + "".join(f"{ratio:>18}" for ratio in ratios))
    return verdict(medians[0.5])


def verdict(medians: dict[str, float]) -> int:
    """Whether the targets hold; with ``--judge`` a missed one is the exit code 1."""
    ours = medians["ours, first execution"]
    held = {
        "first execution at most 1.2 times bare at 0.5 ms": ours <= 1.2 * medians["bare"],
        "at least 1.5 times faster than three commits at 0.5 ms": medians["three commits (Powertools' flow)"]
        >= 1.5 * ours,
    }
    for target, holds in held.items():
        print(f"{'held' if holds else 'MISSED':>7}: {target}")
    return 1 if "--judge" in sys.argv and not all(held.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
