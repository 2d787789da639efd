"""Whether ``purge`` keeps up beside load: ``python -m benchmarks.runtime.purge``.

A table of many records, some of them expired, gets 1,000 new records a second while ``idem-runtime purge`` runs against it: in
one piece, and in 16 partitions. Printed are the records that are removed in a second, and how long one insert takes (median and
99th percentile) without the purge and beside it. A purge keeps up where it removes more in a second than come in.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg

from benchmarks import figures
from benchmarks.runtime.server import prepared_server
from idem_runtime.drivers.table import Table
from idem_runtime.operate.admin_connection import Admin

KEPT, EXPIRED, PER_SECOND, SECONDS, BATCH = 300_000, 60_000, 1_000, 8.0, 1_000
FILL = """INSERT INTO {table} (scope, idempotency_key, status, payload_hash, response_data, response_body, expiry_time, attempt,
 created_at, completed_at) SELECT '5:bench8:transfer', gen_random_uuid()::text, 'COMPLETED', 'v1:-:' || repeat('0', 64),
 '{{"status": 201, "headers": []}}', repeat('x', 300)::bytea, now() + interval {when} - interval '1 day' * random() / 100,
 gen_random_uuid(), now(), now() FROM generate_series(1, {count})"""
INSERT = FILL.replace("{count}", "1")


@contextmanager
def load(dsn: str, table: Table) -> Generator[list[float]]:
    """One record after the other, as many a second as :data:`PER_SECOND`; yields how long each took, in seconds."""
    took: list[float] = []
    over = threading.Event()
    text = INSERT.format(table=table.quoted, when="'1 day'").encode()

    def write() -> None:
        with psycopg.connect(dsn, autocommit=True) as db:
            due = time.monotonic()
            while not over.is_set():
                due += 1 / PER_SECOND
                time.sleep(max(0.0, due - time.monotonic()))
                began = time.perf_counter()
                db.execute(text)
                took.append(time.perf_counter() - began)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield took
    finally:
        over.set()
        writer.join()


def figures_of(took: list[float]) -> dict[str, float]:
    """How many a second, and how long they take, in milliseconds."""
    ordered = sorted(took)
    return {
        "inserts": round(len(took) / SECONDS),
        "median": round(statistics.median(took) * 1000, 3),
        "p99": round(ordered[int(len(ordered) * 0.99)] * 1000, 3),
    }


def told(row: dict[str, float]) -> str:
    """In words."""
    return f"{row['inserts']:6,} inserts/s, median {row['median']:.2f} ms, p99 {row['p99']:.2f} ms"


def measured(dsn: str, partitions: int | None) -> list[dict[str, Any]]:
    """One kind of table: alone, and beside the purge."""
    table = Table(f"bench_{partitions or 'whole'}")
    name = f"{partitions} partitions" if partitions else "in one piece"
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(table.creation(partitions=partitions).encode())
        for when, count in (("'1 day'", KEPT), ("'-1 day'", EXPIRED)):
            db.execute(FILL.format(table=table.quoted, when=when, count=count).encode())
        db.execute(f"VACUUM ANALYZE {table.quoted}".encode())
    with load(dsn, table) as alone:
        time.sleep(SECONDS)
    print(f"{name:15} alone:         {told(figures_of(alone))}")
    removed, began = 0, time.monotonic()
    with load(dsn, table) as beside, Admin(dsn, table) as admin:
        while time.monotonic() - began < SECONDS:
            removed += admin.count("by_index+purge", batch=BATCH)
            if removed >= EXPIRED:
                break
        spent = time.monotonic() - began
        time.sleep(max(0.0, SECONDS - spent))
    print(f"{name:15} beside purge:  {told(figures_of(beside))}; {removed / spent:,.0f} records/s removed")
    return [
        {"table": name, "name": "alone"} | figures_of(alone),
        {"table": name, "name": "beside purge"} | figures_of(beside) | {"removed": round(removed / spent)},
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.runtime.purge", description="Purge beside load."
    )
    figures.add_option(parser)
    options = parser.parse_args()
    where = figures.conditions()
    with prepared_server() as server:
        rows = [row for count in (None, 16) for row in measured(server.dsn("postgres"), count)]
    if options.write:
        figures.keep("purge", command="python -m benchmarks.runtime.purge", where=where, rows=rows)


if __name__ == "__main__":
    main()
