"""What of a protected call's cost is whose: ``python -m benchmarks.runtime.floor``.

First the least that the statements cost: the transfer bare, the same with our statements sent by the least Python that can send
them, with the messages that the runtime makes of them, and with all of the runtime. Processor time of this process, user and
system, medians of turns. Then the Python functions that one call runs (resumptions of generators and coroutines count), by
package: a number that is the same on every machine, however busy.
"""

from __future__ import annotations

import collections
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any
from uuid import uuid4

from psycopg import AsyncConnection, Connection

from benchmarks.runtime import environment, functions, web
from benchmarks.runtime.bank import RESPONSE, transfer
from benchmarks.runtime.cores import CLIENT, pin
from benchmarks.runtime.server import prepared_server
from benchmarks.runtime.worker import Way, repeated
from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.pipeline import pipelined
from idem_runtime.drivers.prepared_statements import Part, parts_of, prepared
from idem_runtime.drivers.table import Table
from idem_runtime.model import Ask, Response, Statement
from idem_runtime.protocol import local_effect
from idem_runtime.protocol.fingerprint import of_value

TURNS, CALLS, WARM_UP, COUNTED = 30, 60, 100, 100
CLAIM, SEAL = "begin+try_lock+savepoint+read", "wrote+release_savepoint+insert+commit"
ANSWER = Response(200, (("content-type", "application/json"),), json.dumps(RESPONSE).encode())
PACKAGES = (
    "idem_runtime",
    "fastapi",
    "starlette",
    "psycopg",
    "psycopg_pool",
    "asyncio",
    "selectors",
    "benchmarks",
)


def ask() -> Ask:
    """A key that nobody has used."""
    return Ask("5:bench5:floor", str(uuid4()), of_value(1), str(uuid4()))


class LeastPython:
    """Sends our statements with next to nothing around: the values are bytes already, the answers are not read."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.prepared: set[tuple[object, bytes]] = set()
        self.claim, self.seal = (parts_of(Table(), name, "utf-8") or () for name in (CLAIM, SEAL))
        sample = ask()
        params = local_effect._claim(sample) | local_effect._record(sample, ANSWER)  # noqa: SLF001 - what is sent
        self.values = {name: str(value).encode() for name, value in params.items()}
        self.values["response_body"] = ANSWER.body

    def of_an_attempt(self, key: bytes = b"") -> Mapping[str, bytes]:
        """The values of one more attempt; ``key``: another than one that nobody has used."""
        attempt = str(uuid4()).encode()
        mine = {"key": key or attempt, "attempt": attempt, "lock": b"%d" % random.getrandbits(31)}
        return self.values | mine | {"{savepoint}": b'"idem_%b"' % attempt}

    def __call__(self) -> None:
        values = self.of_an_attempt()
        db = self.pool.getconn()
        db.wait(pipelined(db.pgconn, lambda: self.send(db, self.claim, values)))
        transfer(db)
        answers = db.wait(pipelined(db.pgconn, lambda: self.send(db, self.seal, values)))
        assert answers[-1].command_status == b"COMMIT", answers[-1].error_message
        self.pool.putconn(db)

    def send(
        self, db: Connection[Any] | AsyncConnection[Any], parts: tuple[Part, ...], values: Mapping[str, bytes]
    ) -> None:
        for part in parts:
            if not part.name:
                names = values | {"{isolation}": b"READ COMMITTED", "": b""}
                db.pgconn.send_query_params(
                    part.text or b"".join(text + names[hole] for text, hole in part.pieces), None
                )
                continue
            if (db, part.name) not in self.prepared:
                self.prepared.add((db, part.name))
                db.pgconn.send_prepare(part.name, part.text, part.types)
            db.pgconn.send_query_prepared(part.name, [values[name] for name in part.params], part.formats)


@contextmanager
def least(dsn: str) -> Generator[Mapping[str, Way]]:
    """The transfer with our statements around it, sent by the least Python that can."""
    with functions.pool_of(dsn) as pool:
        yield {"first": repeated(LeastPython(pool))}


def our_messages(pool: Any) -> Callable[[], None]:
    """The messages as the runtime makes them, with nothing around: no decision, no session, no adapter."""
    where = Located(Table(), looked=True)

    def send(db: Any, name: str, params: dict[str, Any], level: str = "") -> None:
        message = prepared(db, where, Statement(name, params), level)
        assert message is not None
        db.wait(message.round_trip(db.pgconn))

    def call() -> None:
        mine, db = ask(), pool.getconn()
        send(db, CLAIM, local_effect._claim(mine), "READ_COMMITTED")  # noqa: SLF001 - what is sent
        transfer(db)
        send(db, SEAL, local_effect._record(mine, ANSWER))  # noqa: SLF001 - as above
        pool.putconn(db)

    return call


def spent(way: Way) -> float:
    """Milliseconds of this process's processor time, per call."""
    way(3)
    before = time.process_time()
    way(CALLS)
    return (time.process_time() - before) * 1000 / CALLS


def print_floor(ways: Mapping[str, Way]) -> None:
    """In turns."""
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way(WARM_UP)
    for _ in range(TURNS):
        for name in random.sample(list(ways), len(ways)):
            figures[name].append(spent(ways[name]))
    bare = statistics.median(figures["bare"])
    print(f"\n{'Function, main thread, +0 ms':46}{'client CPU':>12}")
    for name, values in figures.items():
        median = statistics.median(values)
        print(f"  {name:44}{median:>9.3f} ms{median / bare:>8.2f}x")


def counted(way: Way) -> collections.Counter[str]:
    """Python functions that ``way`` runs in this process, by package."""
    calls: collections.Counter[str] = collections.Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_globals.get("__name__", "").partition(".")[0]] += 1

    way(WARM_UP)
    threading.setprofile(count)
    sys.setprofile(count)
    way(COUNTED)
    sys.setprofile(None)
    threading.setprofile(None)  # type: ignore[arg-type]  # - as documented
    return calls


def print_calls(ways: Mapping[str, Way]) -> None:
    """By package."""
    print(f"\n{'Python functions per call':32}{'all':>8}" + "".join(f"{name:>13}" for name in PACKAGES))
    for name, way in ways.items():
        calls = counted(way)
        cells = "".join(f"{calls[package] / COUNTED:>13.0f}" for package in PACKAGES)
        print(f"  {name:30}{sum(calls.values()) / COUNTED:>8.0f}{cells}", flush=True)


def main() -> int:
    """Measure and print."""
    environment.enter("benchmarks.runtime.floor")
    pin(CLIENT)
    with prepared_server() as server:
        dsn = server.dsn("postgres")
        with (
            functions.plain(dsn) as plain,
            functions.ours(dsn) as ours,
            functions.pool_of(dsn) as pool,
            functions.pool_of(dsn) as other,
        ):
            print_floor(
                {
                    "bare": plain["bare"],
                    "our statements, least Python": repeated(LeastPython(pool)),
                    "our messages, nothing around": repeated(our_messages(other)),
                    "ours, first execution": ours["first"],
                    "ours, replay": ours["replay"],
                }
            )
            print_calls({"function, bare": plain["bare"], "function, first execution": ours["first"],
                         "function, replay": ours["replay"]})  # fmt: skip
        with web.plain(dsn) as bare:
            print_calls({"FastAPI async, bare": bare["async transfer"]})
        with web.ours(dsn) as protected:
            print_calls({f"FastAPI async, {way}": protected[f"async {way}"] for way in ("first", "replay")})
    return 0


if __name__ == "__main__":
    sys.exit(main())
