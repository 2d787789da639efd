"""Which way to claim: lock, then insert once; or insert, then update: ``python -m benchmarks.runtime.claims``.

Both are the bare protocol around one and the same transfer: text that psycopg sends in one round trip before the handler
and one after it, with the same savepoint, time-out and question whether something was written, so that only the claim
differs. Beside them the transfer bare, and the three commits of who stores beside the transaction. The ways take turns;
medians, at 0 and 0.5 ms, and through PgBouncer in transaction mode where there is one. Bytes of WAL and dead rows of the
record's table are per call, counted by the server.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks.runtime.bank import RESPONSE, transfer
from benchmarks.runtime.server import network, prepared_server
from idem_runtime.drivers.statement_text import compose
from idem_runtime.drivers.table import Table
from idem_runtime.model import Ask, Response, Statement
from idem_runtime.protocol import local_effect
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime import postgres

ROUNDS, WARM_UP, COUNTED = 300, 30, 200
ANSWER = Response(200, (("content-type", "application/json"),), json.dumps(RESPONSE).encode())
PUT = """INSERT INTO idempotency_records (scope, idempotency_key, status, payload_hash, expiry_time, in_progress_expiry,
attempt, created_at) VALUES (%s, %s, 'INPROGRESS', %s, clock_timestamp() + '1 day', clock_timestamp() + '30 s', %s,
clock_timestamp()) ON CONFLICT DO NOTHING RETURNING 1"""
UPDATE = """UPDATE idempotency_records SET status = 'COMPLETED', response_data = %s, response_body = %s,
completed_at = clock_timestamp(), expiry_time = clock_timestamp() + '1 day' WHERE scope = %s AND idempotency_key = %s
AND attempt = %s"""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Way:
    """How one transfer is claimed and recorded; ``trips`` of its own, beside those of the transfer."""

    call: Callable[[Connection], None]
    trips: int


def ask() -> Ask:
    """A key that nobody has used."""
    return Ask("5:bench8:transfer", str(uuid4()), of_value(1), str(uuid4()))


def sent(db: Connection, text: bytes) -> None:
    """One round trip; a failure is one of the benchmark."""
    result = db.pgconn.exec_(text)
    if result.error_message:
        raise RuntimeError(result.error_message.decode())


def statement_of(steps: Iterator[Any]) -> Statement:
    """The first thing that a part of the protocol asks for."""
    found = next(steps)
    assert isinstance(found, Statement)
    return found


def lock_then_insert(db: Connection) -> None:
    """What the runtime does."""
    mine = ask()
    for steps in (local_effect.admit(mine, begun=False), None, local_effect.seal(mine, ANSWER, undo=False)):
        if steps is None:
            transfer(db)
        else:
            asked = statement_of(steps)
            sent(db, compose(db, Table(), asked.name, asked.params))


def insert_then_update(db: Connection) -> None:
    """The same transaction, but the record is there from the start and is completed at the end."""
    mine, cursor = ask(), psycopg.ClientCursor(db)
    put = cursor.mogrify(PUT, (mine.scope, mine.key, mine.fingerprint.stored, mine.attempt))
    begin = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '60000ms'"
    sent(db, f"{begin}; {put}; SAVEPOINT idem".encode())
    transfer(db)
    stored = local_effect.response_params(ANSWER)
    values = (stored["response_data"], stored["response_body"], mine.scope, mine.key, mine.attempt)
    wrote = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS wrote"
    sent(db, f"{wrote}; RELEASE SAVEPOINT idem; {cursor.mogrify(UPDATE, values)}; COMMIT".encode())


def three_commits(db: Connection) -> None:
    """Put, run, update, each committed alone: Powertools' flow."""
    mine, cursor = ask(), psycopg.ClientCursor(db)
    sent(db, cursor.mogrify(PUT, (mine.scope, mine.key, mine.fingerprint.stored, mine.attempt)).encode())
    bare(db)
    stored = local_effect.response_params(ANSWER)
    values = (stored["response_data"], stored["response_body"], mine.scope, mine.key, mine.attempt)
    sent(db, cursor.mogrify(UPDATE, values).encode())


def bare(db: Connection) -> None:
    """The transfer alone."""
    sent(db, b"BEGIN")
    transfer(db)
    sent(db, b"COMMIT")


WAYS = {
    "bare": Way(bare, 2),
    "lock, then insert once": Way(lock_then_insert, 2),
    "insert, then update": Way(insert_then_update, 2),
    "three commits": Way(three_commits, 4),
}


def measured(dsn: str, **options: Any) -> dict[str, float]:
    """Median milliseconds of each way, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    with psycopg.connect(dsn, autocommit=True, **options) as db:
        for number in range(ROUNDS + WARM_UP):
            for name, way in WAYS.items():
                began = time.perf_counter()
                way.call(db)
                if number >= WARM_UP:
                    taken[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(each) for name, each in taken.items()}


def written(dsn: str, way: Way) -> tuple[float, float]:
    """Bytes of WAL per call, and rows of the record's table that an update or delete leaves dead."""
    changed = "SELECT n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = 'idempotency_records'"
    with psycopg.connect(dsn, autocommit=True) as db:
        way.call(db)
        db.execute("SELECT pg_stat_force_next_flush()")
        db.execute("CHECKPOINT")
        (dead,) = db.execute(changed).fetchone() or (0,)
        (start,) = db.execute("SELECT pg_current_wal_insert_lsn()").fetchone() or ("",)
        for _ in range(COUNTED):
            way.call(db)
        (size,) = db.execute(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", (start,)
        ).fetchone() or (0,)
        db.execute("SELECT pg_stat_force_next_flush()")
        (dead_now,) = db.execute(changed).fetchone() or (0,)
    return float(size) / COUNTED, (dead_now - dead) / COUNTED


@contextlib.contextmanager
def pooled(server: postgres.Server) -> Iterator[str | None]:
    """A DSN through PgBouncer; ``None`` where there is none."""
    if shutil.which("pgbouncer") is None:
        yield None
        return
    from tests.runtime.pooler import pgbouncer

    with pgbouncer(server.port) as port:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


def main() -> int:
    """Measure and print."""
    with prepared_server() as server:
        columns: dict[str, dict[str, float]] = {}
        for delay in (0.0, 0.5):
            with network(server, delay) as dsn:
                columns[f"+{delay} ms"] = measured(dsn)
        with pooled(server) as dsn:
            if dsn is not None:
                columns["PgBouncer"] = measured(dsn, prepare_threshold=None)
        sizes = {name: written(server.dsn(), way) for name, way in WAYS.items()}
    print(
        f"{'':26}{'trips':>6}" + "".join(f"{name:>18}" for name in columns) + f"{'WAL B':>8}{'dead rows':>11}"
    )
    for name, way in WAYS.items():
        ratios = (f"{each[name]:.2f} ms {each[name] / each['bare']:>5.2f}x" for each in columns.values())
        wal, dead = sizes[name][0] - sizes["bare"][0], sizes[name][1]
        print(
            f"{name:26}{way.trips:>6}"
            + "".join(f"{ratio:>18}" for ratio in ratios)
            + f"{wal:>8.0f}{dead:>11.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
